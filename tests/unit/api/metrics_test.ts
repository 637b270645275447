import assert from "node:assert/strict";
import { latestQuery, type MetricRow, metricsQuery, presentMetric } from "@shared/api/metrics.ts";

Deno.test("metricsQuery reads names of the catalog, the seed and the app", () => {
  const types = (value: unknown) => metricsQuery.parse({ types: value }).types;
  assert.deepEqual(types("HEART_RATE"), { types: ["heart_rate"] });
  assert.deepEqual(types(["steps", "STEPS", "HRV"]), { types: ["steps", "hrv_rmssd", "hrv_sdnn"] });
  assert.deepEqual(types("CALORIES"), {
    types: ["energy_total", "energy_active"],
    firstPresent: [["energy_total", "energy_active"]],
  });
  assert.equal(latestQuery.parse({}).types, undefined);
});

Deno.test("metricsQuery reads times with an offset, and days from their start in UTC", () => {
  const query = metricsQuery.parse({ since: "2026-03-01", until: "2026-03-02T00:00:00+02:00" });
  assert.equal(query.since?.toISOString(), "2026-03-01T00:00:00.000Z");
  assert.equal(query.until?.toISOString(), "2026-03-01T22:00:00.000Z");
  assert.equal(query.limit, 100);
  assert.equal(metricsQuery.parse({ limit: "1000" }).limit, 1_000);
});

Deno.test("metricsQuery refuses what it cannot mean", () => {
  for (
    const query of [
      { types: "HEART_RATE,NONSENSE" },
      { types: "" },
      { types: ["steps", ["steps"]] },
      { types: "__proto__" },
      { since: "yesterday" },
      { since: "-271821-04-20" },
      { since: "2026-02-30" },
      { since: ["2026-02-01"] },
      { since: "2026-02-02", until: "2026-02-01" },
      { since: "2026-02-01", until: "2026-02-01" },
      { limit: 0 },
      { limit: 1_001 },
      { limit: 1.5 },
      { limit: "1e3" },
      { limit: [5] },
      { limit: "1000000000" },
      { cursor: "a b" },
      { cursor: ["a"] },
      { cursor: "a".repeat(513) },
      { provider: "OURA'--" },
      { user_id: "8c1d3c1e-5b0a-4b43-9a0e-0d5f3a1b2c3d" },
    ]
  ) assert.ok(!metricsQuery.safeParse(query).success, JSON.stringify(query));
});

Deno.test("presentMetric() repeats a row in the words of the app's own table", () => {
  const row: MetricRow = {
    id: "1",
    metric: "spo2",
    value: 0,
    unit: "%",
    ts: "2026-01-01T00:00:00.123456Z",
    source: "oura",
    localDate: "2026-01-01",
    dailyTotal: false,
  };
  const shown = presentMetric(row);
  assert.equal(shown.metric_type, "oxygen_saturation");
  assert.equal(shown.metric_value, 0);
  assert.equal(shown.metric_unit, "%");
  assert.equal(shown.recorded_at, "2026-01-01T00:00:00.123456Z");
  assert.equal(presentMetric({ ...row, metric: "hrv_sdnn" }).metric_type, "hrv_sdnn");
});

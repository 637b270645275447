import assert from "node:assert/strict";
import {
  glucoseQuery,
  latestQuery,
  type MetricRow,
  metricsQuery,
  presentMetric,
  seriesQuery,
  spanOf,
} from "@shared/api/metrics.ts";

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
      { cursor: "a".repeat(2_049) },
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
    sourceId: 3,
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

Deno.test("glucoseQuery takes thresholds in the unit asked for, within bounds and in order", () => {
  assert.deepEqual(glucoseQuery.parse({}), {
    hours: 336,
    unit: "mg/dL",
    limit: 288,
    thresholds: { veryLow: 54, low: 70, high: 180, veryHigh: 250 },
  });
  const mmol = glucoseQuery.parse({ unit: "mmol/L", high: "7.8", days: "7" });
  assert.equal(mmol.thresholds.high, 7.8 * 18.0156);
  assert.equal(mmol.hours, 168);
  assert.equal(glucoseQuery.parse({ veryLow: 40, low: 54, high: 120, veryHigh: 400 }).hours, 336);
  const wrong = [
    { low: 53.9 },
    { low: 100.1 },
    { high: 119 },
    { veryHigh: 401 },
    { unit: "mmol/L", veryHigh: 30 },
    { veryLow: 60, low: 60 },
    { high: 200, veryHigh: 190 },
    { low: "7e1" },
  ];
  for (const query of wrong) {
    assert.ok(!glucoseQuery.safeParse(query).success, JSON.stringify(query));
  }
});

Deno.test("spanOf() answers no more points than one answer holds", () => {
  const now = new Date("2026-03-01T12:00:00Z");
  const span = (query: object) => spanOf(seriesQuery.parse({ types: "steps", ...query }), now);
  assert.deepEqual(span({ resolution: "5m" }), {
    since: new Date("2026-02-28T12:00:00Z"),
    until: now,
  });
  assert.ok(span({ resolution: "5m", since: "2025-04-01" }), "96,336 of 100,000");
  assert.equal(span({ resolution: "5m", since: "2025-03-01" }), undefined);
  assert.equal(span({ resolution: "5m", types: "steps,distance", since: "2025-04-01" }), undefined);
  assert.ok(span({ resolution: "1h", since: "2016-03-01" }));
  assert.equal(span({ since: "2026-03-02" }), undefined, "not before until, which is now");
});

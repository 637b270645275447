import assert from "node:assert/strict";
import { columnsOf } from "@shared/db/columns.ts";
import type { Told } from "@shared/db/records.ts";
import { batchOf, type Told as Record } from "../../support/batches.ts";

const AT = "2026-03-01T00:00:00Z";
const SECONDS = Date.parse(AT) / 1_000;

function told(records: readonly Record[], device = ""): Told {
  const batch = batchOf(records, { device });
  return { resource: "heartrate", observedAt: "2026-03-02 00:00:00.000001+00", batch };
}

const minutes = (...which: readonly number[]) =>
  which.map((n) => ({
    at: new Date(Date.parse(AT) + n * 60_000).toISOString(),
    value: 60 + n,
    offsetMinutes: 60,
  }));

Deno.test("columnsOf() says once what a run of samples has in common", () => {
  const columns = columnsOf([told([{ id: "a", values: minutes(0, 1, 2) }, {
    id: "b",
    values: minutes(0).concat({ at: AT, value: 97, offsetMinutes: 120 }),
  }])]);
  assert.deepEqual(columns.metrics, ["heart_rate"]);
  assert.equal(columns.seriesRecord, "{1,2}", "the one instant of `b` twice: the later stands");
  assert.equal(columns.seriesOffset, "{60,120}");
  assert.equal(columns.sampleSeries, "{1,1,1,2}");
  assert.equal(columns.starts, `{${[0, 60, 120, 0].map((n) => SECONDS + n).join(",")}}`);
  assert.equal(columns.values, "{60,61,62,97}");
  assert.equal(columns.firsts, `{${SECONDS},${SECONDS}}`);
  assert.equal(columns.lasts, `{${SECONDS + 120},${SECONDS}}`);
});

Deno.test("columnsOf() lets the newest of a record stand, and nothing of the others through", () => {
  const columns = columnsOf([told([
    { id: "a", version: "2026-03-02T00:00:00Z", values: minutes(0) },
    { id: "a", version: "2026-03-01T00:00:00Z", values: minutes(1, 2) },
    { id: "b", values: minutes(3) },
    { id: "b", deleted: true },
    { id: 'c "quoted", {odd}' },
  ])]);
  assert.deepEqual(JSON.parse(columns.recordIds), ["a", "b", 'c "quoted", {odd}']);
  assert.equal(columns.versions, "{2026-03-02T00:00:00Z,null,null}");
  assert.equal(columns.deleted, "{false,true,false}");
  assert.equal(columns.values, "{60}");
  assert.equal(columns.recordMetrics, '{"{1}","{}","{}"}');
  assert.equal(columns.firsts, `{${SECONDS},null,null}`);
});

Deno.test("columnsOf() tells an instant once, however it is told", () => {
  const unordered = [...minutes(2, 0, 1), { ...minutes(0)[0] ?? assert.fail(), value: 99 }];
  const columns = columnsOf([told([{ id: "a", values: unordered }])]);
  assert.equal(columns.starts, `{${[120, 0, 60].map((n) => SECONDS + n).join(",")}}`);
  assert.equal(columns.values, "{62,99,61}");
});

Deno.test("columnsOf() puts batches behind one another, and sources that are the same together", () => {
  const columns = columnsOf([
    told([{ id: "a", values: minutes(0) }], "ring"),
    { ...told([{ id: "b", values: minutes(0) }], "watch"), resource: "spo2", rawDays: 7 },
    told([{ id: "c", values: minutes(0) }], "ring"),
  ]);
  assert.deepEqual(columns.resources, ["heartrate", "spo2", "heartrate"]);
  assert.equal(columns.keepDays, "{null,7,null}");
  assert.equal(columns.recordTold, "{1,2,3}");
  assert.deepEqual(
    JSON.parse(columns.sources).map(({ ordinal, device }: { ordinal: number; device: string }) => [
      ordinal,
      device,
    ]),
    [[1, "ring"], [2, "watch"]],
  );
  assert.equal(columns.seriesSource, "{1,2,1}");
  assert.equal(columns.seriesRecord, "{1,2,3}");
});

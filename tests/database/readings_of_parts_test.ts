import assert from "node:assert/strict";
import type { MetricCode } from "@shared/catalog/metrics.ts";
import { latestMetrics, listMetrics } from "@shared/metrics/query.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { batchOf, store, type Value } from "../support/batches.ts";
import { as, pages, shown, withReaders } from "../support/readers.ts";

const ENERGY: readonly MetricCode[] = ["energy_total", "energy_active"];
const CALORIES = { types: ENERGY, firstPresent: [ENERGY] };

Deno.test("listMetrics() leaves parts out on the days of a source that has their whole", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    const energy = (metric: string, at: string, value: number, offsetMinutes = 0): Value => ({
      metric: `energy_${metric}`,
      at,
      value,
      offsetMinutes,
    });
    await store(
      app,
      oura,
      batchOf([{
        id: "both",
        values: [
          energy("total", "2026-02-01T00:00:00Z", 2_000),
          energy("active", "2026-02-01T00:00:00Z", 400),
        ],
      }, {
        id: "active-only",
        values: [energy("active", "2026-02-02T00:00:00Z", 500)],
      }]),
    );
    // A total of the whole day and parts of it come under two sources of one account.
    await store(
      app,
      oura,
      batchOf([{ id: "quarter", values: [energy("active", "2026-02-01T23:45:00Z", 9)] }]),
    );
    const total = batchOf([{ id: "t", values: [energy("total", "2026-02-03T00:00:00Z", 2_100)] }], {
      daily_total: true,
    });
    await store(app, oura, total);
    await store(
      app,
      oura,
      batchOf([{ id: "noon", values: [energy("active", "2026-02-03T12:00:00Z", 11)] }]),
    );
    // The same day of another account, and of another device, stays.
    const second = await addAccount(app, alice);
    await store(
      app,
      second,
      batchOf([{ id: "b", values: [energy("active", "2026-02-01T00:00:00Z", 401)] }]),
    );
    const watch = batchOf([{ id: "w", values: [energy("active", "2026-02-01T00:00:00Z", 402)] }], {
      device: "watch",
    });
    await store(app, oura, watch);
    const { rows } = await listMetrics(db, { ...as(alice), ...CALORIES, limit: 100 });
    assert.deepEqual(shown(rows).sort(), [
      ["2026-02-01T00:00", "energy_active", 401],
      ["2026-02-01T00:00", "energy_active", 402],
      ["2026-02-01T00:00", "energy_total", 2_000],
      ["2026-02-02T00:00", "energy_active", 500],
      ["2026-02-03T00:00", "energy_total", 2_100],
    ]);
    assert.deepEqual(
      (await pages(db, { ...as(alice), ...CALORIES, limit: 1 })).map(({ id }) => id),
      rows.map(({ id }) => id),
    );
    const all = await listMetrics(db, { ...as(alice), types: ENERGY, limit: 100 });
    assert.equal(all.rows.length, 8, "asked for by their own names both are there");
  });
});

Deno.test("listMetrics() goes by the local day of each reading", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    const energy = (metric: string, at: string, value: number, offsetMinutes: number): Value => ({
      metric: `energy_${metric}`,
      at,
      value,
      offsetMinutes,
    });
    await store(
      app,
      oura,
      batchOf([{
        id: "day",
        values: [
          energy("total", "2026-02-01T10:00:00Z", 2_000, 840), // 2 February on Kiritimati
          energy("active", "2026-02-03T11:00:00Z", 1, -720), // 2 February, 49 hours later
          energy("active", "2026-02-01T09:59:00Z", 2, 840), // 1 February
          energy("active", "2026-02-03T12:00:00Z", 3, -720), // 3 February
        ],
      }]),
    );
    const { rows } = await listMetrics(db, { ...as(alice), ...CALORIES, limit: 100 });
    assert.deepEqual(rows.map(({ value }) => value), [3, 2_000, 2]);
  });
});

Deno.test("latestMetrics() shows no part beside its whole", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    const values = ["total", "active"].map((name, n) => ({
      metric: `energy_${name}`,
      at: "2026-02-01T00:00:00Z",
      value: 400 + n,
    }));
    await store(app, oura, batchOf([{ id: "both", values }]));
    assert.deepEqual(shown((await latestMetrics(db, { ...as(alice), ...CALORIES })).rows), [
      ["2026-02-01T00:00", "energy_total", 400],
    ]);
    assert.equal((await latestMetrics(db, { ...as(alice), types: ENERGY })).rows.length, 2);
  });
});

import assert from "node:assert/strict";
import { latestGlucose } from "@shared/metrics/glucose.ts";
import { batchOf, store, type Value } from "../support/batches.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { as, type Readers, withReaders } from "../support/readers.ts";

const NOW = new Date("2026-02-15T00:00:00Z");
const THRESHOLDS = { veryLow: 54, low: 70, high: 180, veryHigh: 250 };

/** Readings each `minutes`, the newest a moment before NOW. */
function readings(values: readonly number[], minutes = 5, endsBeforeMs = 60_000): Value[] {
  return values.map((value, n) => ({
    metric: "glucose",
    value,
    at: new Date(NOW.getTime() - endsBeforeMs - (values.length - 1 - n) * minutes * 60_000)
      .toISOString(),
    offsetMinutes: 60,
  }));
}

const read = (db: Readers["db"], userId: string, ask = {}) =>
  latestGlucose(db, {
    ...as(userId),
    hours: 14 * 24,
    unit: "mg/dL",
    thresholds: THRESHOLDS,
    limit: 288,
    ...ask,
  }, NOW);

Deno.test("latestGlucose() has the newest reading and the statistics of the period", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice, { provider: "dexcom" });
    const values = [50, 60, 70, 90, 100, 150, 180, 200, 250, 350];
    await store(app, account, batchOf([{ id: "egvs", values: readings(values) }]));
    const { latest, readings: told, stats, sources, period, unit } = await read(db, alice);
    assert.equal(unit, "mg/dL");
    assert.deepEqual(latest, {
      value: 350,
      ts: "2026-02-14T23:59:00.000000Z",
      localDate: "2026-02-15",
      offsetMinutes: 60,
      sourceId: sources[0]?.id,
    });
    assert.deepEqual(told.map(({ value }) => value), values.toReversed());
    assert.deepEqual(sources.map(({ provider }) => provider), ["dexcom"]);
    assert.deepEqual(period, {
      since: "2026-02-01T00:00:00.000Z",
      until: "2026-02-15T00:00:00.000Z",
    });
    assert.ok(stats);
    const { timeInRange, sensorActive, ...rest } = stats;
    // Squared distances to 150: 10,000 8,100 6,400 3,600 2,500 0 900 2,500 10,000 40,000.
    const sd = Math.sqrt(84_000 / 9);
    assert.deepEqual(rest, {
      latest: 350,
      avg: 150,
      min: 50,
      max: 350,
      count: 10,
      days: 1,
      sd: Math.round(sd * 100) / 100,
      cv: Math.round(sd / 150 * 10_000) / 100,
      gmi: 6.9,
    });
    assert.deepEqual(timeInRange, {
      veryLow: 10,
      low: 20,
      inRange: 50,
      high: 30,
      veryHigh: 10,
      thresholds: THRESHOLDS,
    });
    assert.equal(sensorActive, Math.round(10 * 300 / (14 * 86_400) * 10_000) / 100);
  });
});

Deno.test("latestGlucose() answers in the unit asked for", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice, { provider: "dexcom" });
    const values = [5.6, 7.8].map((mmol) => mmol * 18.0156);
    await store(app, account, batchOf([{ id: "egvs", values: readings(values) }]));
    const { latest, readings: told, stats } = await read(db, alice, { unit: "mmol/L", limit: 1 });
    assert.equal(latest?.value, 7.8);
    assert.deepEqual(told.map(({ value }) => value), [7.8]);
    assert.deepEqual([stats?.avg, stats?.min, stats?.count], [6.7, 5.6, 2]);
    assert.deepEqual(stats?.timeInRange.thresholds, {
      veryLow: 3,
      low: 3.9,
      high: 10,
      veryHigh: 13.9,
    });
    // Of 120.7 mg/dL: the formula takes no other unit.
    assert.equal(stats?.gmi, 6.2);
  });
});

Deno.test("latestGlucose() counts no reading twice that two ways brought", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const dexcom = await addAccount(app, alice, { provider: "dexcom" });
    const phone = await addAccount(app, alice, { provider: "apple_health" });
    const cgm = { device: "Dexcom G7", device_class: "cgm" };
    await store(app, dexcom, batchOf([{ id: "d", values: readings([100, 110, 120]) }], cgm));
    await store(
      app,
      phone,
      batchOf([{ id: "p", values: readings([200, 210, 220], 5, 30_000) }], {
        device_class: "phone",
      }),
    );
    const both = await read(db, alice, { limit: 2 });
    assert.deepEqual([both.stats?.count, both.stats?.avg], [3, 110]);
    assert.deepEqual(both.readings.map(({ value }) => value), [120, 110]);
    const apart = await read(db, alice, { provider: "apple_health" });
    assert.deepEqual([apart.stats?.count, apart.stats?.avg], [3, 210]);
    assert.equal(apart.latest?.value, 220);
  });
});

Deno.test("latestGlucose() knows a slow sensor from one with gaps", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice, { provider: "dexcom" });
    const quarter = readings(Array(96).fill(100), 15);
    await store(app, account, batchOf([{ id: "libre", values: quarter }]));
    assert.equal((await read(db, alice, { hours: 24 })).stats?.sensorActive, 100);
    assert.equal((await read(db, alice, { hours: 48 })).stats?.sensorActive, 50);
  });
});

Deno.test("latestGlucose() of nobody, of a stranger and of a silent period", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice, { provider: "dexcom" });
    const old = readings([100], 5, 20 * 86_400_000);
    await store(app, account, batchOf([{ id: "old", values: old }]));
    const silent = await read(db, alice);
    assert.equal(silent.latest?.value, 100, "the newest of all times");
    assert.deepEqual([silent.stats, silent.readings], [null, []]);
    const stranger = await read(db, await addPerson(admin));
    assert.deepEqual([stranger.latest, stranger.stats, stranger.sources], [null, null, []]);
  });
});

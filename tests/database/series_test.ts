import assert from "node:assert/strict";
import { series } from "@shared/metrics/series.ts";
import { batchOf, store, type Value } from "../support/batches.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { as, type Readers, withReaders } from "../support/readers.ts";

const SPAN = { since: new Date("2026-02-02T00:00:00Z"), until: new Date("2026-02-03T00:00:00Z") };
const PHONE = { device: "iPhone 15", device_class: "phone" };
const WATCH = { device: "Apple Watch", device_class: "watch" };

type Ask = Omit<Parameters<typeof series>[1], "claims" | "requestId">;

async function withDevices(
  told: { readonly phone: readonly Value[]; readonly watch: readonly Value[] },
  use: (read: (ask?: Partial<Ask>) => ReturnType<typeof series>, world: Readers) => Promise<void>,
): Promise<void> {
  await withReaders(async (readers) => {
    const { app, admin, db } = readers;
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice, { provider: "apple_health" });
    await store(app, account, batchOf([{ id: "phone", values: told.phone }], PHONE));
    await store(app, account, batchOf([{ id: "watch", values: told.watch }], WATCH));
    await use(
      (ask) =>
        series(db, {
          ...as(alice),
          types: ["heart_rate"],
          resolution: "1h",
          ...SPAN,
          ...ask,
        }),
      readers,
    );
  });
}

const beat = (at: string, value: number, offsetMinutes = 0): Value => ({
  at,
  value,
  offsetMinutes,
});

Deno.test("series() makes each hour of the best source that has it", async () => {
  await withDevices({
    watch: [
      beat("2026-02-02T08:00:00Z", 60),
      beat("2026-02-02T08:59:59Z", 80),
      beat("2026-02-02T10:30:00Z", 90),
    ],
    phone: [beat("2026-02-02T08:30:00Z", 200), beat("2026-02-02T09:30:00Z", 100)],
  }, async (read) => {
    const { series: [column, ...more], sources } = await read();
    assert.deepEqual(more, []);
    const [phone, watch] = ["iPhone 15", "Apple Watch"].map((device) =>
      sources.find((source) => source.device === device)?.id
    );
    assert.deepEqual(column, {
      metric: "heart_rate",
      unit: "bpm",
      aggregate: "avg",
      ts: ["2026-02-02T08:00:00Z", "2026-02-02T09:00:00Z", "2026-02-02T10:00:00Z"],
      value: [70, 100, 90],
      readings: [2, 1, 1],
      source: [watch, phone, watch],
    });
    const values = async (ask: Partial<Ask>) => (await read(ask)).series[0]?.value;
    assert.deepEqual(await values({ aggregate: "min" }), [60, 100, 90]);
    assert.deepEqual(await values({ aggregate: "max" }), [80, 100, 90]);
    assert.deepEqual(await values({ aggregate: "last" }), [80, 100, 90]);
    assert.deepEqual(await values({ aggregate: "count" }), [2, 1, 1]);
    assert.deepEqual(await values({ source: phone ?? 0 }), [200, 100]);
    assert.deepEqual(await values({ provider: "oura" }), undefined);
    assert.deepEqual(await values({ since: new Date("2026-02-02T09:00:00Z") }), [100, 90]);
    assert.deepEqual(await values({ until: new Date("2026-02-02T09:00:00Z") }), [70]);
    const five = (await read({ resolution: "5m" })).series[0];
    assert.deepEqual(five?.ts, [
      "2026-02-02T08:00:00Z",
      "2026-02-02T08:55:00Z",
      "2026-02-02T09:30:00Z",
      "2026-02-02T10:30:00Z",
    ]);
    assert.deepEqual(five.value, [60, 80, 100, 90]);
  });
});

Deno.test("series() begins hours where the person's clock does", async () => {
  // Kathmandu: a quarter to.
  const watch = [beat("2026-02-02T08:14:00Z", 60, 345), beat("2026-02-02T08:15:00Z", 80, 345)];
  await withDevices({ watch, phone: [] }, async (read) => {
    const { series: [column] } = await read();
    assert.deepEqual(column?.ts, ["2026-02-02T07:15:00Z", "2026-02-02T08:15:00Z"]);
    assert.deepEqual(column.value, [60, 80]);
  });
});

Deno.test("series() spreads sums over their time, counts no device twice, and leaves totals out", async () => {
  const steps = (at: string, value: number, durationSeconds: number): Value => ({
    at,
    value,
    durationSeconds,
    metric: "steps",
    offsetMinutes: 0,
  });
  await withDevices({
    watch: [steps("2026-02-02T08:50:00Z", 120, 1_200), steps("2026-02-02T12:00:00Z", 30, 60)],
    phone: [steps("2026-02-02T09:00:00Z", 500, 7_200)],
  }, async (read, { app, admin, db }) => {
    const { series: [column] } = await read({ types: ["steps"] });
    assert.deepEqual(column?.ts.map((at) => at.slice(11, 16)), [
      "08:00",
      "09:00",
      "10:00",
      "12:00",
    ]);
    assert.deepEqual(column.value, [60, 60, 250, 30]);
    assert.equal(column.aggregate, "sum");
    const night = {
      since: new Date("2026-02-02T09:00:00Z"),
      until: new Date("2026-02-02T10:00:00Z"),
    };
    assert.deepEqual((await read({ types: ["steps"], ...night })).series[0]?.value, [60]);
    const five = (await read({ types: ["steps"], resolution: "5m", ...night })).series[0];
    assert.deepEqual(five?.value, [30, 30]);

    const bob = await addPerson(admin);
    const garmin = await addAccount(app, bob, { provider: "garmin" });
    const total = { metric: "steps", value: 9_000, at: "2026-02-02T00:00:00Z" };
    await store(app, garmin, batchOf([{ id: "d", values: [total] }], { daily_total: true }));
    const ask = { ...as(bob), types: ["steps"] as const, ...SPAN };
    assert.deepEqual((await series(db, { ...ask, resolution: "1h" })).series, []);
    assert.deepEqual((await series(db, { ...ask, resolution: "1d" })).series[0]?.value, [9_000]);
  });
});

Deno.test("series() of days is of the rollup, each day of its best source", async () => {
  await withDevices({
    watch: [beat("2026-02-01T12:00:00Z", 50), beat("2026-02-02T12:00:00Z", 60)],
    phone: [beat("2026-02-02T13:00:00Z", 200), beat("2026-02-03T12:00:00Z", 70)],
  }, async (read) => {
    const ask = { resolution: "1d", since: new Date("2026-02-01T00:00:00Z") } as const;
    const { series: [column], sources } = await read({
      ...ask,
      until: new Date("2026-02-04T00:00:00Z"),
    });
    const device = (id: number) => sources.find((source) => source.id === id)?.device;
    assert.deepEqual(column?.ts, ["2026-02-01", "2026-02-02", "2026-02-03"]);
    assert.deepEqual(column.value, [50, 60, 70]);
    assert.deepEqual(column.source.map(device), ["Apple Watch", "Apple Watch", "iPhone 15"]);
    const max = await read({ ...ask, aggregate: "max" });
    assert.deepEqual(max.series[0]?.value, [50, 60], "until is the day after the last");
    const count = await read({ ...ask, aggregate: "count" });
    assert.deepEqual([count.series[0]?.value, count.series[0]?.unit], [[1, 1], "count"]);
  });
});

Deno.test("series() shows a stranger nothing", async () => {
  const watch = [beat("2026-02-02T08:14:00Z", 60)];
  await withDevices({ watch, phone: [] }, async (_, { admin, db }) => {
    for (const resolution of ["5m", "1h", "1d"] as const) {
      const stranger = as(await addPerson(admin));
      const answer = await series(db, { ...stranger, types: ["heart_rate"], resolution, ...SPAN });
      assert.deepEqual(answer, { resolution, series: [], sources: [] });
    }
  });
});

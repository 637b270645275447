import assert from "node:assert/strict";
import { dailySummaries } from "@shared/metrics/summary.ts";
import { setPreferences } from "@shared/metrics/preferences.ts";
import { batchOf, store, type Value } from "../support/batches.ts";
import { addAccount, addPerson, plain } from "../support/people.ts";
import { as, type Readers, withReaders } from "../support/readers.ts";

const DAY = { since: "2026-02-02", until: "2026-02-03", days: 1 };
const PHONE = { device: "iPhone 15", device_class: "phone" };
const WATCH = { device: "Apple Watch", device_class: "watch" };

/** Steps of one local hour each, by a clock two hours east. */
function steps(byHour: Readonly<Record<number, number>>, durationSeconds = 600): Value[] {
  return Object.entries(byHour).map(([hour, value]) => ({
    metric: "steps",
    value,
    at: new Date(Date.UTC(2026, 1, 2, Number(hour) - 2, 5)).toISOString(),
    offsetMinutes: 120,
    durationSeconds,
  }));
}

/** Alice's phone and watch, both through one account. */
async function withTwoDevices(
  told: { readonly phone: readonly Value[]; readonly watch: readonly Value[] },
  use: (world: Readers & { readonly alice: string }) => Promise<void>,
): Promise<void> {
  await withReaders(async (readers) => {
    const { app, admin } = readers;
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice, { provider: "apple_health" });
    await store(app, account, batchOf([{ id: "phone", values: told.phone }], PHONE));
    await store(app, account, batchOf([{ id: "watch", values: told.watch }], WATCH));
    await use({ ...readers, alice });
  });
}

/** The one metric of the day: value, rule, and of each source its device, own value and what counted. */
async function told({ db, alice }: Pick<Readers, "db"> & { readonly alice: string }, filter = {}) {
  const { days: [day] } = await dailySummaries(db, { ...as(alice), ...DAY, ...filter });
  const [metric, ...rest] = day?.metrics ?? [];
  assert.deepEqual(rest, []);
  if (!metric) return undefined;
  const { rule, winner, losers } = metric.receipt;
  return [
    metric.value,
    rule,
    ...[winner, ...losers].map(({ source, value, counted }) => [source.device, value, counted]),
  ];
}

Deno.test("two devices on one wrist: the sum is the best one's, and the receipt names both", async () => {
  const watch = steps({ 8: 1_000, 9: 2_000, 10: 500 });
  await withTwoDevices({ watch, phone: steps({ 8: 900, 9: 1_900 }) }, async (world) => {
    assert.deepEqual(await told(world), [
      3_500,
      "device_class",
      ["Apple Watch", 3_500, 3_500],
      ["iPhone 15", 2_800, 0],
    ]);
    const { days } = await dailySummaries(world.db, { ...as(world.alice), ...DAY });
    const [loser] = days[0]?.metrics[0]?.receipt.losers ?? [];
    assert.deepEqual([loser?.overlapHours, loser?.rule, loser?.readings], [2, "device_class", 2]);

    const id = loser?.source.id ?? assert.fail();
    assert.deepEqual(await told(world, { source: id }), [
      2_800,
      "only_source",
      ["iPhone 15", 2_800, 2_800],
    ]);
    assert.equal(await told(world, { provider: "oura" }), undefined);
  });
});

Deno.test("phone and watch by turns: hours are added where only one was there", async () => {
  const watch = steps({ 8: 100, 9: 200 });
  await withTwoDevices({ watch, phone: steps({ 9: 180, 10: 40, 23: 7 }) }, async (world) => {
    assert.deepEqual(await told(world), [
      347,
      "device_class",
      ["Apple Watch", 300, 300],
      ["iPhone 15", 227, 47],
    ]);
  });
});

Deno.test("a span of hours counts in each hour for its share of time", async () => {
  // 08:05 to 11:05: 55 minutes at 8, 60 at 9, 60 at 10, 5 at 11.
  const phone = steps({ 8: 180 }, 3 * 3_600);
  await withTwoDevices({ watch: steps({ 9: 500, 12: 1 }), phone }, async (world) => {
    const [value, , watch, other] = await told(world) ?? [];
    assert.deepEqual(watch, ["Apple Watch", 501, 501]);
    assert.deepEqual(other, ["iPhone 15", 180, 120]);
    assert.equal(value, 621);
  });
});

Deno.test("another order is another answer of the same rows, and nothing is lost", async () => {
  const watch = steps({ 8: 100, 9: 200 });
  await withTwoDevices({ watch, phone: steps({ 9: 180, 10: 40 }) }, async (world) => {
    const { admin, db, alice } = world;
    const stored = async () =>
      plain(await admin`select s::text from raphael.samples s order by 1`)
        .concat(plain(await admin`select d::text from raphael.daily d order by 1`));
    const before = await stored();
    const order = (device?: string) =>
      setPreferences(db, {
        ...as(alice),
        sources: device === undefined ? null : {
          all: [],
          categories: {},
          metrics: { steps: [{ provider: "apple_health", device }] },
        },
      });
    await order("iPhone 15");
    assert.deepEqual(await told(world), [
      320,
      "person_order",
      ["iPhone 15", 220, 220],
      ["Apple Watch", 300, 100],
    ]);
    await order();
    assert.deepEqual(await told(world), [
      340,
      "device_class",
      ["Apple Watch", 300, 300],
      ["iPhone 15", 220, 40],
    ]);
    assert.deepEqual(await stored(), before);
  });
});

Deno.test("a whole day's total stands for its device, and for nobody's hours", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const garmin = await addAccount(app, alice, { provider: "garmin" });
    const fenix = { device: "Fenix", device_class: "watch" };
    const total = { metric: "steps", value: 9_000, at: "2026-02-01T22:00:00Z", offsetMinutes: 120 };
    await store(app, garmin, batchOf([{ id: "epochs", values: steps({ 8: 4_000 }) }], fenix));
    await store(
      app,
      garmin,
      batchOf([{ id: "day", values: [total] }], { ...fenix, daily_total: true }),
      { resource: "dailies" },
    );
    const phone = await addAccount(app, alice, { provider: "apple_health" });
    await store(app, phone, batchOf([{ id: "p", values: steps({ 8: 300, 22: 700 }) }], PHONE));
    assert.deepEqual(await told({ db, alice }), [
      9_000,
      "own_daily_total",
      ["Fenix", 9_000, 9_000],
      ["Fenix", 4_000, 0],
      ["iPhone 15", 1_000, 0],
    ]);
    assert.deepEqual(await told({ db, alice }, { provider: "apple_health" }), [
      1_000,
      "only_source",
      ["iPhone 15", 1_000, 1_000],
    ]);
  });
});

Deno.test("dailySummaries() answers days of the person's own, and no stranger's", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const [alice, bob] = [await addPerson(admin), await addPerson(admin)];
    const account = await addAccount(app, alice);
    // 23:30 and 00:30 on a clock ten hours west: two days, both on the second day of UTC.
    const beats = ["2026-02-02T09:30:00Z", "2026-02-02T10:30:00Z"].map((at, n) => ({
      at,
      value: 60 + 10 * n,
      offsetMinutes: -600,
    }));
    await store(app, account, batchOf([{ id: "beats", values: beats }]));
    const span = { since: "2026-02-01", until: "2026-02-03", days: 1 };
    const read = async (userId: string) =>
      (await dailySummaries(db, { ...as(userId), ...span })).days
        .map(({ date, metrics }) => [date, metrics.map(({ metric, value }) => [metric, value])]);
    assert.deepEqual(await read(alice), [
      ["2026-02-02", [["heart_rate", 70]]],
      ["2026-02-01", [["heart_rate", 60]]],
    ]);
    assert.deepEqual(await read(bob), []);
  });
});

Deno.test("dailySummaries() counts back from today where the person lives", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice);
    const zones = { "Pacific/Kiritimati": 14 * 60, "Pacific/Niue": -11 * 60 };
    const now = Date.now();
    for (const [timeZone, offsetMinutes] of Object.entries(zones)) {
      await setPreferences(db, { ...as(alice), timeZone });
      const values = [0, 1, 2].map((days) => ({
        at: new Date(now - days * 86_400_000).toISOString(),
        value: 60 + days,
        offsetMinutes,
      }));
      await store(app, account, batchOf([{ id: timeZone, values }]));
      const read = await dailySummaries(db, {
        ...as(alice),
        days: 2,
      });
      assert.equal(read.timeZone, timeZone);
      const here = new Date(now + offsetMinutes * 60_000).toISOString().slice(0, 10);
      assert.equal(read.today, here);
      assert.equal(read.days[0]?.date, here);
      assert.equal(read.days.length, 2);
    }
  });
});

Deno.test("dailySummaries() shows no part beside its whole, day by day", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice);
    const energy = (metric: string, day: number, value: number) => ({
      metric: `energy_${metric}`,
      value,
      at: `2026-02-0${day}T08:00:00Z`,
    });
    const values = [energy("total", 1, 2_000), energy("active", 1, 500), energy("active", 2, 400)];
    await store(app, account, batchOf([{ id: "energy", values }]));
    const { days } = await dailySummaries(db, {
      ...as(alice),
      types: ["energy_total", "energy_active"],
      firstPresent: [["energy_total", "energy_active"]],
      since: "2026-02-01",
      until: "2026-02-03",
      days: 1,
    });
    assert.deepEqual(
      days.map(({ metrics }) => metrics.map(({ metric, value }) => [metric, value])),
      [[["energy_active", 400]], [["energy_total", 2_000]]],
    );
  });
});

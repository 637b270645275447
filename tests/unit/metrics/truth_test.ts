import assert from "node:assert/strict";
import type { Aggregate } from "@shared/catalog/metrics.ts";
import { type MetricRule, needsPieces, resolve } from "@shared/metrics/truth.ts";
import { day, hours, piece, ranking, source, told } from "./days.ts";

const STEPS: MetricRule = { kind: "interval", aggregate: "sum" };
const PHONE = source(1, { device: "iPhone", deviceClass: "phone" });
const WATCH = source(2, { device: "Apple Watch", deviceClass: "watch" });
const RING = source(3, { provider: "oura", device: "Ring 4", deviceClass: "ring" });

/** The hours of each as the samples tell them. */
const piecesOf = (list: readonly [number, Readonly<Record<number, number>>][]) =>
  list.flatMap(([id, byHour]) =>
    Object.entries(byHour).map(([hour, value]) => piece(id, Number(hour), value))
  );

Deno.test("resolve() of one source is that source's value", () => {
  const days = [day(PHONE, { byHour: { 8: 100, 9: 50 } })];
  assert.ok(!needsPieces(STEPS, days, ranking()));
  assert.deepEqual(told(STEPS, days, ranking()), [150, "only_source", [1, 150, 150]]);
  assert.equal(resolve(STEPS, [], ranking()), undefined);
});

Deno.test("resolve() of two devices on one wrist is the best one's sum, and names both", () => {
  const watch = { 8: 1_000, 9: 2_000, 10: 500 };
  const phone = { 8: 900, 9: 1_900 };
  const days = [day(PHONE, { byHour: phone }), day(WATCH, { byHour: watch })];
  assert.ok(!needsPieces(STEPS, days, ranking()), "the hours alone settle it");
  const truth = resolve(STEPS, days, ranking()) ?? assert.fail();
  assert.equal(truth.value, 3_500);
  assert.deepEqual(truth.receipt, {
    rule: "device_class",
    winner: { source: WATCH, value: 3_500, counted: 3_500, readings: 3 },
    losers: [{
      source: PHONE,
      value: 2_800,
      counted: 0,
      readings: 2,
      rule: "device_class",
      overlapHours: 2,
    }],
  });
});

Deno.test("resolve() of phone and watch by turns adds hours, and counts none twice", () => {
  const byTurns = [
    day(WATCH, { byHour: { 8: 100, 9: 200 } }),
    day(PHONE, { byHour: { 12: 30, 13: 40 } }),
  ];
  assert.ok(!needsPieces(STEPS, byTurns, ranking()));
  assert.deepEqual(told(STEPS, byTurns, ranking()), [
    370,
    "device_class",
    [2, 300, 300],
    [1, 70, 70],
  ]);

  // Together at 9 o'clock, and each alone at another hour: only the samples tell.
  const watch = { 8: 100, 9: 200 };
  const phone = { 9: 180, 10: 40 };
  const days = [day(PHONE, { byHour: phone }), day(WATCH, { byHour: watch })];
  assert.ok(needsPieces(STEPS, days, ranking()));
  assert.throws(() => resolve(STEPS, days, ranking()), /Cannot resolve day/);
  const pieces = piecesOf([[1, phone], [2, watch]]);
  assert.deepEqual(told(STEPS, days, ranking(), pieces), [
    340,
    "device_class",
    [2, 300, 300],
    [1, 220, 40],
  ]);
  assert.equal(resolve(STEPS, days, ranking(), pieces)?.receipt.losers[0]?.overlapHours, 1);
});

Deno.test("resolve() of a day whose samples are gone counts no hour twice, and guesses none", () => {
  const days = [
    day(WATCH, { byHour: { 8: 100, 9: 200 } }),
    day(PHONE, { byHour: { 9: 180, 10: 40 } }),
    day(RING, { byHour: { 22: 5 } }),
  ];
  assert.deepEqual(told(STEPS, days, ranking(), []), [
    305,
    "device_class",
    [2, 300, 300],
    [3, 5, 5],
    [1, 220, 0],
  ]);
});

Deno.test("resolve() takes a whole day's total as it is, and adds no hour to it", () => {
  const garmin = { provider: "garmin", device: "Fenix", deviceClass: "watch" };
  const total = day(source(5, { ...garmin, dailyTotal: true }), { total: 9_000, n: 1, hours: 1 });
  const epochs = day(source(6, garmin), { byHour: { 8: 4_000, 9: 4_500 } });
  const phone = day(PHONE, { byHour: { 9: 300, 22: 700 } });
  const days = [phone, epochs, total];
  assert.ok(!needsPieces(STEPS, days, ranking()));
  assert.deepEqual(told(STEPS, days, ranking()), [
    9_000,
    "own_daily_total",
    [5, 9_000, 9_000],
    [6, 8_500, 0],
    [1, 1_000, 0],
  ]);
  const [own, other] = resolve(STEPS, days, ranking())?.receipt.losers ?? [];
  assert.deepEqual([own?.rule, own?.overlapHours], ["own_daily_total", 2]);
  assert.deepEqual([other?.rule, other?.overlapHours], ["device_class", 2]);

  // A better source without a total: the others fill its hours, and the total stays out.
  const order = ranking([{ provider: "apple_health" }]);
  assert.ok(needsPieces(STEPS, days, order));
  const pieces = piecesOf([[1, { 9: 300, 22: 700 }], [6, { 8: 4_000, 9: 4_500 }]]);
  assert.deepEqual(told(STEPS, days, order, pieces), [
    5_000,
    "person_order",
    [1, 1_000, 1_000],
    [5, 9_000, 0],
    [6, 8_500, 4_000],
  ]);
});

Deno.test("resolve() under another order is another answer of the same rows, and back again", () => {
  const days = [
    day(RING, { byHour: { 8: 80, 9: 90 } }),
    day(WATCH, { byHour: { 8: 100, 9: 110 } }),
  ];
  const kept = structuredClone(days);
  const before = told(STEPS, days, ranking());
  assert.deepEqual(before, [210, "device_class", [2, 210, 210], [3, 170, 0]]);
  const oura = ranking([{ provider: "oura" }, { provider: "apple_health" }]);
  assert.deepEqual(told(STEPS, days, oura), [170, "person_order", [3, 170, 170], [2, 210, 0]]);
  assert.deepEqual(days, kept, "nothing is lost");
  assert.deepEqual(told(STEPS, days, ranking()), before);
});

Deno.test("resolve() of anything but a sum is the winner's alone", () => {
  const watch = day(WATCH, { n: 4, total: 280, low: 60, high: 90, last: 65, hours: hours(8) });
  const phone = day(PHONE, { n: 1, total: 200, low: 20, high: 200, last: 200, hours: hours(8, 9) });
  const value = (aggregate: Aggregate) => {
    const rule: MetricRule = { kind: "instant", aggregate };
    assert.ok(!needsPieces(rule, [watch, phone], ranking()));
    return resolve(rule, [watch, phone], ranking());
  };
  const expected = { avg: [70, 200], min: [60, 20], max: [90, 200], last: [65, 200] } as const;
  for (const aggregate of ["avg", "min", "max", "last"] as const) {
    const truth = value(aggregate) ?? assert.fail();
    const [loser] = truth.receipt.losers;
    assert.deepEqual([truth.value, loser?.value], expected[aggregate]);
    assert.deepEqual([truth.receipt.winner.counted, loser?.counted], [truth.value, 0]);
    assert.equal(loser?.overlapHours, 1);
  }
  assert.equal(value("none"), undefined);
});

Deno.test("resolve() agrees with counting hour by hour, for any days", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  let settled = 0;
  for (let round = 0; round < 2_000; round++) {
    const sources = [PHONE, WATCH, RING].slice(0, 2 + random(2));
    const byHours = sources.map(({ id }) => {
      const first = random(24);
      const length = 1 + random(24 - first);
      return [
        id,
        Object.fromEntries(Array.from({ length }, (_, n) => [first + n, random(500)])),
      ] as [number, Record<number, number>];
    });
    const days = sources.map((of, n) => day(of, { byHour: byHours[n]?.[1] ?? {} }));
    const order = ranking(random(2) ? [{ provider: "oura" }] : []);
    const bestFirst = (order.order.length > 0 ? [3, 2, 1] : [2, 3, 1])
      .flatMap((id) => byHours.filter(([of]) => of === id));
    let expected = 0;
    for (let hour = 0; hour < 24; hour++) {
      expected += bestFirst.find(([, byHour]) => hour in byHour)?.[1][hour] ?? 0;
    }
    const needs = needsPieces(STEPS, days, order);
    if (!needs) settled++;
    const truth = resolve(STEPS, days, order, needs ? piecesOf(byHours) : undefined);
    assert.equal(truth?.value, expected);
    const { winner, losers } = truth.receipt;
    assert.equal([winner, ...losers].reduce((sum, { counted }) => sum + counted, 0), expected);
  }
  assert.ok(settled > 100 && settled < 1_900, `${settled} of 2000 without pieces`);
});

import assert from "node:assert/strict";
import { type GlucoseDay, glucoseStatistics } from "@shared/metrics/glucose_statistics.ts";

const THRESHOLDS = { veryLow: 54, low: 70, high: 180, veryHigh: 250 };

/** A day as the database sums it up. */
function dayOf(values: readonly number[], pace?: number): GlucoseDay {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const count = (test: (value: number) => boolean) => values.filter(test).length;
  return {
    n: values.length,
    mean,
    squares: values.reduce((sum, value) => sum + (value - mean) ** 2, 0),
    low: Math.min(...values),
    high: Math.max(...values),
    below: {
      veryLow: count((value) => value < THRESHOLDS.veryLow),
      low: count((value) => value < THRESHOLDS.low),
    },
    above: {
      high: count((value) => value > THRESHOLDS.high),
      veryHigh: count((value) => value > THRESHOLDS.veryHigh),
    },
    ...(pace === undefined ? {} : { pace }),
  };
}

const close = (actual: number | undefined, expected: number, digits = 9) =>
  assert.ok(
    Math.abs((actual ?? NaN) - expected) < 10 ** -digits,
    `${actual} is not ${expected}`,
  );

Deno.test("glucoseStatistics() has the field's numbers", () => {
  // Sum 1,500 of 10.
  const values = [50, 60, 70, 90, 100, 150, 180, 200, 250, 350];
  const all = glucoseStatistics([dayOf(values, 300)], 10 * 300);
  assert.ok(all);
  assert.equal(all.mean, 150);
  const squares = values.reduce((sum, value) => sum + (value - 150) ** 2, 0);
  close(all.sd, Math.sqrt(squares / 9));
  close(all.cv, 100 * Math.sqrt(squares / 9) / 150);
  // Bergenstal 2018, table 1: a mean of 150 mg/dL is a GMI of 6.9 %.
  close(all.gmi, 6.898);
  assert.deepEqual(
    [all.veryLow, all.low, all.inRange, all.high, all.veryHigh],
    [10, 20, 50, 30, 10],
  );
  assert.deepEqual([all.min, all.max, all.count, all.days, all.sensorActive], [
    50,
    350,
    10,
    1,
    100,
  ]);
});

Deno.test("glucoseStatistics() of the GMI table of Bergenstal 2018", () => {
  const table = [[100, 5.7], [125, 6.3], [150, 6.9], [175, 7.5], [200, 8.1], [225, 8.7], [
    250,
    9.3,
  ]];
  for (const [mean = 0, gmi = 0] of table) {
    close(glucoseStatistics([dayOf([mean])], 300)?.gmi, gmi, 1);
  }
});

Deno.test("glucoseStatistics() of days is that of all their readings", () => {
  const days = [[100, 110, 45], [300], [180, 70, 69.9, 180.1]];
  const apart = glucoseStatistics(days.map((values) => dayOf(values, 300)), 86_400);
  const whole = glucoseStatistics([dayOf(days.flat(), 300)], 86_400);
  assert.ok(apart && whole);
  for (const [name, value] of Object.entries(whole)) {
    if (name === "days") continue;
    close(Object.entries(apart).find(([other]) => other === name)?.[1], value);
  }
  assert.equal(apart.days, 3);
});

Deno.test("glucoseStatistics() knows how much of the period a sensor of any pace was active", () => {
  const period = 14 * 86_400;
  const active = (count: number, pace?: number) =>
    glucoseStatistics([dayOf(Array(count).fill(100), pace)], period)?.sensorActive;
  assert.equal(active(14 * 288, 300), 100);
  assert.equal(active(7 * 288, 300), 50);
  assert.equal(active(14 * 96, 900), 100, "every quarter of an hour");
  assert.equal(active(14 * 1_440, 60), 100, "every minute");
  close(active(10, 7_200), 100 * 10 * 900 / period, 9);
  close(active(1), 100 * 300 / period, 9);
  assert.equal(active(20_000, 300), 100, "and no more than all of it");
});

Deno.test("glucoseStatistics() of one reading has no deviation, of none nothing", () => {
  const one = glucoseStatistics([dayOf([100])], 300);
  assert.deepEqual([one?.sd, one?.cv, one?.mean, one?.inRange], [undefined, undefined, 100, 100]);
  assert.equal(glucoseStatistics([], 300), undefined);
});

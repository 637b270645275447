import assert from "node:assert/strict";
import { latestGlucose } from "@shared/metrics/glucose.ts";
import { series } from "@shared/metrics/series.ts";
import { dailySummaries } from "@shared/metrics/summary.ts";
import { batchOf, store, type Value } from "../support/batches.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { as, withReaders } from "../support/readers.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
const NOW = new Date(Math.floor(Date.now() / DAY) * DAY + DAY / 2);
/** 00:00 UTC of a day that is thinned. */
const START = Math.floor(Date.now() / DAY) * DAY - 40 * DAY;
const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** A value each `step` minutes from one hour to another, of spans as long. */
function values(metric: string, step: number, from: number, to: number, spans = false): Value[] {
  return Array.from({ length: (to - from) * 60 / step }, (_, n) => ({
    metric,
    at: new Date(START + from * 60 * MINUTE + n * step * MINUTE).toISOString(),
    value: 60 + (n * 7) % 80,
    offsetMinutes: 0,
    ...(spans ? { durationSeconds: step * 60 } : {}),
  }));
}

Deno.test("thinned samples answer as they did before", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice, { provider: "apple_health" });
    const watch = { device: "Apple Watch", device_class: "watch" };
    const phone = { device: "iPhone", device_class: "phone" };
    const beats = [...values("heart_rate", 1, 6, 12), ...values("glucose", 5, 0, 24)];
    const worn = { id: "watch", values: [...beats, ...values("steps", 5, 8, 12, true)] };
    await store(app, account, batchOf([worn], watch));
    // Together with the watch at some hours, alone at others.
    await store(
      app,
      account,
      batchOf([{ id: "phone", values: values("steps", 5, 10, 14, true) }], phone),
    );

    const read = async () => {
      const span = { since: new Date(START), until: new Date(START + DAY) };
      const { days } = await dailySummaries(db, {
        ...as(alice),
        since: dateOf(START),
        until: dateOf(START + DAY),
        days: 1,
      });
      const hours = async (metric: "heart_rate" | "steps", aggregate?: "max" | "last" | "count") =>
        (await series(db, {
          ...as(alice),
          ...span,
          types: [metric],
          resolution: "1h",
          ...(aggregate ? { aggregate } : {}),
        })).series.map(({ ts, value, readings }) =>
          ts.map((
            at,
            n,
          ) => [at.slice(11, 13), Math.round((value[n] ?? 0) * 1e6) / 1e6, readings[n]])
        );
      return {
        days,
        mean: await hours("heart_rate"),
        max: await hours("heart_rate", "max"),
        last: await hours("heart_rate", "last"),
        count: await hours("heart_rate", "count"),
        steps: (await hours("steps")).map((rows) => rows.map(([at, value]) => [at, value])),
      };
    };
    const glucose = async () =>
      (await latestGlucose(db, {
        ...as(alice),
        hours: 60 * 24,
        unit: "mg/dL",
        thresholds: { veryLow: 62, low: 70, high: 120, veryHigh: 130 },
        limit: 0,
      }, NOW)).stats;
    const left = async () => (await admin`select from raphael.samples`).length;
    const thin = async (minutes5Days: number, hourlyDays: number) => {
      await admin`delete from raphael_private.sample_retention`;
      await admin`
        insert into raphael_private.sample_retention (category, raw_days, minutes5_days, hourly_days)
        select c, 30, ${minutes5Days}, ${hourlyDays} from unnest(array['cardio', 'activity', 'glucose']) as c`;
      await app`select raphael_private.begin_thinning()`;
      await app`
        select raphael_private.thin_person(p.user_key, 100000)
        from (select 1 as user_key) p`;
    };

    const [before, sugar] = [await read(), await glucose()];
    assert.equal(sugar?.count, 288);
    assert.equal(before.days[0]?.metrics.length, 3);
    assert.equal(before.mean[0]?.length, 6);
    assert.equal(before.steps[0]?.length, 6);

    await thin(60, 90);
    assert.equal(await left(), 0);
    assert.deepEqual(await read(), before, "as 5 minutes");
    const { latest: _, ...statistics } = sugar;
    assert.equal(await glucose(), null, "no reading is left to be the latest");
    await store(
      app,
      account,
      batchOf([{
        id: "now",
        values: [{
          metric: "glucose",
          value: 100,
          at: new Date(NOW.getTime() - MINUTE).toISOString(),
        }],
      }], watch),
    );
    const withNew = await glucose();
    assert.equal(withNew?.count, statistics.count + 1);
    assert.deepEqual([withNew.min, withNew.max, withNew.days], [
      Math.min(statistics.min, 100),
      Math.max(statistics.max, 100),
      2,
    ]);

    await thin(35, 90);
    assert.deepEqual(await read(), before, "as hours");

    await thin(35, 36);
    const { days, mean, steps } = await read();
    assert.deepEqual([mean, steps], [[], []]);
    const of = (all: typeof days, code: string) =>
      all[0]?.metrics.find(({ metric }) => metric === code);
    assert.deepEqual(of(days, "heart_rate"), of(before.days, "heart_rate"), "as days alone");
    const alone = of(days, "steps");
    assert.equal(alone?.value, alone?.receipt.winner.value, "what overlaps in part is not guessed");
    assert.equal(alone?.receipt.losers[0]?.counted, 0);
  });
});

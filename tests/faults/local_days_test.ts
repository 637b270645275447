import assert from "node:assert/strict";
import { MINUTE, offsetIn } from "@shared/core/time.ts";
import { setTimeZone } from "@shared/db/days.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import type { NormaliseContext } from "@shared/providers/resource.ts";
import { toBatch } from "@shared/sync/batch.ts";
import { store } from "../support/batches.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, type TestAccount } from "../support/people.ts";
import { assertRollup } from "../support/rollup.ts";
import { readSharedJson } from "../support/shared_data.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { between, random } from "./support/plan.ts";

interface Day {
  readonly tz: string;
  readonly local_date: string;
  readonly start_utc: string;
  readonly end_utc: string;
}

/** Steps of a quarter of an hour. */
interface Quarter {
  readonly at: number;
  readonly steps: number;
}

const DAYS = readSharedJson<{ cases: readonly Day[] }>("vectors/dst_day_boundaries.json")?.cases;
const QUARTER = 15 * MINUTE;
const AROUND = 26 * 60 * MINUTE;

const wall = (tz: string, at: number) => {
  const offset = offsetIn(tz, new Date(at)) ?? 0;
  return { offset, text: new Date(at + offset * MINUTE).toISOString().slice(0, 16) };
};

interface Delivery {
  readonly resource: string;
  readonly body: unknown;
  readonly context?: NormaliseContext;
}

/** The same steps as three providers tell them: with an offset, by a clock on the wall, as instants. */
const TELLERS: Readonly<Record<string, (quarters: readonly Quarter[], tz: string) => Delivery>> = {
  garmin: (quarters, tz) => ({
    resource: "epochs",
    body: {
      epochs: quarters.map(({ at, steps }) => ({
        userId: "one",
        summaryId: `x${at}`,
        startTimeInSeconds: at / 1_000,
        startTimeOffsetInSeconds: wall(tz, at).offset * 60,
        durationInSeconds: 900,
        steps,
      })),
    },
  }),
  polar(quarters, tz) {
    // A clock on the wall shows an hour that comes twice once: its steps are one reading.
    const days = new Map<string, Map<string, number>>();
    for (const { at, steps } of quarters) {
      const { text } = wall(tz, at);
      const day = days.get(text.slice(0, 10)) ?? new Map<string, number>();
      days.set(text.slice(0, 10), day.set(text, (day.get(text) ?? 0) + steps));
    }
    return {
      resource: "activities",
      context: { timeZone: tz },
      body: [...days].map(([date, clock]) => ({
        date,
        start_time: `${date}T00:00:00`,
        steps: [...clock.values()].reduce((a, b) => a + b),
        samples: {
          date,
          steps: {
            interval_ms: QUARTER,
            samples: [...clock].map(([timestamp, steps]) => ({ timestamp, steps })),
          },
        },
      })),
    };
  },
  withings: (quarters) => ({
    resource: "intraday",
    body: {
      status: 0,
      body: {
        series: Object.fromEntries(
          quarters.map(({ at, steps }) => [String(at / 1_000), { steps, duration: 900 }]),
        ),
      },
    },
  }),
};

async function tell(
  { app }: TestDatabase,
  account: TestAccount,
  slug: string,
  delivery: Delivery,
  observedAt: number,
): Promise<void> {
  const driver = PROVIDERS.find((one) => one.slug === slug);
  assert.ok(driver);
  const { resource, body, context } = delivery;
  const { records } = driver.normalise(resource, body, context);
  await store(app, account, toBatch(records, slug), {
    resource,
    observedAt: new Date(observedAt).toISOString(),
  });
}

/** Steps of the account's local day, a row a source. */
async function totals({ admin }: TestDatabase, account: TestAccount, date: string) {
  const rows = await admin<{ total: number; whole: boolean }[]>`
    select d.total, s.daily_total as whole
    from raphael.daily d
    join raphael.sources s on s.user_key = d.user_key and s.id = d.source_id
    join raphael.metrics m on m.id = d.metric_id
    where s.account_id = ${account.id} and m.code = 'steps' and d.local_date = ${date}
    order by s.daily_total`;
  return rows.map(({ total, whole }) => [whole, total]);
}

fault(
  "FT-36",
  "clocks that change: one row a local day, and its sum, whoever tells and however it is read",
  async (injecting) => {
    const next = random(SEED);
    const rounds = counts(1, 12);
    let [hits, days, wrong, control] = [0, 0, 0, 0];
    for (let round = 0; round < rounds && injecting(); round++) {
      await withDatabase(async (database) => {
        const { app, admin } = database;
        for (const { tz, local_date, start_utc, end_utc } of DAYS ?? []) {
          const [start, end] = [Date.parse(start_utc), Date.parse(end_utc)];
          const quarters: Quarter[] = [];
          for (let at = start - AROUND; at < end + AROUND; at += QUARTER) {
            quarters.push({ at, steps: Math.floor(between(next, 1, 400)) });
          }
          const sum = quarters.filter(({ at }) => at >= start && at < end)
            .reduce((total, { steps }) => total + steps, 0);
          // Two reads, each beginning before the other has ended: what both see was less at the first.
          const cut = Math.floor(between(next, 4, quarters.length - 4));
          const overlap = Math.floor(between(next, 1, 24));
          const before = quarters.slice(0, cut).map((one, n) =>
            n < cut - overlap ? one : { ...one, steps: Math.floor(one.steps / 2) }
          );
          const after = quarters.slice(Math.max(0, cut - overlap));
          for (const [slug, teller] of Object.entries(TELLERS)) {
            const zoned = await addAccount(app, await addPerson(admin), { provider: slug });
            await setTimeZone(app, zoned.userId, tz);
            // A whole day is read as a whole: Polar sends the record of a day with all that it has.
            const again = slug === "polar"
              ? quarters.filter(({ at }) =>
                wall(tz, at).text.slice(0, 10) >= wall(tz, after[0]?.at ?? 0).text.slice(0, 10)
              )
              : after;
            await tell(database, zoned, slug, teller(before, tz), end);
            await tell(database, zoned, slug, teller(again, tz), end + 1);
            hits += overlap;
            days++;
            const found = await totals(database, zoned, local_date);
            const expected = start === end
              ? []
              : [[false, sum], ...slug === "polar" ? [[true, sum]] : []];
            if (JSON.stringify(found) !== JSON.stringify(expected)) {
              wrong++;
              console.log(`${slug} ${tz} ${local_date}:`, found, "expected", expected);
            }
          }
          // The control: nobody knows the zone, so that UTC's days are taken.
          const lost = await addAccount(app, await addPerson(admin), { provider: "withings" });
          const all = TELLERS["withings"]?.(quarters, tz);
          assert.ok(all);
          await tell(database, lost, "withings", all, end);
          const utc = await totals(database, lost, local_date);
          if (utc[0]?.[1] !== sum) control++;
        }
        await assertRollup(admin);
      });
    }
    report("FT-36", { hits, days, wrong, control });
    assert.ok(hits > 0 && days >= 66);
    assert.equal(wrong, 0);
    assert.ok(control > 0, "the check sees no day that is not the person's");
  },
  { missing: DAYS ? undefined : "vectors/dst_day_boundaries.json" },
);

/** What dashboards ask, each as the function answers it and as the bare statement behind that. */
import type { Sql } from "@shared/db/client.ts";
import { readingsOf } from "@shared/db/reading_columns.ts";
import { latestReadings, listReadings, type ReadingKey } from "@shared/db/readings.ts";
import { readPerson } from "@shared/db/person.ts";
import { readDays } from "@shared/db/rollup.ts";
import { METRIC_CODES } from "@shared/catalog/metrics.ts";
import { NOW } from "./population.ts";

export interface Question {
  readonly name: string;
  /** Below `/metrics`. */
  readonly path: string;
  /** Signed in as the owner of the tables, so that no row security, role or audit is in it. */
  statement(sql: Sql): Promise<readonly unknown[]>;
  /** Rows of a right answer, at the least: an empty one is fast. */
  readonly rows: number;
}

const DAY = 86_400_000;
const ago = (days: number) => new Date(NOW.getTime() - days * DAY);
const FIVE = ["glucose", "heart_rate", "steps", "hrv_rmssd", "spo2"];
const TWO = ["glucose", "heart_rate"];
const [MONTH, TODAY] = [ago(30), NOW].map((at) => at.toISOString().slice(0, 10));

/** `deep`: the place behind a person's 5,000th newest glucose, and the cursor that the API gives for it. */
export function questions(deep: ReadingKey, cursor: string): readonly Question[] {
  return [
    {
      name: "latest glucose",
      path: "/latest?types=glucose",
      statement: (sql) => latestReadings(sql, { metrics: ["glucose"] }),
      rows: 1,
    },
    {
      name: "latest of five",
      path: `/latest?types=${FIVE}`,
      statement: (sql) => latestReadings(sql, { metrics: FIVE }),
      rows: 5,
    },
    {
      name: "7 days of two metrics",
      path: `/?types=${TWO}&since=${ago(7).toISOString()}&limit=1000`,
      statement: async (sql) =>
        readingsOf(await listReadings(sql, { metrics: TWO, since: ago(7), limit: 1_001 })),
      rows: 1_000,
    },
    {
      name: "30-day summary",
      path: `/summary/days?types=${FIVE}&since=${MONTH}&until=${TODAY}`,
      statement: async (sql) => (await Promise.all([summaryOfDays(sql), readPerson(sql)]))[0],
      rows: 30,
    },
    {
      name: "page at depth 5,000",
      path: `/?types=glucose&limit=100&cursor=${cursor}`,
      statement: async (sql) =>
        readingsOf(await listReadings(sql, { metrics: ["glucose"], after: deep, limit: 101 })),
      rows: 100,
    },
    {
      name: "all types since one day",
      path: `/?since=${ago(1).toISOString()}&limit=1000`,
      statement: async (sql) =>
        readingsOf(await listReadings(sql, { metrics: METRIC_CODES, since: ago(1), limit: 1_001 })),
      rows: 600,
    },
  ];
}

/** The 30-day summary, from the rollup. */
export const summaryOfDays = (sql: Sql) =>
  readDays(sql, {
    metrics: FIVE,
    since: MONTH ?? "",
    until: TODAY ?? "",
    days: 30,
    limit: 25_001,
  });

/** The 30-day summary without the rollup: the same groups, from samples. */
export async function onTheFly(sql: Sql): Promise<readonly unknown[]> {
  return await sql`
    select m.code, s.local_date::text, s.source_id, count(*), sum(s.value), min(s.value), max(s.value)
    from raphael.samples s
    join raphael.metrics m on m.id = s.metric_id
    where s.user_key = (select p.user_key from raphael.people p where p.user_id = (select auth.uid()))
      and s.metric_id = any (array(select m.id from raphael.metrics m where m.code = any (${FIVE})))
      and s.start_at >= ${ago(30)} and s.start_at < ${NOW}
    group by 1, 2, 3`;
}

/** Each question reads a stretch of an index that begins with the person and the metric, and no more. */
import assert from "node:assert/strict";
import { METRIC_CODES } from "@shared/catalog/metrics.ts";
import type { Sql as AnySql } from "@shared/db/client.ts";
import { readBuckets } from "@shared/db/buckets.ts";
import { readGlucose, readGlucoseDays } from "@shared/db/glucose.ts";
import { readPerson } from "@shared/db/person.ts";
import { latestReadings, listReadings } from "@shared/db/readings.ts";
import { readCoverage, readDays, readHours } from "@shared/db/rollup.ts";
import { readLastSleeps, readWorkouts } from "@shared/db/sessions.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { explain, nodesOf, outline } from "../support/plan.ts";

const PEOPLE = 6;
const MINUTES = 5;
const DAYS = 90;
const METRICS = ["heart_rate", "steps", "glucose", "spo2"];
const NOW = new Date("2026-04-01T00:00:00Z");
const WEEK = new Date(NOW.getTime() - 7 * 86_400_000);

/** Six people with four metrics each five minutes for ninety days, and a sleep and a workout a day. */
async function fill({ app, admin }: TestDatabase): Promise<string> {
  let first = "";
  for (let n = 0; n < PEOPLE; n++) {
    const userId = await addPerson(admin);
    first ||= userId;
    await addAccount(app, userId);
  }
  await admin`
    insert into raphael.sources (user_key, account_id, device)
    select a.user_key, a.id, d.device
    from raphael.provider_accounts a cross join (values ('a'), ('b')) as d (device)`;
  await admin`
    insert into raphael.samples
      (user_key, metric_id, start_at, source_id, record_id, value, duration_s, offset_minutes, local_date, day_origin)
    select s.user_key, m.id, t.at, s.id, 1, 60 + 40 * random(), 0, 0, t.at::date, 'r'
    from generate_series(${NOW}::timestamptz - make_interval(days => ${DAYS}), ${NOW},
                         make_interval(mins => ${MINUTES})) as t (at)
    cross join raphael.sources s
    cross join raphael.metrics m
    where m.code = any (${METRICS}) and (s.device = 'a' or m.code = 'steps')
    -- As batches bring them.
    order by s.user_key, date_trunc('week', t.at), m.id, t.at`;
  await admin`
    insert into raphael.daily
      (user_key, metric_id, local_date, source_id, n, total, low, high, last, first_at, last_at, hours)
    select s.user_key, s.metric_id, s.local_date, s.source_id, count(*), sum(s.value), min(s.value), max(s.value),
           max(s.value), min(s.start_at), max(s.start_at), (1 << 24) - 1
    from raphael.samples s group by 1, 2, 3, 4`;
  await admin`
    insert into raphael.sessions
      (user_key, record_id, kind, session_id, source_id, start_at, end_at, local_date, day_origin, stages)
    select s.user_key, n, k.kind, n::text, s.id, ${NOW}::timestamptz - make_interval(days => n),
           ${NOW}::timestamptz - make_interval(days => n) + interval '1 hour',
           (${NOW}::timestamptz - make_interval(days => n))::date, 'r', '[]'
    from raphael.sources s cross join generate_series(1, ${10 * DAYS}) n
    cross join (values ('sleep'), ('workout')) as k (kind)
    where s.device = 'a'`;
  await admin`analyze`;
  return first;
}

const SPAN = { since: WEEK, until: NOW };
const DATES = { since: "2026-03-02", until: "2026-04-01" };
const THRESHOLDS = { veryLow: 54, low: 70, high: 180, veryHigh: 250 };
const AFTER = { start: "2026-03-10T00:00:00.000000Z", metricId: "1", sourceId: "1", recordId: "1" };

interface Question {
  readonly ask: (sql: AnySql) => PromiseLike<unknown>;
  /** Pages of the buffer cache, at the most. */
  readonly buffers: number;
  /** Rows that may be sorted: those of the answer, never the history. */
  readonly sorted: number;
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  "the person": { ask: readPerson, buffers: 60, sorted: 10 },
  "latest of five": {
    ask: (sql) => latestReadings(sql, { metrics: [...METRICS, "sleep_duration"] }),
    buffers: 250,
    sorted: 10,
  },
  "latest of all": {
    ask: (sql) => latestReadings(sql, { metrics: METRIC_CODES }),
    buffers: 900,
    sorted: METRIC_CODES.length,
  },
  "a page of two metrics": {
    ask: (sql) => listReadings(sql, { metrics: METRICS.slice(0, 2), limit: 101, ...SPAN }),
    buffers: 1_000,
    sorted: 202,
  },
  "a page at depth": {
    ask: (sql) => listReadings(sql, { metrics: METRIC_CODES, limit: 101, after: AFTER }),
    buffers: 2_500,
    sorted: 101 * METRICS.length,
  },
  "30 days of all": {
    ask: (sql) => readDays(sql, { metrics: METRIC_CODES, days: 30, limit: 25_001, ...DATES }),
    buffers: 500,
    sorted: 200,
  },
  "the hours of a day": {
    ask: (sql) => readHours(sql, [{ metric: "steps", date: "2026-03-10" }]),
    buffers: 150,
    sorted: 600,
  },
  "a week in hours": {
    ask: (sql) =>
      readBuckets(sql, { metrics: ["heart_rate"], seconds: 3_600, aggregate: "avg", ...SPAN }),
    buffers: 250,
    sorted: 2_100,
  },
  "a week of steps in hours": {
    ask: (sql) =>
      readBuckets(sql, { metrics: ["steps"], seconds: 3_600, aggregate: "sum", ...SPAN }),
    buffers: 500,
    sorted: 4_700,
  },
  "coverage": {
    ask: (sql) => readCoverage(sql, { metrics: METRIC_CODES }),
    buffers: 700,
    sorted: 500,
  },
  "glucose of a week": {
    ask: (sql) => readGlucoseDays(sql, { ...SPAN, thresholds: THRESHOLDS }),
    buffers: 250,
    sorted: 2_100,
  },
  "the newest glucose of a source": {
    ask: (sql) => latestReadings(sql, { metrics: ["glucose"], provider: "oura" }),
    buffers: 60,
    sorted: 2,
  },
  "a page of a source that has none of it": {
    ask: (sql) => listReadings(sql, { metrics: METRICS, source: 2, limit: 101 }),
    buffers: 500,
    sorted: 101,
  },
  "glucose readings": {
    ask: (sql) => readGlucose(sql, { ...SPAN, limit: 288 }),
    buffers: 100,
    sorted: 0,
  },
  "the last sleep": {
    ask: (sql) => readLastSleeps(sql, { since: WEEK }),
    buffers: 120,
    sorted: 50,
  },
  "a page of workouts": {
    ask: (sql) => readWorkouts(sql, { limit: 51 }),
    buffers: 900,
    sorted: 51,
  },
};

Deno.test("each question reads its stretch of an index", async (t) => {
  await withDatabase(async (database) => {
    const userId = await fill(database);
    for (const [name, { ask, buffers, sorted }] of Object.entries(QUESTIONS)) {
      await t.step(name, async () => {
        const plan = await explain(database, userId, ask);
        const touched = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
        const problems = plan["Actual Rows"] > 0 ? [] : ["finds nothing"];
        if (touched > buffers) problems.push(`${touched} buffers, over ${buffers}`);
        for (const node of nodesOf(plan)) {
          const type = node["Node Type"];
          const rows = node["Actual Rows"] * node["Actual Loops"];
          const relation = node["Relation Name"] ?? "";
          const large = ["samples", "daily", "sessions"].includes(relation);
          if (large && type === "Seq Scan") problems.push(`reads all of ${relation}`);
          const condition = node["Index Cond"] ?? "";
          const needed = relation === "sessions" ? ["user_key", "kind"] : ["user_key", "metric_id"];
          if (large && /Index/.test(type) && needed.some((column) => !condition.includes(column))) {
            problems.push(`${relation} by ${condition}`);
          }
          if (/Sort/.test(type) && rows > sorted) problems.push(`sorts ${rows}, over ${sorted}`);
        }
        assert.deepEqual(problems, [], outline(plan));
      });
    }
  });
});

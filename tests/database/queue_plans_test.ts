/**
 * The queue is empty most of the time, and full at once. A plan that a connection made for an empty table
 * and kept would read all of a full one: 2,000 completions took 9 s.
 */
import assert from "node:assert/strict";
import postgres from "postgres";
import { claim, type ClaimedJob } from "@shared/db/jobs.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { QUEUE } from "../support/queue.ts";

const MANY = 500;
/** $1 and $2 are ids and epochs of many jobs, … */
const OF_MANY = {
  claim_jobs: "1::smallint, 500, 60",
  extend_leases: "$1::text::bigint[], $2::text::bigint[], 60",
  assert_leases: "$1::text::bigint[], $2::text::bigint[]",
  release_jobs: "$1::text::bigint[], $2::text::bigint[]",
  complete_jobs: "$1::text::bigint[], $2::text::bigint[]",
} as const;
/** … or of one. */
const OF_ONE = {
  solo_waits: "",
  assert_lease: "$1::bigint, $2::bigint",
  complete_job: "$1::bigint, $2::bigint",
  continue_job: "$1::bigint, $2::bigint, 'page 2'",
  snooze_job: "$1::bigint, $2::bigint, 1, 'closed'",
  fail_job: "$1::bigint, $2::bigint, 'transient', 'a test'",
  bury_job: "$1::bigint, $2::bigint, 'poison', 'a test'",
} as const;
/** Of a job: its row and its index entries, read and written a few times over. */
const MOST = { rows: 4, pages: 40 } as const;

/** A connection that keeps plans at once, and has called each function while the queue was empty. */
async function withSettled(use: (sql: postgres.Sql, db: TestDatabase) => Promise<void>) {
  await withDatabase(async (database) => {
    const sql = postgres(database.appUrl, {
      max: 1,
      prepare: false,
      connection: { plan_cache_mode: "force_generic_plan" },
    });
    try {
      await database.admin`vacuum analyze raphael_private.sync_jobs`;
      // A lease that is nobody's is refused, by a plan that stays.
      for (const name of Object.keys(CALLS)) await costOf(sql, name, []).catch(() => {});
      await use(sql, database);
    } finally {
      await sql.end();
    }
  });
}

const CALLS: Readonly<Record<string, string>> = { ...OF_MANY, ...OF_ONE };

/** Rows of the queue, and pages of the buffer cache, that a call takes in all that it runs; it is undone. */
async function costOf(sql: postgres.Sql, name: string, jobs: readonly ClaimedJob[]) {
  const call = CALLS[name] ?? "";
  const list = (values: readonly string[]) => name in OF_MANY ? `{${values.join(",")}}` : values[0];
  const values = [list(jobs.map(({ id }) => id)), list(jobs.map(({ epoch }) => epoch))];
  const tx = await sql.reserve();
  const rowsRead = async () => {
    const [row] = await tx<[{ rows: number }]>`
      select (seq_tup_read + idx_tup_fetch)::int as rows
      from pg_stat_xact_user_tables where relid = 'raphael_private.sync_jobs'::regclass`;
    return row.rows;
  };
  try {
    await tx`begin`;
    const before = await rowsRead();
    const [row] = await tx.unsafe<[{ "QUERY PLAN": [{ Plan: Record<string, number> }] }]>(
      `explain (analyze, buffers, format json) select raphael_private.${name}(${call})`,
      call.includes("$") ? values.map((value) => value ?? "0") : [],
    );
    const [{ Plan: plan }] = row["QUERY PLAN"];
    return {
      rows: await rowsRead() - before,
      pages: (plan["Shared Hit Blocks"] ?? 0) + (plan["Shared Read Blocks"] ?? 0),
    };
  } finally {
    await tx`rollback`;
    tx.release();
  }
}

Deno.test("functions of jobs read what they are asked for, also by plans that were made for an empty queue", async () => {
  await withSettled(async (sql, { admin }) => {
    await admin`
      insert into raphael_private.sync_jobs (kind, queue, dedup_key, payload, priority, max_attempts)
      select 'webhook.subscribe', 1, 'job' || i, jsonb_build_object('provider', i::text), 100, 3
      from generate_series(1, 20000) i`;
    const { jobs } = await claim(sql, { queue: QUEUE, limit: MANY, leaseSeconds: 60 });
    assert.equal(jobs.length, MANY);
    const tooMuch: string[] = [];
    for (const [calls, held] of [[OF_MANY, jobs], [OF_ONE, jobs.slice(0, 1)]] as const) {
      for (const name of Object.keys(calls)) {
        await costOf(sql, name, held); // what it had no plan for yet
        const { rows, pages } = await costOf(sql, name, held);
        if (rows > MOST.rows * held.length || pages > MOST.pages * held.length) {
          tooMuch.push(`${name}: ${rows} rows, ${pages} pages`);
        }
      }
    }
    assert.deepEqual(tooMuch, []);
  });
});

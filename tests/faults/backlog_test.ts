import assert from "node:assert/strict";
import postgres from "postgres";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { claim, completeMany, enqueue, type Place } from "@shared/db/jobs.ts";
import { job } from "../support/queue.ts";
import { counts, fault, type Injecting, report } from "./support/fault.ts";
import { withOwnPostgres } from "./support/own_postgres.ts";
import { eventually, pause } from "./support/plan.ts";

const QUEUED = counts(30_000, 1_000_000);
const AHEAD = QUEUED / 10;
const DEAD = QUEUED / 10;
const WORKERS = 2;
const CLAIM = 20;
/** A worker forgets its place twice a second, so that urgent jobs do not wait (shared/jobs/lane.ts). */
const FORGET_MS = 500;
/** The plan's number; in the gate, beside other tests, what no index can miss. */
const P99_MS = counts(250, 20);

async function fill(admin: postgres.Sql): Promise<void> {
  const step = 20_000;
  for (let first = 0; first < QUEUED + AHEAD; first += step) {
    await admin`
      select raphael_private.enqueue_jobs(jsonb_agg(jsonb_build_object(
        'kind', 'webhook.subscribe', 'queue', 1, 'dedup_key', 'backlog:' || n, 'priority', 100 + n % 7,
        'payload', jsonb_build_object('provider', 'p' || n),
        'delay_seconds', case when n >= ${QUEUED}::int then 86400 else 0 end)))
      from generate_series(${first}::int, ${Math.min(first + step, QUEUED + AHEAD) - 1}::int) as n`;
  }
  await admin`
    insert into raphael_private.dead_jobs
      (id, kind, queue, priority, max_attempts, dedup_key, payload, attempt, error_class, error, created_at)
    select 1000000000 + n, 'webhook.subscribe', 1, 100, 3, 'dead:' || n, '{}', 3, 'test', 'test', now()
    from generate_series(1, ${DEAD}::int) as n`;
  await admin`vacuum (analyze) raphael_private.sync_jobs`;
}

interface Load {
  readonly claims: readonly number[];
  readonly jobs: number;
}

/** Workers that claim, complete and enqueue as many again, until time is up; how long each claim took. */
async function load(db: Database, going: () => boolean, name: string): Promise<Load> {
  const claims: number[] = [];
  let jobs = 0;
  await Promise.all(Array.from({ length: WORKERS }, async (_, worker) => {
    let place: Place | undefined;
    let forget = performance.now() + FORGET_MS;
    while (going()) {
      if (performance.now() > forget) {
        place = undefined;
        forget = performance.now() + FORGET_MS;
      }
      const began = performance.now();
      const claimed = await db.query((sql) =>
        claim(sql, { queue: "health-sync", limit: CLAIM, leaseSeconds: 120, after: place })
      );
      claims.push(performance.now() - began);
      place = claimed.place;
      await db.query((sql) => completeMany(sql, claimed.jobs));
      const first = jobs;
      jobs += claimed.jobs.length;
      await db.query((sql) =>
        enqueue(sql, claimed.jobs.map((_, n) => job(`${name}-${worker}-${first + n}`)))
      );
    }
  }));
  return { claims: claims.toSorted((a, b) => a - b), jobs };
}

const percentile = (sorted: readonly number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;

/** Dead rows of the queue's table, and from how many on it is vacuumed. */
async function upkeep(admin: postgres.Sql) {
  const [row] = await admin<[{ dead: number; vacuums: number; bound: number }]>`
    select n_dead_tup::int as dead, autovacuum_count::int as vacuums,
           (50 + 0.02 * (select reltuples from pg_class where oid = s.relid))::int as bound
    from pg_stat_user_tables s where relid = 'raphael_private.sync_jobs'::regclass`;
  return row;
}

const forSeconds = (seconds: number, injecting: Injecting) => {
  const end = performance.now() + seconds * 1_000;
  return () => performance.now() < end && injecting();
};

fault(
  "FT-42",
  "a million jobs wait: claims stay quick, and vacuum keeps up with what they leave",
  async (injecting) => {
    await withOwnPostgres(async ({ server, appUrl }) => {
      const admin = postgres(server.url, { max: 3, onnotice: () => {} });
      const db = connect({ url: new Secret(appUrl), max: WORKERS, prepare: true });
      try {
        await fill(admin);
        const { claims, jobs } = await load(db, forSeconds(counts(6, 80), injecting), "main");
        const clean = async () => {
          const { dead, bound } = await upkeep(admin);
          return dead <= bound;
        };
        const keptUp = await eventually(clean, 20_000);
        const { vacuums, dead } = await upkeep(admin);
        const [left] = await admin<[{ due: number; ahead: number; dead: number }]>`
          select count(*) filter (where run_at <= now())::int as due,
                 count(*) filter (where run_at > now())::int as ahead,
                 (select count(*)::int from raphael_private.dead_jobs) as dead
          from raphael_private.sync_jobs`;

        // The control: an old snapshot, so that vacuum may take nothing away.
        const { control, slow } = await admin.begin(
          "isolation level repeatable read",
          async (old) => {
            await old`select count(*) from raphael_private.queues`;
            const held = await load(db, forSeconds(counts(6, 20), () => true), "control");
            await pause(4_000);
            return { control: await clean(), slow: percentile(held.claims, 0.99) };
          },
        );
        report("FT-42", {
          hits: claims.length,
          jobs,
          backlog: left.due,
          ahead: left.ahead,
          "p50 ms": percentile(claims, 0.5).toFixed(1),
          "p99 ms": percentile(claims, 0.99).toFixed(1),
          vacuums,
          dead,
          "control p99 ms": slow.toFixed(1),
          control: control ? 0 : 1,
        });
        assert.ok(claims.length > 50 && jobs > 0 && vacuums > 0);
        assert.deepEqual([left.due, left.ahead, left.dead], [QUEUED, AHEAD, DEAD]);
        assert.ok(percentile(claims, 0.99) < P99_MS, "claims are slow");
        assert.ok(keptUp, "vacuum does not keep up");
        assert.equal(control, false, "the check does not see what vacuum leaves");
      } finally {
        await db.close();
        await admin.end({ timeout: 1 });
      }
    }, { settings: { autovacuum_naptime: "1s", shared_buffers: "512MB" } });
  },
  { longSeconds: 200 },
);

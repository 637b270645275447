/**
 * The numbers of the queues, as an operator finds and changes them, held by the real runner: concurrency
 * 5, 10, 20; attempts 3, 5, 3; backoff 5, 10, 3 seconds, exponential; jobs of one key are one.
 */
import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { enqueue, type NewJob } from "@shared/db/jobs.ts";
import type { Handlers } from "@shared/jobs/handlers.ts";
import { JOB_KINDS, JOBS, QUEUES } from "@shared/jobs/kinds.ts";
import type { Outcome } from "@shared/jobs/outcome.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import type { Sql } from "@shared/db/client.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { plain } from "../support/people.ts";
import { makeDue } from "../support/queue.ts";

/** The seed's. */
const NUMBERS = [
  { queue: "health-sync", concurrency: 5, attempts: 3, backoff: 5 },
  { queue: "token-refresh", concurrency: 10, attempts: 5, backoff: 10 },
  { queue: "webhook-processing", concurrency: 20, attempts: 3, backoff: 3 },
] as const;

type QueueName = (typeof NUMBERS)[number]["queue"];

/** Any number of different jobs of a queue. */
function jobsOf(queue: QueueName, count: number): NewJob[] {
  return Array.from({ length: count }, (_, n): NewJob => {
    switch (queue) {
      case "health-sync":
        return { kind: "webhook.subscribe", payload: { provider: `p${n}` } };
      case "token-refresh":
        return { kind: "token.refresh", payload: { accountId: crypto.randomUUID() } };
      case "webhook-processing":
        return { kind: "webhook.process", payload: { eventId: String(n) } };
    }
  });
}

type Perform = (queue: QueueName) => Promise<Outcome<Sql>>;

async function withRunner(
  { appUrl }: TestDatabase,
  perform: Perform,
  use: (drain: () => Promise<number>, db: Database) => Promise<void>,
): Promise<void> {
  const db = connect({ url: new Secret(appUrl), max: 5, prepare: false });
  const handlers = Object.fromEntries(
    JOB_KINDS.map((kind) => [kind, () => perform(JOBS[kind].queue)]),
    // SAFETY: a handler for every kind; it reads no payload.
  ) as unknown as Handlers;
  const runner = createRunner({ db, handlers, log: () => {}, lingerMs: 50 });
  try {
    await use(async () => (await runner.drain(20_000)).performed, db);
  } finally {
    await db.close();
  }
}

const fails: Perform = () =>
  Promise.resolve({ kind: "retry", errorClass: "test", reason: "Cannot test" });

Deno.test("raphael_private.queues holds the seed's numbers, under the ids that the code knows", async () => {
  await withDatabase(async ({ admin }) => {
    const rows = await admin`
      select id, name as queue, concurrency, max_attempts as attempts, backoff_seconds as backoff
      from raphael_private.queues order by id`;
    assert.deepEqual(
      plain(rows),
      NUMBERS.map((one) => ({ id: QUEUES[one.queue].id, ...one })),
    );
    assert.deepEqual(Object.keys(QUEUES), NUMBERS.map(({ queue }) => queue));
  });
});

/** Most jobs of each queue that ran at once, while enough waited for any number to show. */
async function mostAtOnce(database: TestDatabase): Promise<Record<string, number>> {
  const running: Record<string, number> = {};
  const most: Record<string, number> = {};
  const perform: Perform = async (queue) => {
    running[queue] = (running[queue] ?? 0) + 1;
    most[queue] = Math.max(most[queue] ?? 0, running[queue]);
    await new Promise((resolve) => setTimeout(resolve, 40));
    running[queue]--;
    return { kind: "done" };
  };
  await withRunner(database, perform, async (drain) => {
    await enqueue(database.app, NUMBERS.flatMap(({ queue }) => jobsOf(queue, 45)));
    assert.equal(await drain(), 135);
  });
  return most;
}

Deno.test("a worker runs 5, 10 and 20 jobs at once and never more, or what an operator set", async () => {
  await withDatabase(async (database) => {
    assert.deepEqual(
      await mostAtOnce(database),
      Object.fromEntries(NUMBERS.map(({ queue, concurrency }) => [queue, concurrency])),
    );
    await database.admin`update raphael_private.queues set concurrency = id * 3`;
    assert.deepEqual(
      await mostAtOnce(database),
      Object.fromEntries(NUMBERS.map(({ queue }, at) => [queue, 3 * (at + 1)])),
    );
  });
});

Deno.test("a job fails 3, 5 and 3 times; 5, 10 and 3 seconds apart at first and twice that each time", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    await withRunner(database, fails, async (drain) => {
      await enqueue(app, NUMBERS.flatMap(({ queue }) => jobsOf(queue, 10)));
      for (let attempt = 1; attempt <= 5; attempt++) {
        const left = NUMBERS.filter(({ attempts }) => attempts >= attempt);
        assert.equal(await drain(), 10 * left.length, `attempt ${attempt}`);
        for (const { queue, attempts, backoff } of left) {
          const waits = (await admin<{ wait: number }[]>`
            select extract(epoch from run_at - now())::float8 as wait
            from raphael_private.sync_jobs where queue = ${QUEUES[queue].id}`)
            .map(({ wait }) => wait);
          assert.equal(waits.length, attempt < attempts ? 10 : 0);
          const longest = backoff * 2 ** (attempt - 1);
          // From half of it on; two seconds for the time that the drain's end takes.
          const fits = waits.every((wait) => wait <= longest && wait > longest / 2 - 2);
          assert.ok(fits, `${queue} ${attempt}: ${waits}`);
        }
        await makeDue(admin);
      }
      const dead = await admin`
        select queue, attempt, count(*)::int as jobs
        from raphael_private.dead_jobs group by 1, 2 order by 1`;
      assert.deepEqual(
        plain(dead),
        NUMBERS.map(({ queue, attempts }) => ({
          queue: QUEUES[queue].id,
          attempt: attempts,
          jobs: 10,
        })),
      );
    });
  });
});

Deno.test("attempts and backoff that an operator set hold for what is queued and fails from then on", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    await admin`
      update raphael_private.queues set max_attempts = 2, backoff_seconds = 600
      where name = 'webhook-processing'`;
    await withRunner(database, fails, async (drain) => {
      await enqueue(app, jobsOf("webhook-processing", 1));
      await drain();
      const [row] = await admin<[{ wait: number }]>`
        select extract(epoch from run_at - now())::float8 as wait from raphael_private.sync_jobs`;
      assert.ok(row.wait > 295 && row.wait <= 600, `${row.wait}`);
      await makeDue(admin);
      await drain();
      assert.equal((await admin`select from raphael_private.dead_jobs`).length, 1);
    });
  });
});

Deno.test("backoff ends at an hour, however many attempts an operator allows", async () => {
  await withDatabase(async ({ app, admin }) => {
    await admin`update raphael_private.queues set max_attempts = 1000`;
    await enqueue(app, jobsOf("health-sync", 1));
    await admin`
      update raphael_private.sync_jobs set attempt = 900, leased_until = now() + interval '1 minute'`;
    await app`
      select raphael_private.fail_job(${
      (await admin<[{ id: string }]>`select id from raphael_private.sync_jobs`)[0].id
    }, 0, 'test', 'test')`;
    const [row] = await admin<[{ wait: number }]>`
      select extract(epoch from run_at - now())::float8 as wait from raphael_private.sync_jobs`;
    assert.ok(row.wait > 1_790 && row.wait <= 3_600, `${row.wait}`);
  });
});

Deno.test("jobs of one key are one job, whoever queues them and how often", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    let ran = 0;
    const perform: Perform = () => {
      ran++;
      return Promise.resolve({ kind: "done" });
    };
    await withRunner(database, perform, async (drain) => {
      const jobs = NUMBERS.flatMap(({ queue }) => jobsOf(queue, 3));
      await Promise.all(Array.from({ length: 5 }, () => enqueue(app, [...jobs, ...jobs])));
      assert.equal((await admin`select from raphael_private.sync_jobs`).length, jobs.length);
      await drain();
      assert.equal(ran, jobs.length);
    });
  });
});

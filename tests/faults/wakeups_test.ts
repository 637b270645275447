import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import { withDatabase } from "../support/database.ts";
import { counts, fault, report } from "./support/fault.ts";
import { createHandlers } from "./support/handlers.ts";
import {
  assertExact,
  check,
  createLedger,
  enqueueNamed,
  namesOf,
  waitingJobs,
} from "./support/ledger.ts";
import { withOwnPostgres } from "./support/own_postgres.ts";

const BUDGET_MS = 20_000;
const JOBS = 100;

function runnerOn(db: Database) {
  const handlers = createHandlers(db, { fenced: true, workMs: 5 });
  return createRunner({ db, handlers, log: () => {}, leaseSeconds: 10, lingerMs: 500 });
}

/** What pg_net would post, and the means to lose or to deliver it. */
function wakeups(admin: Database) {
  const posts = () =>
    admin.query(async (sql) => (await sql`select id from net.http_request_queue`).length);
  return {
    posts,
    async tick() {
      await admin.query(async (sql) => {
        const [job] = await sql<{ command: string }[]>`
          select command from cron.job where jobname = 'raphael-sync-worker'`;
        assert.ok(job, "the worker has no schedule");
        await sql.unsafe(job.command);
      });
    },
    async drop() {
      await admin.query((sql) => sql`delete from net.http_request_queue`);
    },
  };
}

fault("FT-12", "wake-ups lost: the queue drains after the next tick", async (injecting) => {
  await withOwnPostgres(async ({ server, appUrl }) => {
    const admin = connect({ url: new Secret(server.url), max: 2, prepare: false });
    const db = connect({ url: new Secret(appUrl), max: 8, prepare: true });
    const { posts, tick, drop } = wakeups(admin);
    const runner = runnerOn(db);
    const jobs: string[] = [];
    let [rounds, crashes, dropped] = [0, 0, 0];
    try {
      await admin.query((sql) =>
        sql`select vault.create_secret('http://127.0.0.1:9', 'project_url'),
                   vault.create_secret('TEST KEY: wakes nobody', 'worker_secret')`
      );
      for (; rounds < counts(1, 20) && injecting(); rounds++) {
        await admin.query((sql) =>
          sql`update raphael_private.last_kick set kicked_at = '-infinity'`
        );
        const names = namesOf(JOBS).map((name) => `${name}-${rounds}`);
        jobs.push(...names);
        await admin.query((sql) => enqueueNamed(sql, names));
        assert.ok(await posts() > 0, "enqueuing posted no wake-up");
        // pg_net keeps what it has to send in an unlogged table, which a crash empties.
        await server.restart({ mode: "immediate" });
        if (await posts().catch(posts) === 0) crashes++;
        await tick();
        dropped += await posts();
        await drop();
        assert.equal(await admin.query(waitingJobs), JOBS, "a job went with its wake-up");
        await tick();
        assert.ok(await posts() > 0, "the tick woke nobody");
        await db.query(waitingJobs, 1_000).catch(() => {}); // finds out about the crash
        await runner.drain(BUDGET_MS);
        await drop();
      }
      const found = await admin.query((sql) => check(sql, jobs));
      report("FT-12", { hits: crashes + dropped, crashes, dropped, ...found });
      assert.ok(crashes > 0 && dropped > 0, "no wake-up was lost");
      assertExact(found, jobs.length);
    } finally {
      await db.close();
      await admin.close();
    }
  });
});

Deno.test("FT-12 enqueuing outlives a wake-up that cannot be posted", async () => {
  await withDatabase(async ({ admin, app }) => {
    await admin`alter table net.http_request_queue rename to gone`;
    await admin`
      select vault.create_secret('http://127.0.0.1:9', 'project_url'),
             vault.create_secret('TEST KEY: wakes nobody', 'worker_secret')`;
    await assert.rejects(
      Promise.resolve(admin`select raphael_private.kick('sync-worker')`),
      /http_request_queue/,
    );
    await enqueueNamed(app, namesOf(3));
    assert.equal(await waitingJobs(admin), 3);
  });
});

/** As many as a project's schedule, its trigger and a person's impatience could wake at once. */
const WORKERS = 50;

fault("FT-13", "fifty workers woken at once: each job is done once", async (injecting) => {
  await withDatabase(async ({ admin, appUrl }) => {
    await createLedger(admin);
    const db = connect({ url: new Secret(appUrl), max: 20, prepare: true });
    const jobs: string[] = [];
    let [rounds, busy] = [0, 0];
    try {
      for (; rounds < counts(1, 200) && injecting(); rounds++) {
        const names = namesOf(2 * JOBS).map((name) => `${name}-${rounds}`);
        jobs.push(...names);
        await enqueueNamed(admin, names);
        const drains = Array.from({ length: WORKERS }, () => runnerOn(db).drain(BUDGET_MS));
        for (const { performed } of await Promise.all(drains)) if (performed > 0) busy++;
      }
      const found = await check(admin, jobs);
      report("FT-13", { hits: busy, rounds, ...found });
      assert.ok(busy > rounds, "no two workers worked at once");
      assertExact(found, jobs.length);
    } finally {
      await db.close();
    }
  });
});

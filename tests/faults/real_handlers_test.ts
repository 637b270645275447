import assert from "node:assert/strict";
import { enqueue } from "@shared/db/jobs.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { catchUpJobs } from "@shared/sync/plan.ts";
import type { Sandbox } from "../../dev/sandbox/server.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { plain } from "../support/people.ts";
import { link, NOON, open } from "../unit/dev/sandbox/support.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { waitingJobs } from "./support/ledger.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { linkRing, ringEnvironment } from "./support/rings.ts";
import { type Workers, workersOf } from "./support/workers.ts";

const HOURS = counts(10, 14) * 24;

const originsOf = (sandbox: Sandbox) =>
  Object.entries(sandbox.origins).map((pair) => pair.join("=")).join(",");

/** A linked ring, and the jobs that read its last days page by page. */
async function queueDays(sandbox: Sandbox, db: TestDatabase): Promise<number> {
  const driver = PROVIDERS.find(({ slug }) => slug === "oura");
  assert.ok(driver);
  const id = await linkRing(db, "demo", await link(sandbox, { person: "demo" }));
  const jobs = catchUpJobs(driver, { id }, { now: NOON, hours: HOURS });
  await enqueue(db.app, jobs);
  return jobs.length;
}

/** All that the person's app would read, in an order of its own. */
async function stored({ admin }: TestDatabase) {
  const samples = await admin`
    select r.resource, r.external_id, s.metric_id, s.start_at::text, s.value
    from raphael.samples s
    join raphael_private.raw_records r on r.user_key = s.user_key and r.id = s.record_id
    order by 1, 2, 3, 4, 5`;
  const sessions = await admin`
    select kind, session_id, start_at::text, measures from raphael.sessions order by 1, 2, 3`;
  const [records] = await admin`
    select count(*)::int as records, (select count(*)::int from raphael_private.dead_jobs) as dead
    from raphael_private.raw_records`;
  return { samples: plain(samples), sessions: plain(sessions), ...records };
}

async function withRing(
  sandbox: Sandbox,
  use: (db: TestDatabase, workers: Workers, jobs: number) => Promise<void>,
): Promise<void> {
  await withDatabase(async (db) => {
    const jobs = await queueDays(sandbox, db);
    const env = ringEnvironment(originsOf(sandbox), db.appUrl);
    const workers = workersOf("real_worker.ts", { env });
    try {
      await use(db, workers, jobs);
    } finally {
      await workers.stop();
    }
  });
}

const drained = ({ admin }: TestDatabase) =>
  eventually(async () => await waitingJobs(admin) === 0, 30_000);

async function undisturbed(sandbox: Sandbox) {
  let all: Awaited<ReturnType<typeof stored>> | undefined;
  await withRing(sandbox, async (db, workers) => {
    await workers.start();
    assert.ok(await drained(db), "the queue does not end");
    all = await stored(db);
  });
  assert.ok(all && all.samples.length > 0);
  return all;
}

/** The deployed lease is two minutes: instead of waiting, its time is over. No worker lives just now. */
async function expireLeases({ admin }: TestDatabase): Promise<number> {
  const rows = await admin`
    update raphael_private.sync_jobs set leased_until = now() - interval '1 second', max_attempts = 100
    where leased_until is not null returning id`;
  return rows.length;
}

fault("FT-01", "real handlers: a killed sync stores what an undisturbed one does", async () => {
  const sandbox = await open({ pageSize: 5 });
  try {
    const expected = await undisturbed(sandbox);
    await withRing(sandbox, async (db, workers, jobs) => {
      const next = random(SEED);
      const wanted = counts(4, 60);
      let [kills, hits] = [0, 0];
      while (hits < wanted && kills < 3 * wanted && await waitingJobs(db.admin) > 0) {
        const worker = await workers.start();
        await pause(between(next, 80, 250));
        await worker.kill();
        kills++;
        if (await expireLeases(db) > 0) hits++;
      }
      await workers.start();
      assert.ok(await drained(db), "the queue does not end");
      const found = await stored(db);
      report("FT-01 real handlers", { jobs, kills, hits, samples: found.samples.length });
      assert.ok(hits > 0, "no kill hit a worker that held jobs");
      assert.deepEqual(found, expected);
    });
  } finally {
    await sandbox.stop();
  }
});

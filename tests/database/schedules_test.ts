/** What pg_cron is told to do, and that a wake-up is sent where there is something to do. */
import assert from "node:assert/strict";
import { enqueue } from "@shared/db/jobs.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { plain } from "../support/people.ts";
import { claimSome, expireLeases, job, makeDue } from "../support/queue.ts";

/** Posts that `command` of the schedule leaves behind, by the function they wake. */
async function posts({ admin }: TestDatabase, schedule: string): Promise<string[]> {
  await admin`delete from net.http_request_queue`;
  const [row] = await admin<[{ command: string }]>`
    select command from cron.job where jobname = ${schedule}`;
  await admin.unsafe(row.command);
  const sent = await admin<{ url: string; secret: string }[]>`
    select url, headers ->> 'x-raphael-secret' as secret from net.http_request_queue`;
  for (const { secret } of sent) assert.equal(secret, "test-secret");
  return sent.map(({ url }) => url);
}

async function withVault(use: (database: TestDatabase) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    await database.admin`
      select vault.create_secret('https://project.example.com/', 'project_url'),
             vault.create_secret('test-secret', 'worker_secret')`;
    await use(database);
  });
}

const FUNCTIONS = "https://project.example.com/functions/v1";

Deno.test("the schedules are these, each once, however often they are set", async () => {
  await withDatabase(async ({ admin }) => {
    const rows = async () =>
      plain(
        await admin`
          select jobname, schedule from cron.job where jobname like 'raphael-%' order by jobname`,
      );
    const expected = [
      { jobname: "raphael-prune", schedule: "23 * * * *" },
      { jobname: "raphael-prune-runs", schedule: "41 3 * * *" },
      { jobname: "raphael-sync-worker", schedule: "* * * * *" },
      { jobname: "raphael-token-refresh", schedule: "7 * * * *" },
      { jobname: "raphael-wake", schedule: "15 seconds" },
    ];
    assert.deepEqual(await rows(), expected);
    const migration = await Deno.readTextFile("migrations/20260101001000_schedules.sql");
    await admin.unsafe(migration.slice(migration.lastIndexOf("do $$"))).simple();
    assert.deepEqual(await rows(), expected);
  });
});

Deno.test("the minute's and the hour's tick wake their functions, without an address nobody", async () => {
  await withVault(async (database) => {
    assert.deepEqual(await posts(database, "raphael-sync-worker"), [`${FUNCTIONS}/sync-worker`]);
    assert.deepEqual(await posts(database, "raphael-token-refresh"), [
      `${FUNCTIONS}/token-refresh`,
    ]);
    await database.admin`delete from vault.secrets where name = 'project_url'`;
    assert.deepEqual(await posts(database, "raphael-sync-worker"), []);
  });
});

Deno.test("raphael-wake wakes the worker where a job could run and does not, and only there", async () => {
  await withVault(async (database) => {
    const { app, admin } = database;
    const wakes = async () => (await posts(database, "raphael-wake")).length;
    assert.equal(await wakes(), 0, "an empty queue");
    await enqueue(app, [job("a", { delaySeconds: 60 })]);
    assert.equal(await wakes(), 0, "a retry whose time has not come");
    await makeDue(admin);
    assert.equal(await wakes(), 1, "its time has come");
    await claimSome(app);
    assert.equal(await wakes(), 0, "it runs");
    await expireLeases(admin);
    assert.equal(await wakes(), 1, "its worker died");
  });
});

Deno.test("raphael-prune-runs forgets its own runs after a week, and nobody else's", async () => {
  await withDatabase(async ({ admin }) => {
    await admin`select cron.schedule('of-the-app', '* * * * *', 'select 1')`;
    await admin`
      insert into cron.job_run_details (jobid, end_time)
      select jobid, now() - age
      from cron.job cross join (values (interval '8 days'), (interval '6 days')) a (age)
      where jobname in ('of-the-app', 'raphael-prune')`;
    const [row] = await admin<[{ command: string }]>`
      select command from cron.job where jobname = 'raphael-prune-runs'`;
    await admin.unsafe(row.command);
    const left = await admin`
      select j.jobname, count(*)::int as runs
      from cron.job_run_details d join cron.job j using (jobid) group by 1 order by 1`;
    assert.deepEqual(plain(left), [
      { jobname: "of-the-app", runs: 2 },
      { jobname: "raphael-prune", runs: 1 },
    ]);
  });
});

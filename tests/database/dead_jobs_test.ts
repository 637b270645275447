/** What an operator does with jobs that died. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { bury, complete, enqueue, type NewJob } from "@shared/db/jobs.ts";
import { recordWebhooks } from "@shared/db/webhooks.ts";
import { withDatabase } from "../support/database.ts";
import { addAccount, addPerson, atOnce, plain, raised } from "../support/people.ts";
import { claimed, claimOne, claimSome, job, jobRows } from "../support/queue.ts";

interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly provider: string | null;
  readonly error_class: string;
  readonly redrives: string;
}

async function list(admin: Sql): Promise<Listed[]> {
  return plain(
    await admin<Listed[]>`
      select id, kind, provider, error_class, redrives
      from raphael_private.dead_job_list order by id`,
  );
}

const redrive = async (admin: Sql, by: Record<string, unknown>) =>
  (await call<{ redriven: number; coalesced: number }>(admin, "redrive_jobs", by))[0];

/** Calls an operator's function with named arguments. */
async function call<T>(sql: Sql, name: string, by: Record<string, unknown>): Promise<T[]> {
  const names = Object.keys(by).map((key, n) => `p_${key} => $${n + 1}`).join(", ");
  const rows = await sql.unsafe(
    `select * from raphael_private.${name}(${names})`,
    // SAFETY: tests pass text and numbers.
    Object.values(by) as string[],
  );
  // SAFETY: the caller names the function's columns.
  return rows.map((row) => ({ ...row })) as T[];
}

async function die(app: Sql, name: string, errorClass = "contract") {
  await bury(app, await claimed(app, name), errorClass, "Cannot test");
}

Deno.test("dead_job_list names kind, provider, account, class and no more than ids", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin), { provider: "dexcom" });
    const accountId = account.id;
    await enqueue(app, [
      {
        kind: "connection.confirm_revocation",
        payload: { accountId },
        accountId,
      } satisfies NewJob,
    ]);
    await bury(
      app,
      await claimOne(app),
      "rejected",
      "Cannot call dexcom: rejected with status 403",
    );
    await die(app, "oura");
    const rows = await admin`
      select kind, provider, account_id, error_class, error, payload, redrives
      from raphael_private.dead_job_list order by id`;
    assert.deepEqual(plain(rows), [
      {
        kind: "connection.confirm_revocation",
        provider: "dexcom",
        account_id: accountId,
        error_class: "rejected",
        error: "Cannot call dexcom: rejected with status 403",
        payload: { accountId },
        redrives: "0",
      },
      {
        kind: "webhook.subscribe",
        provider: "oura",
        account_id: null,
        error_class: "contract",
        error: "Cannot test",
        payload: { provider: "oura" },
        redrives: "0",
      },
    ]);
  });
});

Deno.test("dead_job_list finds a webhook's provider, and bears payloads that fit no schema", async () => {
  await withDatabase(async ({ app, admin }) => {
    await recordWebhooks(app, [{
      provider: "terra",
      dedupKey: "a",
      contentType: "application/json",
      headers: {},
      body: new Uint8Array(),
    }]);
    await admin`
      insert into raphael_private.dead_jobs
        (id, kind, queue, priority, max_attempts, dedup_key, payload, attempt, error_class, error, created_at)
      select 1000 + n, 'webhook.process', 3, 100, 3, 'key ' || n, payload, 1, 'payload', 'Cannot test', now()
      from unnest(array[
        jsonb_build_object('eventId', (select max(id)::text from raphael_private.webhook_events)),
        '{"eventId": "1e9", "revocationId": "no"}', '{"eventId": {"a": 1}}', '[]', 'null'
      ]) with ordinality u (payload, n)`;
    assert.deepEqual((await list(admin)).map(({ provider }) => provider), [
      "terra",
      null,
      null,
      null,
      null,
    ]);
  });
});

Deno.test("redrive_jobs() begins anew, with all attempts, and counts how often", async () => {
  await withDatabase(async ({ app, admin }) => {
    for (const redrives of ["0", "1", "2"]) {
      if (redrives === "0") await enqueue(app, [job("a")]);
      const one = await claimOne(app);
      assert.deepEqual([one.attempt, one.cursor], [1, null]);
      await bury(app, one, "contract", "Cannot read");
      const [dead] = await list(admin);
      assert.equal(dead?.redrives, redrives);
      assert.deepEqual(await redrive(admin, { id: dead?.id }), { redriven: 1, coalesced: 0 });
      assert.deepEqual(await list(admin), []);
      assert.deepEqual(await redrive(admin, { id: dead?.id }), { redriven: 0, coalesced: 0 });
    }
    await bury(app, await claimOne(app), "contract", "Cannot read");
    await admin`update raphael_private.queues set max_attempts = 7`;
    await redrive(admin, { error_class: "contract" });
    const [again] = await admin`select max_attempts from raphael_private.sync_jobs`;
    assert.equal(again?.["max_attempts"], 7, "as many attempts as jobs have by now");
  });
});

Deno.test("redrive_jobs() meets a job of its key: one that waits is enough, one that runs goes round again", async () => {
  await withDatabase(async ({ app, admin }) => {
    await die(app, "a");
    await die(app, "a");
    const running = await claimed(app, "a");
    assert.deepEqual(await redrive(admin, { kind: "webhook.subscribe" }), {
      redriven: 2,
      coalesced: 2,
    });
    assert.deepEqual((await jobRows(admin)).map(({ rerun }) => rerun), [true]);
    await complete(app, running);
    await complete(app, await claimOne(app));
    assert.deepEqual(await jobRows(admin), []);
  });
});

Deno.test("redrive_jobs() and discard_jobs() take what fits all that is named, the oldest first", async () => {
  await withDatabase(async ({ app, admin }) => {
    for (
      const [name, errorClass] of [["oura", "contract"], ["oura", "rejected"], [
        "terra",
        "contract",
      ]]
    ) {
      await die(app, name ?? "", errorClass);
    }
    await admin`
      update raphael_private.dead_jobs set died_at = now() - interval '1 hour'
      where payload ->> 'provider' = 'terra'`;
    const take = (by: Record<string, unknown>) => redrive(admin, by);
    assert.deepEqual(await take({ provider: "whoop" }), { redriven: 0, coalesced: 0 });
    assert.deepEqual(await take({ provider: "oura", error_class: "rejected" }), {
      redriven: 1,
      coalesced: 0,
    });
    assert.equal((await take({ error_class: "contract", limit: 1 }))?.redriven, 1);
    assert.deepEqual((await list(admin)).map(({ provider }) => provider), ["oura"]);
    assert.deepEqual(await call(admin, "discard_jobs", { provider: "terra" }), [{
      discard_jobs: 0,
    }]);
    assert.deepEqual(await call(admin, "discard_jobs", { provider: "oura" }), [{
      discard_jobs: 1,
    }]);
    assert.deepEqual(await list(admin), []);
    assert.deepEqual((await jobRows(admin)).map(({ name }) => name), ["oura", "terra"]);
  });
});

Deno.test("redrive_jobs() of two operators at once sends each job once", async () => {
  await withDatabase(async ({ app, admin }) => {
    for (let n = 0; n < 20; n++) await die(app, `job-${n}`);
    const { values, errors } = await atOnce(8, () => redrive(admin, { error_class: "contract" }));
    assert.deepEqual(errors, []);
    assert.equal(values.reduce((sum, one) => sum + (one?.redriven ?? 0), 0), 20);
    assert.equal((await claimSome(app, { limit: 50 })).length, 20);
  });
});

Deno.test("redrive_jobs() and discard_jobs() refuse to take everything, and the app's role", async () => {
  await withDatabase(async ({ app, admin }) => {
    await die(app, "a");
    for (const name of ["redrive_jobs", "discard_jobs"]) {
      await assert.rejects(call(admin, name, {}), raised("22023"));
      await assert.rejects(call(app, name, { kind: "webhook.subscribe" }), raised("42501"));
    }
    await assert.rejects(app`select from raphael_private.dead_job_list`.then(), raised("42501"));
    assert.equal((await list(admin)).length, 1);
  });
});

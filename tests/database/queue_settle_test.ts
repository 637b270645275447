import assert from "node:assert/strict";
import type { Sql } from "@shared/db/client.ts";
import {
  assertLease,
  assertLeases,
  bury,
  type ClaimedJob,
  complete,
  completeMany,
  continueFrom,
  enqueue,
  extendLeases,
  fail,
  release,
  snooze,
} from "@shared/db/jobs.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { raised } from "../support/people.ts";
import {
  claimed,
  claimOne,
  claimSome,
  deadRows,
  expireLeases,
  job,
  jobRows,
  makeDue,
  nameOf,
} from "../support/queue.ts";

const FAILURE = { errorClass: "test", error: "Cannot test" };

const TRANSITIONS: Readonly<Record<string, (sql: Sql, job: ClaimedJob) => Promise<unknown>>> = {
  assert_lease: assertLease,
  complete_job: complete,
  continue_job: (sql, job) => continueFrom(sql, job, "next"),
  snooze_job: (sql, job) => snooze(sql, job, 1, "test"),
  fail_job: (sql, job) => fail(sql, job, FAILURE),
  bury_job: (sql, job) => bury(sql, job, "test", "test"),
};

/** A job that its first worker lost to another, and to nobody. */
async function lost({ app, admin }: TestDatabase, name: string, taken: boolean) {
  const job = await claimed(app, name);
  await expireLeases(admin);
  await claimSome(app);
  if (taken) await claimOne(app, true);
  return job;
}

Deno.test("every transition refuses who lost the lease with RH001, and changes nothing", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const standing = async () => (await jobRows(admin)).map(({ waits: _, ...row }) => row);
    for (const [name, transition] of Object.entries(TRANSITIONS)) {
      for (const taken of [true, false]) {
        const late = await lost(database, `${name}-${taken}`, taken);
        const before = await standing();
        await assert.rejects(transition(app, late), raised("RH001"), name);
        assert.deepEqual(await standing(), before);
        await admin`delete from raphael_private.sync_jobs`;
      }
    }
    assert.deepEqual(await deadRows(admin), []);
  });
});

Deno.test("complete_job() of a lost lease sends nothing round, although a trigger waits", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const late = await lost(database, "a", true);
    await enqueue(app, [job("a")]);
    await assert.rejects(complete(app, late), raised("RH001"));
    assert.deepEqual((await jobRows(admin)).map(({ leased, rerun }) => [leased, rerun]), [
      [true, true],
    ]);
  });
});

Deno.test("complete_job() refuses the second of two completions", async () => {
  await withDatabase(async ({ app }) => {
    const one = await claimed(app, "a");
    await complete(app, one);
    await assert.rejects(complete(app, one), raised("RH001"));
  });
});

Deno.test("complete_jobs() ends what is held, and answers what is lost, triggered again or locked", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const late = await lost(database, "lost", true);
    await enqueue(app, ["done", "rerun", "locked", "beating"].map((name) => job(name)));
    const jobs = await claimSome(app);
    await enqueue(app, [job("rerun")]);
    const named = (name: string) => jobs.find((one) => nameOf(one) === name)?.id;
    await admin.begin(async (other) => {
      await other`select from raphael_private.sync_jobs where id = ${
        named("locked") ?? ""
      } for update`;
      const open = await completeMany(app, [...jobs, late]);
      assert.deepEqual(open, new Set([late.id, named("rerun"), named("locked")]));
    });
    assert.deepEqual((await jobRows(admin)).map(({ name }) => name), ["locked", "lost", "rerun"]);
    assert.equal((await completeMany(app, jobs)).size, 3, "what is gone is answered too");
  });
});

Deno.test("complete_jobs() never calls a job ended that a heartbeat moved under it", async () => {
  await withDatabase(async ({ app, admin }) => {
    await enqueue(app, Array.from({ length: 200 }, (_, n) => job(`job-${n}`)));
    for (let round = 0; round < 20; round++) {
      const jobs = await claimSome(app, { limit: 10 });
      const beats = Promise.all(jobs.map((one) => extendLeases(admin, [one], 60)));
      const open = await completeMany(app, jobs);
      await beats;
      const left = await admin<{ id: string }[]>`
        select id from raphael_private.sync_jobs where leased_until is not null`;
      assert.deepEqual(open, new Set(left.map(({ id }) => id)));
      await completeMany(app, jobs);
    }
  });
});

Deno.test("assert_leases() answers what is held and was not triggered again, and keeps it locked", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const late = await lost(database, "lost", true);
    await enqueue(app, [job("held"), job("rerun")]);
    const jobs = await claimSome(app);
    await enqueue(app, [job("rerun")]);
    await app.begin(async (tx) => {
      assert.deepEqual(await assertLeases(tx, [...jobs, late]), new Set([jobs[0]?.id]));
      const free = await admin`select id from raphael_private.sync_jobs for update skip locked`;
      assert.equal(free.length, 2);
    });
  });
});

Deno.test("release_jobs() gives back the attempt, and nothing of a job that is another's", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const late = await lost(database, "lost", true);
    await enqueue(app, [job("a")]);
    const jobs = await claimSome(app);
    await release(app, [...jobs, late]);
    const rows = (await jobRows(admin)).map(({ name, attempt, leased }) => [name, attempt, leased]);
    assert.deepEqual(rows, [["a", 0, false], ["lost", 1, true]]);
    await assert.rejects(complete(app, jobs[0] ?? late), raised("RH001"));
    assert.equal((await claimOne(app)).attempt, 1);
  });
});

Deno.test("continue_job() keeps key, place and a fresh count of attempts", async () => {
  await withDatabase(async ({ app, admin }) => {
    const first = await claimed(app, "a");
    await fail(app, first, FAILURE);
    await makeDue(admin);
    const second = await claimOne(app);
    assert.equal(second.attempt, 2);
    await continueFrom(app, second, "page-2");
    await enqueue(app, [job("z", { priority: 1_000 })]);
    const third = await claimOne(app);
    assert.deepEqual([third.id, third.cursor, third.attempt], [first.id, "page-2", 1]);
    await continueFrom(app, third, "page-3");
    assert.equal((await claimOne(app)).cursor, "page-3");
  });
});

Deno.test("snooze_job() spends no attempt, and ends after 24 hours of it", async () => {
  await withDatabase(async ({ app, admin }) => {
    for (let round = 0; round < 5; round++) {
      const one = round === 0 ? await claimed(app, "a") : await claimOne(app);
      assert.equal(one.attempt, 1);
      await snooze(app, one, 600, "Cannot reach provider");
      const [row] = await jobRows(admin);
      assert.ok(row && row.waits > 590 && row.waits <= 600);
      assert.equal(row.last_error, "Cannot reach provider");
      await makeDue(admin);
    }
    await admin`
      update raphael_private.sync_jobs set snoozed_since = now() - interval '24 hours 1 second'`;
    await snooze(app, await claimOne(app), 600, "Cannot reach provider");
    assert.deepEqual((await deadRows(admin)).map((row) => row.error_class), ["snoozed_too_long"]);
    assert.deepEqual(await jobRows(admin), []);
  });
});

Deno.test("snooze_job() counts the 24 hours anew after a page got through", async () => {
  await withDatabase(async ({ app, admin }) => {
    await snooze(app, await claimed(app, "a"), 600, "test");
    await makeDue(admin);
    await admin`update raphael_private.sync_jobs set snoozed_since = now() - interval '2 days'`;
    await continueFrom(app, await claimOne(app), "page-2");
    await snooze(app, await claimOne(app), 600, "test");
    assert.deepEqual(await deadRows(admin), []);
  });
});

Deno.test("fail_job() waits base * 2^(attempt-1), half of it by chance, and then gives up", async () => {
  await withDatabase(async ({ app, admin }) => {
    const { backoffSeconds, maxAttempts } = { backoffSeconds: 5, maxAttempts: 3 };
    await enqueue(app, Array.from({ length: 20 }, (_, n) => job(`job-${n}`)));
    for (let attempt = 1; attempt < maxAttempts; attempt++) {
      for (const one of await claimSome(app, { limit: 20 })) {
        assert.equal(await fail(app, one, FAILURE), true);
      }
      const waits = (await jobRows(admin)).map((row) => row.waits);
      const longest = backoffSeconds * 2 ** (attempt - 1);
      assert.equal(waits.length, 20);
      // A second for the time that the test itself takes.
      assert.ok(waits.every((wait) => wait > longest / 2 - 1 && wait <= longest), `${waits}`);
      assert.ok(Math.max(...waits) - Math.min(...waits) > longest / 10, "they do not herd");
      await makeDue(admin);
    }
    for (const one of await claimSome(app, { limit: 20 })) {
      assert.equal(await fail(app, one, FAILURE), false);
    }
    const dead = await deadRows(admin);
    assert.equal(dead.length, 20);
    assert.deepEqual(dead[0], { name: "job-0", error_class: "test", attempt: maxAttempts });
  });
});

Deno.test("fail_job() and complete_job() bring a solo job back among the others", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    await lost(database, "a", false);
    await fail(app, await claimOne(app, true), FAILURE);
    assert.deepEqual((await jobRows(admin)).map(({ queue }) => queue), [1]);
    await makeDue(admin);
    await complete(app, await claimOne(app));
    await lost(database, "b", false);
    const again = await claimOne(app, true);
    await enqueue(app, [job("b")]);
    await complete(app, again);
    assert.deepEqual((await jobRows(admin)).map(({ queue }) => queue), [1]);
  });
});

Deno.test("pending_jobs() tells what is due, running and planned", async () => {
  await withDatabase(async ({ app }) => {
    await claimed(app, "running");
    await enqueue(app, [job("due-1"), job("due-2"), job("later", { delaySeconds: 60 })]);
    const rows = await app`select * from raphael_private.pending_jobs()`;
    assert.deepEqual(rows.map((row) => ({ ...row })), [
      { queue: 1, due: "2", running: "1", later: "1" },
    ]);
  });
});

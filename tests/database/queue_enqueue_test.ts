import assert from "node:assert/strict";
import { complete, continueFrom, enqueue, fail, snooze } from "@shared/db/jobs.ts";
import { withDatabase } from "../support/database.ts";
import { atOnce } from "../support/people.ts";
import { claimed, claimOne, claimSome, job, jobRows } from "../support/queue.ts";

Deno.test("enqueue_jobs() coalesces jobs of equal key and keeps the more urgent priority", async () => {
  await withDatabase(async ({ app, admin }) => {
    await enqueue(app, [job("a", { priority: 200 }), job("b"), job("a", { priority: 50 })]);
    await enqueue(app, [job("b", { priority: 50 }), job("a", { priority: 300 })]);
    const rows = await jobRows(admin);
    assert.deepEqual(rows.map(({ name, priority }) => [name, priority]), [["a", 50], ["b", 50]]);
  });
});

Deno.test("enqueue_jobs() sends a running job round once more, however often it is triggered", async () => {
  await withDatabase(async ({ app, admin }) => {
    const first = await claimed(app, "a");
    await enqueue(app, [job("a")]);
    await enqueue(app, [job("a")]);
    assert.deepEqual(await claimSome(app), [], "never twice at once");
    await complete(app, first);
    const second = await claimOne(app);
    assert.equal(second.id, first.id);
    assert.equal(second.attempt, 1);
    await complete(app, second);
    assert.deepEqual(await jobRows(admin), []);
  });
});

Deno.test("enqueue_jobs() has a job that waits between two pages read them all again", async () => {
  await withDatabase(async ({ app, admin }) => {
    await continueFrom(app, await claimed(app, "a"), "page-2");
    await enqueue(app, [job("a")]);
    const last = await claimOne(app);
    assert.equal(last.cursor, "page-2", "the pages under way are read to their end");
    await complete(app, last);
    const again = await claimOne(app);
    assert.equal(again.cursor, null);
    await complete(app, again);
    assert.deepEqual(await jobRows(admin), []);
  });
});

Deno.test("enqueue_jobs() is satisfied by a retry that starts after it", async () => {
  await withDatabase(async ({ app, admin }) => {
    const first = await claimed(app, "a");
    await enqueue(app, [job("a")]);
    await fail(app, first, { errorClass: "test", error: "test" });
    await admin`update raphael_private.sync_jobs set run_at = now()`;
    await complete(app, await claimOne(app));
    assert.deepEqual(await jobRows(admin), []);
  });
});

Deno.test("enqueue_jobs() brings a waiting job forward, and none that waits out a failure or a pause", async () => {
  await withDatabase(async ({ app, admin }) => {
    const options = { errorClass: "test", error: "test" };
    await fail(app, await claimed(app, "failed"), options);
    await snooze(app, await claimed(app, "snoozed"), 600, "test");
    await enqueue(app, [job("waiting", { delaySeconds: 600 })]);
    const [failed] = (await jobRows(admin)).filter(({ name }) => name === "failed");

    await enqueue(app, [job("failed"), job("snoozed"), job("waiting")]);
    const rows = new Map((await jobRows(admin)).map((row) => [row.name, row.waits]));
    assert.ok((rows.get("waiting") ?? 1) <= 0);
    assert.ok((rows.get("snoozed") ?? 0) > 590);
    assert.ok((rows.get("failed") ?? 0) > (failed?.waits ?? 0) - 2);
    assert.deepEqual((await claimSome(app)).length, 1);
    await enqueue(app, [job("later", { delaySeconds: 60 })]);
    await enqueue(app, [job("later", { delaySeconds: 600 })]);
    const later = (await jobRows(admin)).find(({ name }) => name === "later");
    assert.ok((later?.waits ?? 600) <= 60, "a later trigger puts nothing off");
  });
});

Deno.test("enqueue_jobs() of overlapping sets in any order neither deadlocks nor doubles", async () => {
  await withDatabase(async ({ app, admin }) => {
    const names = Array.from({ length: 40 }, (_, n) => `job-${n}`);
    const { errors } = await atOnce(
      16,
      (n) => enqueue(app, (n % 2 ? names : names.toReversed()).map((name) => job(name))),
    );
    assert.deepEqual(errors, []);
    assert.equal((await jobRows(admin)).length, names.length);
  });
});

Deno.test("enqueue_jobs() belongs to its cause's transaction", async () => {
  await withDatabase(async ({ app, admin }) => {
    const undo = new Error("undo");
    await app.begin(async (tx) => {
      await enqueue(tx, [job("a")]);
      throw undo;
    }).catch((error) => assert.equal(error, undo));
    assert.deepEqual(await jobRows(admin), []);
  });
});

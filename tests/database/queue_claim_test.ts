import assert from "node:assert/strict";
import postgres from "postgres";
import { claim, enqueue, extendLeases } from "@shared/db/jobs.ts";
import { withDatabase } from "../support/database.ts";
import {
  claimed,
  claimOne,
  claimSome,
  deadRows,
  expireLeases,
  job,
  jobRows,
  nameOf,
  QUEUE,
} from "../support/queue.ts";

Deno.test("claim_jobs() gives the most urgent first, then the oldest, and none before its time", async () => {
  await withDatabase(async ({ app }) => {
    await enqueue(app, [job("history", { priority: 200 })]);
    await enqueue(app, [job("old")]);
    await enqueue(app, [job("new")]);
    await enqueue(app, [job("awaited", { priority: 50 })]);
    await enqueue(app, [job("later", { priority: 1, delaySeconds: 60 })]);
    const first = await claimSome(app, { limit: 3 });
    assert.deepEqual(first.map(nameOf), ["awaited", "old", "new"]);
    assert.deepEqual((await claimSome(app)).map(nameOf), ["history"]);
    assert.deepEqual(await claimSome(app), []);
  });
});

Deno.test("claim_jobs() gives no job to two workers, and none waits for the other", async () => {
  await withDatabase(async ({ app }) => {
    await enqueue(app, Array.from({ length: 8 }, (_, n) => job(`job-${n}`)));
    await app.begin(async (one) => {
      const mine = await claimSome(one, { limit: 5 });
      await app.begin(async (two) => {
        await two`set local lock_timeout = '1s'`;
        const theirs = await claimSome(two, { limit: 5 });
        assert.equal(mine.length, 5);
        assert.equal(theirs.length, 3);
        assert.equal(new Set([...mine, ...theirs].map(({ id }) => id)).size, 8);
      });
    });
  });
});

Deno.test("claim_jobs() keeps the queues apart", async () => {
  await withDatabase(async ({ app }) => {
    await enqueue(app, [{ kind: "token.refresh", payload: { accountId: crypto.randomUUID() } }]);
    assert.deepEqual(await claimSome(app), []);
    const options = { queue: "token-refresh", limit: 1, leaseSeconds: 60 } as const;
    assert.equal((await claim(app, options)).jobs.length, 1);
  });
});

Deno.test("claim_jobs() gives the attempt of a dead worker's job back and runs it alone", async () => {
  await withDatabase(async ({ app, admin }) => {
    await enqueue(app, [job("poison"), job("neighbour")]);
    await claimSome(app);
    await expireLeases(admin);
    assert.deepEqual(await claimSome(app), [], "not beside others any more");
    const rows = await jobRows(admin);
    assert.deepEqual(rows.map(({ queue, attempt, leased }) => [queue, attempt, leased]), [
      [-1, 0, false],
      [-1, 0, false],
    ]);
    const solo = await claimOne(app, true);
    assert.equal(solo.attempt, 1, "alone it is charged");
  });
});

Deno.test("claim_jobs() buries a job that outlived none of its solo runs", async () => {
  await withDatabase(async ({ app, admin }) => {
    await claimed(app, "poison");
    await expireLeases(admin);
    assert.deepEqual(await claimSome(app), []);
    for (const attempt of [1, 2, 3]) {
      assert.equal((await claimOne(app, true)).attempt, attempt);
      assert.deepEqual(await deadRows(admin), []);
      await expireLeases(admin);
    }
    assert.deepEqual(await claimSome(app, { solo: true }), []);
    const dead = { name: "poison", error_class: "worker_died", attempt: 3 };
    assert.deepEqual(await deadRows(admin), [dead]);
    assert.deepEqual(await jobRows(admin), []);
    await enqueue(app, [job("poison")]);
    assert.equal((await claimOne(app)).attempt, 1, "its key is free for later triggers");
  });
});

Deno.test("extend_leases() keeps what is held and leaves out what another has", async () => {
  await withDatabase(async ({ app, admin }) => {
    await enqueue(app, [job("kept"), job("lost")]);
    const [kept, lost] = await claimSome(app);
    assert.ok(kept && lost);
    await admin`
      update raphael_private.sync_jobs set leased_until = now() - interval '1 second' where id = ${lost.id}`;
    await claimSome(app);
    await claimOne(app, true);
    assert.deepEqual(await extendLeases(app, [kept, lost], 600), new Set([kept.id]));
    const [row] = await admin<[{ seconds: number }]>`
      select extract(epoch from leased_until - now())::float8 as seconds
      from raphael_private.sync_jobs where id = ${kept.id}`;
    assert.ok(row.seconds > 590);
  });
});

Deno.test("claim_jobs() goes on behind the last place, and finds the rest without one", async () => {
  await withDatabase(async ({ app }) => {
    await enqueue(app, Array.from({ length: 4 }, (_, n) => job(`job-${n}`)));
    const options = { queue: QUEUE, limit: 2, leaseSeconds: 60 } as const;
    const first = await claim(app, options);
    assert.ok(first.place);
    await enqueue(app, [job("urgent", { priority: 1 })]);
    const second = await claim(app, { ...options, after: first.place });
    assert.deepEqual(second.jobs.map(nameOf), ["job-2", "job-3"]);
    assert.deepEqual((await claim(app, { ...options, after: first.place })).jobs.length, 0);
    assert.deepEqual((await claim(app, options)).jobs.map(nameOf), ["urgent"]);
  });
});

Deno.test("claim_jobs() never gives an epoch twice, also where a crash takes a claim back", async () => {
  await withDatabase(async ({ app }) => {
    await enqueue(app, [job("a")]);
    const epochs: string[] = [];
    for (let crash = 0; crash < 3; crash++) {
      // Rolled back, as a claim is that the server had not flushed.
      await app.begin(async (tx) => {
        epochs.push((await claimOne(tx)).epoch);
        throw new Error("crash");
      }).catch(() => {});
    }
    epochs.push((await claimOne(app)).epoch);
    assert.equal(new Set(epochs).size, 4);
    assert.deepEqual(epochs, epochs.toSorted((a, b) => Number(a) - Number(b)));
  });
});

Deno.test("claim_jobs() and extend_leases() touch no index: at least 95 % of updates are HOT", async () => {
  await withDatabase(async ({ app, admin, appUrl }) => {
    const count = 5_000;
    await enqueue(app, Array.from({ length: count }, (_, n) => job(`job-${n}`)));
    // A backend tells its counts when it ends.
    const worker = postgres(appUrl, { max: 1, prepare: false });
    const options = { queue: QUEUE, limit: 500, leaseSeconds: 60 } as const;
    for (let left = count; left > 0; left -= 500) {
      const { jobs } = await claim(worker, options);
      assert.equal(jobs.length, 500);
    }
    await worker.end();
    let updates = { all: 0, hot: 0 };
    for (let tries = 0; tries < 50 && updates.all < count; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      [updates] = await admin<[typeof updates]>`
        select n_tup_upd::int as all, n_tup_hot_upd::int as hot
        from pg_stat_user_tables where relid = 'raphael_private.sync_jobs'::regclass`;
    }
    assert.equal(updates.all, count);
    assert.ok(updates.hot >= 0.95 * updates.all, `${updates.hot} of ${updates.all} were HOT`);
  });
});

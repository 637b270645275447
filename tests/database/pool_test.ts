import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import type { Connection } from "@shared/db/connection.ts";
import { isLost } from "@shared/db/lost.ts";
import { createPool, type Pool, type PoolOptions } from "@shared/db/pool.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function withPool(
  options: Pick<PoolOptions, "max"> & Partial<PoolOptions>,
  use: (pool: Pool, database: TestDatabase) => Promise<void>,
): Promise<void> {
  await withDatabase(async (database) => {
    const pool = createPool({
      url: new Secret(database.appUrl),
      prepare: true,
      greet: ({ sql }) => sql`select`,
      onRefused: () => {},
      ...options,
    });
    try {
      await use(pool, database);
    } finally {
      await pool.close();
    }
  });
}

async function pidOf({ sql }: Connection): Promise<number> {
  const [row] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
  return row.pid;
}

async function live({ admin }: TestDatabase, pids: readonly number[]): Promise<number> {
  const rows = await admin`select from pg_stat_activity where pid = any (${[...pids]})`;
  return rows.length;
}

Deno.test("a connection that nobody uses is ended, and one at work is not", async () => {
  await withPool({ max: 3, idleMs: 150 }, async (pool, database) => {
    const taken = await Promise.all([pool.take(5_000), pool.take(5_000), pool.take(5_000)]);
    const pids = await Promise.all(taken.map(pidOf));
    assert.equal(new Set(pids).size, 3);
    const [kept, ...others] = taken;
    for (const one of others) pool.giveBack(one);
    assert.equal(await live(database, pids), 3);
    for (let tries = 0; tries < 100 && await live(database, pids) > 1; tries++) await pause(20);
    assert.equal(await live(database, pids), 1);
    assert.ok(kept);
    assert.equal(await pidOf(kept), pids[0]);
    pool.giveBack(kept);
    assert.equal(await pool.take(5_000), kept);
    pool.giveBack(kept);
  });
});

Deno.test("an old connection is not lent again, and works until it is given back", async () => {
  await withPool({ max: 1, oldMs: 200 }, async (pool) => {
    const first = await pool.take(5_000);
    pool.giveBack(first);
    assert.equal(await pool.take(5_000), first, "it is young");
    await pause(250);
    assert.ok(await pidOf(first) > 0);
    pool.giveBack(first);
    const second = await pool.take(5_000);
    assert.notEqual(second, first);
    pool.giveBack(second);
  });
});

// The driver's own pool lent the next connection to whoever had given up.
Deno.test("a connection goes to the first who still waits", async () => {
  await withPool({ max: 1 }, async (pool) => {
    const only = await pool.take(5_000);
    const late = assert.rejects(async () => await pool.take(50), isLost);
    const order: string[] = [];
    const waits = ["first", "second"].map(async (name) => {
      const taken = await pool.take(5_000);
      order.push(name);
      assert.equal(taken, only);
      pool.giveBack(taken);
    });
    await late;
    pool.giveBack(only);
    await Promise.all(waits);
    assert.deepEqual(order, ["first", "second"]);
    assert.equal(await pool.take(50), only);
    pool.giveBack(only);
  });
});

Deno.test("close() refuses who waits, and lets who works end", async () => {
  await withPool({ max: 1 }, async (pool) => {
    const taken = await pool.take(5_000);
    const waits = assert.rejects(async () => await pool.take(5_000), isLost);
    let isClosed = false;
    const closing = pool.close().then(() => isClosed = true);
    await waits;
    assert.ok(await pidOf(taken) > 0);
    await pause(50);
    assert.equal(isClosed, false);
    pool.giveBack(taken);
    await closing;
    await assert.rejects(async () => await pool.take(5_000), isLost);
  });
});

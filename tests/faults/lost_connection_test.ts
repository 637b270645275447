import assert from "node:assert/strict";
import { ProblemError } from "@shared/core/problems.ts";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database, type Sql } from "@shared/db/client.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { openProxy, type Proxy } from "./support/proxy.ts";

const one = (sql: Sql) => sql<{ n: number }[]>`select 1 as n`;

const unavailable = (error: unknown) =>
  error instanceof ProblemError && error.problem === "unavailable";

async function withProxy(
  use: (
    p: { proxy: Proxy; db: Database; checks: () => number; own: TestDatabase },
  ) => Promise<void>,
): Promise<void> {
  await withDatabase(async (own) => {
    const proxy = openProxy(own.appUrl);
    let checks = 0;
    const db = connect({
      url: new Secret(proxy.url(own.appUrl)),
      max: 2,
      prepare: true,
      check: async (sql) => {
        checks++;
        await one(sql);
      },
    });
    try {
      await use({ proxy, db, checks: () => checks, own });
    } finally {
      await db.close();
      await proxy.close();
    }
  });
}

Deno.test("connect() a check that hangs on a lost server is not waited for on the next", async () => {
  await withProxy(async ({ proxy, db, checks }) => {
    proxy.set({ kind: "black_hole" });
    await assert.rejects(db.query(one, 300), unavailable);
    assert.ok(proxy.hits > 0, "nothing went into the hole");
    proxy.set();
    assert.equal((await db.query(one, 3_000))[0]?.n, 1);
    assert.equal(checks(), 2);
  });
});

Deno.test("connect() gives up every call of a lost pool at once", async () => {
  await withProxy(async ({ db, own }) => {
    await db.query(one);
    const began = performance.now();
    const slow = assert.rejects(db.query((sql) => sql`select pg_sleep(10)`), unavailable);
    const killed = assert.rejects(
      db.transaction(async (tx) => {
        const [row] = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`;
        await own.admin`select pg_terminate_backend(${row.pid})`;
        await tx`select 1`;
      }),
      unavailable,
    );
    await Promise.all([slow, killed]);
    assert.ok(performance.now() - began < 3_000);
    // The driver may throw late for the pool that is gone, which costs its successor: then the next try.
    const [row] = await db.query(one).catch(() => db.query(one));
    assert.equal(row?.n, 1);
  });
});

Deno.test("transaction() rolls back, commits nothing after a failed statement, and goes on", async () => {
  await withProxy(async ({ db, own }) => {
    await own.admin`create table written (n int)`;
    await own.admin`grant insert on written to raphael_app`;
    const written = async () => (await own.admin`select n from written`).length;

    await assert.rejects(
      db.transaction(async (tx) => {
        await tx`insert into written values (1)`;
        throw new RangeError("ours");
      }),
      RangeError,
    );
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx`insert into written values (2)`;
        await tx`select 1 / 0`.catch(() => {});
      }),
      /Cannot commit/,
    );
    assert.equal(await written(), 0);
    await db.transaction((tx) => tx`insert into written values (3)`);
    assert.equal(await written(), 1);
  });
});

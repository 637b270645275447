import assert from "node:assert/strict";
import { ProblemError } from "@shared/core/problems.ts";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database, type Sql } from "@shared/db/client.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { pause } from "./support/plan.ts";
import { openProxy, type Proxy } from "./support/proxy.ts";

const one = (sql: Sql) => sql<{ n: number }[]>`select 1 as n`;

const unavailable = (error: unknown) =>
  error instanceof ProblemError && error.problem === "unavailable";

async function withProxy(
  use: (p: { proxy: Proxy; db: Database; own: TestDatabase }) => Promise<void>,
  onCheck = (_proxy: Proxy) => {},
): Promise<void> {
  await withDatabase(async (own) => {
    const proxy = openProxy(own.appUrl);
    const db = connect({
      url: new Secret(proxy.url(own.appUrl)),
      max: 2,
      prepare: true,
      check: async (sql) => {
        onCheck(proxy);
        await one(sql);
      },
    });
    try {
      await use({ proxy, db, own });
    } finally {
      await db.close();
      await proxy.close();
    }
  });
}

Deno.test("connect() a check that hangs on a lost server is not waited for on the next", async () => {
  let checks = 0;
  await withProxy(
    async ({ proxy, db }) => {
      await assert.rejects(db.query(one, 300), unavailable);
      assert.ok(proxy.hits > 0, "nothing went into the hole");
      assert.equal(checks, 1);
      proxy.set();
      assert.equal((await db.query(one, 3_000))[0]?.n, 1);
      assert.equal(checks, 2);
      await db.query(one);
      assert.equal(checks, 2, "it held, and is not asked again");
    },
    (proxy) => {
      if (++checks === 1) proxy.set({ kind: "black_hole" });
    },
  );
});

Deno.test("connect() a lost connection costs the call that has it, and no other", async () => {
  await withProxy(async ({ db, own }) => {
    const slow = db.query((sql) => sql<{ n: number }[]>`select 1 as n, pg_sleep(1)`);
    const killed = assert.rejects(
      db.transaction(async (tx) => {
        const [row] = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`;
        const end = async () => {
          await pause(100);
          await own.admin`select pg_terminate_backend(${row.pid})`;
        };
        // In mid-statement: between two the driver may throw late, which costs all.
        await Promise.all([tx`select pg_sleep(10)`, end()]);
      }),
      unavailable,
    );
    await killed;
    assert.equal((await db.query(one))[0]?.n, 1);
    assert.equal((await slow)[0]?.n, 1);
  });
});

Deno.test("connect() a lost connection ends what was still to be sent over it", async () => {
  await withProxy(async ({ proxy, db }) => {
    await db.query(one);
    const began = performance.now();
    // The first use of a statement with values keeps those behind it back, until it was described.
    const asked = db.pipeline((sql) => [
      sql`select pg_sleep(${10}::float8)`,
      sql`select ${1}::int as n`,
      sql`select ${2}::int as n`,
      sql`select ${3}::int as n`,
    ]);
    setTimeout(() => proxy.cut(), 200);
    await assert.rejects(asked, unavailable);
    assert.ok(performance.now() - began < 10_000, "it waited for its deadline");
  });
});

Deno.test("connect() a silent connection makes the idle ones doubtful", async () => {
  await withProxy(async ({ proxy, db }) => {
    const pid = (sql: Sql) => sql<[{ pid: number }]>`select pg_backend_pid() as pid, pg_sleep(0.1)`;
    const [[first], [second]] = await Promise.all([db.query(pid), db.query(pid)]);
    assert.notEqual(first.pid, second.pid);
    proxy.set({ kind: "black_hole" });
    assert.equal(proxy.hits, 2);
    proxy.set();
    await assert.rejects(db.query(one, 300), unavailable);
    const [row] = await db.query(one, 3_000);
    assert.equal(row?.n, 1, "by a third, for the other is silent too");
  });
});

Deno.test("connect() commits nothing of a transaction behind its lost connection", async () => {
  await withProxy(async ({ proxy, db, own }) => {
    await own.admin`create table written (n int)`;
    await own.admin`grant insert on written to raphael_app`;
    await db.query(one);
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx`insert into written values (1)`;
        proxy.cut();
        await tx`insert into written values (2)`.catch(() => {});
        await tx`insert into written values (3)`;
      }),
      unavailable,
    );
    assert.equal((await own.admin`select n from written`).length, 0);
    // The driver may throw late for the connection that is gone, which costs the next try.
    const [row] = await db.query(one).catch(() => db.query(one));
    assert.equal(row?.n, 1);
  });
});

Deno.test("connect() makes do with the connections that the server has", async () => {
  await withDatabase(async (own) => {
    const limit = async (connections: number) => {
      const name = new URL(own.url).pathname.slice(1);
      await own.admin.unsafe(`alter database "${name}" connection limit ${connections}`);
    };
    await limit(2);
    const warnings: string[] = [];
    const db = connect({
      url: new Secret(own.appUrl),
      max: 6,
      prepare: true,
      warn: (event) => warnings.push(event),
    });
    const began = performance.now();
    const sleep = (sql: Sql) => sql`select pg_sleep(0.02)`;
    const work = Array.from(
      { length: 40 },
      (_, n) => n % 2 ? db.query(sleep) : db.transaction(sleep),
    );
    await Promise.all(work);
    assert.ok(performance.now() - began < 5_000);
    assert.ok(warnings.length > 0, "the server refused nobody");
    assert.deepEqual(warnings.filter((event) => event !== "database_refused"), []);
    await db.close();

    await limit(0);
    const none = connect({ url: new Secret(own.appUrl), max: 2, prepare: true });
    const asked = performance.now();
    await assert.rejects(none.query(one), unavailable);
    assert.ok(performance.now() - asked < 5_000);
    await limit(2);
    assert.equal((await none.query(one))[0]?.n, 1);
    await none.close();
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

import assert from "node:assert/strict";
import type { Taken } from "@shared/core/budget.ts";
import { ProblemError } from "@shared/core/problems.ts";
import { Secret } from "@shared/core/secret.ts";
import { readAs, readOnAs } from "@shared/db/as_user.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addPerson, raised } from "../support/people.ts";

/** One connection, so that a transaction left open, or a connection not given back, is seen. */
async function withOne(
  prepare: boolean,
  use: (db: Database, database: TestDatabase) => Promise<void>,
): Promise<void> {
  await withDatabase(async (database) => {
    await database.admin`create table public.told (x int unique)`;
    const db = connect({ url: new Secret(database.url), max: 1, prepare });
    try {
      await use(db, database);
    } finally {
      await db.close();
    }
  });
}

const told = async ({ admin }: TestDatabase) =>
  (await admin<{ x: number }[]>`select x from public.told order by x`).map(({ x }) => x);

for (const prepare of [true, false]) {
  const how = prepare ? "with prepared statements" : "without prepared statements";

  Deno.test(`pipeline() commits all in one transaction, ${how}`, async () => {
    await withOne(prepare, async (db, database) => {
      for (const x of [1, 2, 3]) {
        const [rows, same] = await db.pipeline<
          readonly [readonly { x: number }[], readonly { same: boolean }[]]
        >((sql) => [
          sql`insert into public.told values (${x}) returning x`,
          sql`select xmin = pg_current_xact_id()::xid as same from public.told where x = ${x}`,
        ]);
        assert.equal(rows[0]?.x, x);
        assert.equal(same[0]?.same, true, "seen by the transaction that wrote it");
      }
      assert.deepEqual(await told(database), [1, 2, 3]);
    });
  });

  Deno.test(`pipeline() leaves nothing where one fails, and throws what failed, ${how}`, async () => {
    await withOne(prepare, async (db, database) => {
      for (let turn = 0; turn < 2; turn++) {
        const failing = db.pipeline((sql) => [
          sql`insert into public.told values (${turn})`,
          sql`select 1 / ${0}::int`,
          sql`insert into public.told values (${turn + 10})`,
        ]);
        await assert.rejects(failing, raised("22012"));
        assert.deepEqual(await told(database), []);
      }
      await db.pipeline((sql) => [sql`insert into public.told values (${5})`]);
      assert.deepEqual(await told(database), [5], "the connection goes on to work");
    });
  });
}

Deno.test("pipeline() and transaction() tell that the server went away, and work again with the next", async () => {
  await withOne(true, async (db, { admin }) => {
    const end = async () => {
      for (let tries = 0; tries < 200; tries++) {
        const ended = await admin`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'raphael' and query like '%pg_sleep%' and state = 'active'`;
        if (ended.length > 0) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.fail("no statement to end");
    };
    const gone = (error: unknown) =>
      error instanceof ProblemError && error.problem === "unavailable";
    const sleeps = [
      () =>
        db.pipeline((
          sql,
        ) => [sql`insert into public.told values (${1})`, sql`select pg_sleep(${20})`]),
      () =>
        db.transaction(async (sql) => {
          await sql`insert into public.told values (${1})`;
          await sql`select pg_sleep(${20})`;
        }),
    ];
    for (const asleep of sleeps) {
      await Promise.all([assert.rejects(asleep(), gone), end()]);
      const [rows] = await db.pipeline<readonly [readonly unknown[]]>((sql) => [
        sql`select from public.told`,
      ]);
      assert.equal(rows.length, 0);
    }
    const wrong = db.pipeline(() => {
      throw new Error("built wrong");
    });
    await assert.rejects(wrong, /built wrong/);
    await db.pipeline((sql) => [sql`select 1`]);
  });
});

Deno.test("readAs() is one round trip, with its budget too, and so is readOnAs()", async () => {
  await withDatabase(async ({ appUrl, admin }) => {
    const server = new URL(appUrl);
    const wire = countTrips(Number(server.port || 5432));
    server.hostname = "127.0.0.1";
    server.port = String(wire.port);
    const db = connect({ url: new Secret(server.href), max: 1, prepare: true });
    const access = {
      claims: { sub: await addPerson(admin), role: "authenticated" },
      action: "metrics.list",
      requestId: "request-of-a-test",
    };
    let left = 0;
    const told = ({ remaining }: Taken) => void (left = remaining);
    const budget = { key: "one", limit: 100, windowSeconds: 900, told };
    const read = () =>
      readAs(db, { ...access, budget }, (sql) => [sql`select ${1}::int`, sql`select ${2}::int`]);
    const more = () => readOnAs(db, access, (sql) => [sql`select ${1}::int`]);
    try {
      for (let turn = 0; turn < 2; turn++) { // statements are prepared at their first use
        await read();
        await more();
      }
      wire.reset();
      await read();
      assert.equal(wire.trips(), 1);
      assert.equal(left, 97);
      wire.reset();
      await more();
      assert.equal(wire.trips(), 1);
    } finally {
      await db.close();
      await wire.close();
    }
  });
});

/** A relay to the server that counts how often the client spoke after it had heard. */
function countTrips(port: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const passing: Promise<void>[] = [];
  let trips = 0;
  let heard = true;
  async function pass(from: Deno.Conn, to: Deno.Conn, seen: () => void) {
    for await (const chunk of from.readable) {
      seen();
      for (let sent = 0; sent < chunk.length;) sent += await to.write(chunk.subarray(sent));
    }
  }
  passing.push((async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      const asked = pass(client, server, () => {
        if (heard) trips++;
        heard = false;
      });
      const answered = pass(server, client, () => {
        heard = true;
      });
      passing.push(asked, answered);
    }
  })());
  return {
    port: listener.addr.port,
    trips: () => trips,
    reset() {
      trips = 0;
      heard = true;
    },
    /** After the client has said goodbye: then both sides end by themselves. */
    async close() {
      listener.close();
      await Promise.all(passing);
    },
  };
}

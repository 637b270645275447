import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { createConnection } from "@shared/db/connection.ts";
import { isLost } from "@shared/db/lost.ts";
import { withDatabase } from "../support/database.ts";

// The driver opens another for the next statement, which then is committed by itself.
Deno.test("a connection that closed in a transaction is not opened again", async () => {
  await withDatabase(async ({ admin, appUrl }) => {
    await admin`create table written (n int)`;
    await admin`grant insert on written to raphael_app`;
    const connection = createConnection({ url: new Secret(appUrl), prepare: true });
    const { driver, sql } = connection;
    const closed = new Promise<void>((resolve) => connection.onClosed = resolve);
    try {
      const [row] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
      await driver.unsafe("begin");
      await sql`insert into written values (1)`;
      await admin`select pg_terminate_backend(${row.pid})`;
      await closed;
      await assert.rejects(sql`insert into written values (2)`, isLost);
      assert.equal((await admin`select n from written`).length, 0);
    } finally {
      await connection.destroy("the test ends");
    }
  });
});

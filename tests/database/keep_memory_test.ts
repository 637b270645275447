import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { withDatabase } from "../support/database.ts";

/** As much memory as a page of 1,000 readings takes, without their tables. */
const PAGE = `
  select ${Array.from({ length: 8 }, (_, n) => `array_agg(n * ${n + 1})::text`).join(", ")}
  from (select n from generate_series(1, 2000) n order by n desc limit 1001) r`;
const PID = "select pg_backend_pid() as pid";
const TIMES = 50;

Deno.test("connect() lets the server's process keep its memory from one page to the next", async () => {
  await withDatabase(async ({ admin, app, appUrl }) => {
    /** Pages of memory that the process had to ask its system for, a statement. */
    async function faults(pid: number, once: () => Promise<unknown>): Promise<number> {
      // The tenth field of its line: see proc(5), `minflt`.
      const read = async () => {
        const [row] = await admin<[{ stat: string }]>`
          select pg_read_file(${`/proc/${pid}/stat`}) as stat`;
        return Number(row.stat.split(") ")[1]?.split(" ")[7]);
      };
      for (let n = 0; n < TIMES; n++) await once();
      const before = await read();
      for (let n = 0; n < TIMES; n++) await once();
      return (await read() - before) / TIMES;
    }

    const db = connect({ url: new Secret(appUrl), max: 1, prepare: true });
    const bare = await app.reserve();
    try {
      const [ours] = await db.query((sql) => sql.unsafe<{ pid: number }[]>(PID));
      const [theirs] = await bare.unsafe<{ pid: number }[]>(PID);
      assert.ok(ours && theirs);
      const control = await faults(theirs.pid, () => bare.unsafe(PAGE));
      assert.ok(control > 50, `the control gives nothing back: ${control}`);
      const kept = await faults(ours.pid, () => db.query((sql) => sql.unsafe(PAGE)));
      assert.ok(kept < 5, `${kept} pages a statement`);
    } finally {
      bare.release();
      await db.close();
    }
  });
});

import { jobRecord } from "@shared/db/jobs.ts";
import { withDatabase } from "../support/database.ts";
Deno.test("bench", async () => {
  await withDatabase(async ({ admin }) => {
    await admin.unsafe(Deno.readTextFileSync("/tmp/old.sql"));
    await admin.unsafe("drop trigger if exists kick_on_enqueue on raphael_private.sync_jobs");
    const one = async (fn: string, account: boolean, r: number) => {
      const accountId = crypto.randomUUID();
      const recs = Array.from({ length: 1000 }, (_, n) => jobRecord({ kind: "sync.record", payload: { accountId, resource: "x", recordId: `${r}-${n}` }, ...(account ? { accountId } : {}) }));
      const json = admin.json(recs as never);
      const t = performance.now();
      await admin`select ${admin.unsafe(`raphael_private.${fn}`)}(${json})`;
      return performance.now() - t;
    };
    const res: Record<string, number[]> = {};
    for (let r = 0; r < 12; r++) for (const fn of ["enqueue_old", "enqueue_jobs"]) for (const acc of [false, true]) {
      (res[`${fn} ${acc}`] ??= []).push(await one(fn, acc, r));
    }
    Deno.writeTextFileSync("/tmp/enq.txt", Object.entries(res).map(([k, v]) => `${k} ${v.toSorted((a, b) => a - b)[6]!.toFixed(1)} ms per 1000`).join("\n"));
  });
});

/** A window that is read page by page, through the worker as it is deployed. */
import assert from "node:assert/strict";
import { enqueue } from "@shared/db/jobs.ts";
import { createRuntime } from "@shared/runtime.ts";
import { withDatabase } from "../support/database.ts";
import { linkOura, ouraEnv, startOura } from "./linked_oura.ts";

/** Reads one window of an Oura whose pages lead on as `next` has it; how it ended, and what was asked. */
async function readWindow(next: Readonly<Record<string, string>>) {
  const oura = startOura(({ searchParams }) => {
    const at = searchParams.get("next_token") ?? "first";
    const row = { id: `record-${at}`, day: "2026-11-01", score: 80, contributors: {} };
    return Response.json({ data: [row], next_token: next[at] ?? null });
  });
  try {
    return await withDatabase(async (db) => {
      const env = ouraEnv(db, oura.origin);
      const accountId = await linkOura(db, env);
      const window = { from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z" };
      const payload = { accountId, resource: "daily_sleep", ...window };
      await enqueue(db.app, [{ kind: "sync.pull", payload, accountId }]);
      const runtime = createRuntime(env, { connections: 4, log: () => {} });
      try {
        await runtime.syncWorker.drain();
      } finally {
        await runtime.close();
      }
      const [left] = await db.admin`select count(*)::int as count from raphael_private.sync_jobs`;
      const dead = await db.admin`select kind, error_class from raphael_private.dead_jobs`;
      const [kept] = await db.admin`select count(*)::int as count from raphael_private.raw_records`;
      const pages = oura.requests.filter((path) => path !== "/oauth/token").length;
      return {
        left: left?.["count"],
        kept: kept?.["count"],
        pages,
        dead: dead.map((row) => [row["kind"], row["error_class"]]),
      };
    });
  } finally {
    await oura.stop();
  }
}

Deno.test("sync.pull reads page after page to the last one", async () => {
  const read = await readWindow({ first: "a", a: "b", b: "c" });
  assert.deepEqual(read, { left: 0, kept: 4, pages: 4, dead: [] });
});

Deno.test("sync.pull ends where pages lead round in a circle, and says that the contract is broken", async () => {
  const { pages, dead, kept } = await readWindow({ first: "a", a: "b", b: "c", c: "a" });
  assert.deepEqual(dead, [["sync.pull", "contract"]]);
  assert.equal(kept, 4);
  assert.ok(pages >= 5 && pages <= 12, `${pages} pages`);
});

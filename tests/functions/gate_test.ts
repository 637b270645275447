import assert from "node:assert/strict";
import { enqueue } from "@shared/db/jobs.ts";
import { createRuntime } from "@shared/runtime.ts";
import { withDatabase } from "../support/database.ts";
import { linkOura, ouraEnv, startOura } from "./linked_oura.ts";

const PULLED = "/v2/usercollection/daily_sleep";

Deno.test("createRuntime() sends nothing to a paused provider, leaves its tokens alone, and makes up for it", async () => {
  const oura = startOura(() => Response.json({ data: [], next_token: null }));
  try {
    await withDatabase(async (db) => {
      const env = ouraEnv(db, oura.origin);
      const accountId = await linkOura(db, env);
      const window = { from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z" };
      const pull = { accountId, resource: "daily_sleep", ...window };
      await enqueue(db.app, [
        { kind: "sync.pull", payload: pull, accountId },
        // Without its account the claim cannot know, so that its handler meets the gate.
        { kind: "token.refresh", payload: { accountId } },
      ]);
      await db.admin`select raphael_private.pause_provider('oura')`;
      const runtime = createRuntime(env, { connections: 4, log: () => {} });
      try {
        await runtime.syncWorker.drain();
        assert.deepEqual(oura.requests, []);
        const jobs = await db.admin`
          select kind, attempt, run_at > now() + interval '50 minutes' as later,
                 snoozed_since is not null as snoozed
          from raphael_private.sync_jobs where kind in ('sync.pull', 'token.refresh') order by kind`;
        assert.deepEqual(jobs.map((row) => ({ ...row })), [
          { kind: "sync.pull", attempt: 0, later: true, snoozed: false },
          { kind: "token.refresh", attempt: 0, later: true, snoozed: true },
        ]);
        const [before] = await db.admin`
          select refresh_state, token_version from raphael_private.account_tokens`;
        assert.deepEqual({ ...before }, { refresh_state: "idle", token_version: 1 });

        await db.admin`select raphael_private.resume_provider('oura')`;
        // On a machine that is busy elsewhere an answer may come too late, and its job comes round again.
        for (let n = 0; n < 3 && oura.requests.at(-1) !== PULLED; n++) {
          await runtime.syncWorker.drain();
        }
        assert.deepEqual([oura.requests[0], oura.requests.at(-1)], ["/oauth/token", PULLED]);
        const [after] = await db.admin`
          select refresh_state, token_version from raphael_private.account_tokens`;
        assert.deepEqual({ ...after }, { refresh_state: "idle", token_version: 2 });
        const [state] = await db
          .admin`select state, budget, left_now from raphael_private.gate_states`;
        assert.equal(state?.["state"], "free");
        assert.equal(state?.["budget"], "5000 in 300 s");
      } finally {
        await runtime.close();
      }
    });
  } finally {
    await oura.stop();
  }
});

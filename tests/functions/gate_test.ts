import assert from "node:assert/strict";
import { HOUR } from "@shared/core/time.ts";
import { createVault } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { parseConfig } from "@shared/config.ts";
import { sealTokens } from "@shared/connections/tokens.ts";
import { activateAccount, reserveAccount, storeTokens } from "@shared/db/accounts.ts";
import { enqueue } from "@shared/db/jobs.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { createRuntime } from "@shared/runtime.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { GOOD } from "../support/environment.ts";
import { addPerson } from "../support/people.ts";
import { shutdown } from "../support/shutdown.ts";

const PULLED = "/v2/usercollection/daily_sleep";

/** An Oura that has nothing to tell, but for what it was asked. */
function startOura() {
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    requests.push(pathname);
    return pathname === "/oauth/token"
      ? Response.json({
        access_token: "test-key-access-2",
        refresh_token: "test-key-refresh-2",
        token_type: "bearer",
        expires_in: 86_400,
      })
      : Response.json({ data: [], next_token: null });
  });
  return {
    requests,
    origin: `http://127.0.0.1:${server.addr.port}`,
    stop: () => shutdown(server),
  };
}

async function link({ admin, app }: TestDatabase, env: Record<string, string>): Promise<string> {
  const userId = await addPerson(admin);
  const account = { userId, provider: "oura", region: "", externalUserId: "demo" };
  const { id, tokenVersion } = await reserveAccount(app, account);
  const vault = createVault(parseConfig(env, PROVIDERS).vaultKeys);
  const tokens = {
    accessToken: new Secret("test-key-access"),
    refreshToken: new Secret("test-key-refresh"),
    expiresAt: new Date(Date.now() + HOUR / 60),
  };
  await storeTokens(app, id, await sealTokens(vault, { id, ...account }, tokens, tokenVersion));
  await activateAccount(app, id, {});
  return id;
}

Deno.test("createRuntime() sends nothing to a paused provider, leaves its tokens alone, and makes up for it", async () => {
  const oura = startOura();
  try {
    await withDatabase(async (db) => {
      const env = {
        ...GOOD,
        RAPHAEL_DATABASE_URL: db.appUrl,
        OURA_CLIENT_ID: "oura-client",
        OURA_CLIENT_SECRET: "test-key-oura",
        PROVIDER_ORIGINS: PROVIDERS.find(({ slug }) => slug === "oura")?.hosts
          .map((host) => `https://${host}=${oura.origin}`).join(",") ?? "",
      };
      const accountId = await link(db, env);
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

/** What has to be kept up at providers: subscriptions that end, and grants that they have not forgotten yet. */
import assert from "node:assert/strict";
import { parseConfig } from "@shared/config.ts";
import { disconnect } from "@shared/connections/disconnect.ts";
import { enqueueDueRevocations } from "@shared/connections/outbox.ts";
import { revoke } from "@shared/connections/revoke.ts";
import { sealTokens } from "@shared/connections/tokens.ts";
import { createVault } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { DAY, HOUR } from "@shared/core/time.ts";
import { reserveAccount, storeTokens } from "@shared/db/accounts.ts";
import { connect } from "@shared/db/client.ts";
import type { Handlers } from "@shared/jobs/handlers.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import { directory } from "@shared/providers/directory.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { createGate } from "@shared/runtime/gate.ts";
import { enqueueSubscriptions, subscribe } from "@shared/webhooks/subscribe.ts";
import type { Sandbox } from "../../dev/sandbox/server.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { GOOD } from "../support/environment.ts";
import { addAccount, addPerson, plain } from "../support/people.ts";
import { CLIENTS, link, open } from "../unit/dev/sandbox/support.ts";
import { shutdown } from "../support/shutdown.ts";

const VERIFY_TOKEN = "test-key-oura-verify-token-0000000";

interface World {
  readonly database: TestDatabase;
  readonly sandbox: Sandbox;
  /** Queues what is due, and works until nothing is left; the requests that the provider saw. */
  tick(): Promise<readonly string[]>;
  /** A linked ring that the person then disconnects. */
  leave(): Promise<void>;
}

/** Echoes a challenge as our webhooks function does. */
function serveHandshake() {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { searchParams } = new URL(request.url);
    assert.equal(searchParams.get("verification_token"), VERIFY_TOKEN);
    return Response.json({ challenge: searchParams.get("challenge") });
  });
}

async function withUpkeep(use: (world: World) => Promise<void>): Promise<void> {
  const now = () => new Date();
  const sandbox = await open({ clock: now });
  const handshake = serveHandshake();
  try {
    await withDatabase(async (database) => {
      const config = parseConfig({
        ...GOOD,
        RAPHAEL_DATABASE_URL: database.appUrl,
        PROVIDER_ORIGINS: Object.entries(sandbox.origins).map((pair) => pair.join("=")).join(","),
        OURA_CLIENT_ID: CLIENTS.oura.id,
        OURA_CLIENT_SECRET: CLIENTS.oura.secret,
        OURA_VERIFY_TOKEN: VERIFY_TOKEN,
      }, PROVIDERS);
      const db = connect({ url: config.databaseUrl, max: 4, prepare: false });
      const log = () => {};
      const providers = directory(config.providers, {
        origins: config.providerOrigins,
        now,
        gate: createGate(db, log),
      });
      const vault = createVault(config.vaultKeys);
      const functionsUrl = `http://127.0.0.1:${handshake.addr.port}/functions/v1`;
      const isolate = { timeLeftMs: () => Infinity, keep() {}, idle: () => Promise.resolve() };
      const deps = { db, providers, vault, functionsUrl, isolate, log, now };
      const handlers: Partial<Handlers> = {
        "webhook.subscribe": subscribe(deps),
        "connection.revoke": revoke(deps),
      };
      // SAFETY: no other kind is queued here.
      const runner = createRunner({ db, handlers: handlers as Handlers, log, lingerMs: 50 });
      try {
        await use({
          database,
          sandbox,
          async tick() {
            const before = sandbox.control.requests().length;
            await enqueueDueRevocations(deps);
            await enqueueSubscriptions(deps);
            await runner.drain(20_000);
            return sandbox.control.requests().slice(before)
              .map(({ method, path }) => `${method} ${path.replace(/\/[0-9a-f-]{36}$/, "/:id")}`);
          },
          async leave() {
            const tokens = await link(sandbox, { person: "demo" });
            const userId = await addPerson(database.admin);
            const externalUserId = crypto.randomUUID();
            const { id } = await addAccount(database.app, userId, { externalUserId });
            const account = { userId, provider: "oura", region: "", externalUserId };
            const { tokenVersion } = await reserveAccount(database.app, account);
            const sealed = await sealTokens(vault, { id, ...account }, {
              accessToken: new Secret(tokens.access_token),
              refreshToken: new Secret(tokens.refresh_token),
              expiresAt: new Date(Date.now() + 20 * HOUR),
              scopes: [],
            }, tokenVersion);
            await storeTokens(database.app, id, sealed);
            await disconnect({ db }, { userId, provider: "oura" });
          },
        });
      } finally {
        await db.close();
      }
    });
  } finally {
    await sandbox.stop();
    await shutdown(handshake);
  }
}

const count = (calls: readonly string[], call: string) =>
  calls.filter((one) => one === call).length;
const LIST = "GET /v2/webhook/subscription";
const CREATE = "POST /v2/webhook/subscription";
const RENEW = "PUT /v2/webhook/subscription/renew/:id";

// They last 90 days: made 70 days ago they have 20 left, made 80 days ago 10.
for (const [age, renews] of [[70, false], [80, true]] as const) {
  const what = renews ? "renewed within a fortnight of their end" : "left alone before that";
  Deno.test(`subscriptions are made once, and ${what}`, async () => {
    await withUpkeep(async ({ sandbox, tick }) => {
      sandbox.control.advance(-age * DAY / 1_000);
      const made = count(await tick(), CREATE);
      assert.ok(made > 0);
      sandbox.control.advance(age * DAY / 1_000);
      const calls = await tick();
      assert.equal(count(calls, RENEW), renews ? made : 0);
      assert.equal(calls.length, 1 + (renews ? made : 0));
      assert.deepEqual(await tick(), [LIST], "nothing is left to do");
    });
  });
}

const REVOKE = "POST /oauth/revoke";

Deno.test("a grant is revoked once, and then nothing of it is left", async () => {
  await withUpkeep(async ({ database, leave, tick }) => {
    await leave();
    assert.equal(count(await tick(), REVOKE), 1);
    assert.equal(count(await tick(), REVOKE), 0);
    for (const table of ["revocations", "sync_jobs", "dead_jobs"]) {
      const left = await database.admin`select from ${database.admin(`raphael_private.${table}`)}`;
      assert.equal(left.length, 0, table);
    }
  });
});

Deno.test("a revocation that the provider refuses is tried again each day, and stays told when its time is over", async () => {
  await withUpkeep(async ({ database: { admin }, sandbox, leave, tick }) => {
    sandbox.control.fault({ provider: "oura", route: "/oauth/revoke", kind: "403" });
    await leave();
    const dead = async () =>
      plain(
        await admin`
          select kind, provider, error_class from raphael_private.dead_job_list order by id`,
      );
    const refused = { kind: "connection.revoke", provider: "oura", error_class: "rejected" };
    assert.equal(count(await tick(), REVOKE), 1);
    assert.deepEqual(await dead(), [refused]);
    assert.equal(count(await tick(), REVOKE), 0, "not each hour");

    await admin`update raphael_private.dead_jobs set died_at = died_at - interval '25 hours'`;
    assert.equal(count(await tick(), REVOKE), 1, "a day later");
    assert.deepEqual(await dead(), [refused, refused]);

    await admin`update raphael_private.dead_jobs set died_at = died_at - interval '25 hours'`;
    await admin`update raphael_private.revocations set created_at = now() - interval '31 days'`;
    await admin`select raphael_private.prune()`;
    assert.equal(count(await tick(), REVOKE), 0, "its time is over");
    assert.equal((await dead()).length, 2);
  });
});

Deno.test("a revocation outlives an outage and a lost job", async () => {
  await withUpkeep(async ({ database: { admin }, sandbox, leave, tick }) => {
    sandbox.control.fault({ provider: "oura", route: "/oauth/revoke", kind: "503", times: 1 });
    await leave();
    assert.equal(count(await tick(), REVOKE), 1);
    const [job] = await admin`select attempt, snoozed_since is not null as snoozed
      from raphael_private.sync_jobs where kind = 'connection.revoke'`;
    assert.deepEqual({ ...job }, { attempt: 0, snoozed: true });
    await admin`delete from raphael_private.sync_jobs`;
    assert.equal(count(await tick(), REVOKE), 1, "queued again from the outbox");
    assert.equal((await admin`select from raphael_private.revocations`).length, 0);
  });
});

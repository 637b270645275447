/** The upkeep at providers, against the sandbox: what is due is queued and done at each tick. */
import assert from "node:assert/strict";
import { parseConfig } from "@shared/config.ts";
import { disconnect } from "@shared/connections/disconnect.ts";
import { exchange } from "@shared/connections/exchange.ts";
import { openAccount } from "@shared/connections/open_account.ts";
import { enqueueDueRevocations } from "@shared/connections/outbox.ts";
import { revoke } from "@shared/connections/revoke.ts";
import { createVault } from "@shared/core/envelope.ts";
import { connect } from "@shared/db/client.ts";
import type { Handlers } from "@shared/jobs/handlers.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import { directory } from "@shared/providers/directory.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { createGate } from "@shared/runtime/gate.ts";
import { enqueueSubscriptions, subscribe } from "@shared/webhooks/subscribe.ts";
import type { Sandbox } from "../../dev/sandbox/server.ts";
import { answerConsent } from "../../dev/sandbox/visitor.ts";
import { serve } from "../../dev/serve.ts";
import { CLIENTS, open } from "../unit/dev/sandbox/support.ts";
import { type TestDatabase, withDatabase } from "./database.ts";
import { GOOD } from "./environment.ts";
import { addPerson } from "./people.ts";

const VERIFY_TOKEN = "test-key-oura-verify-token-0000000";
const WITHINGS = { id: "withings-client", secret: "test-key-withings" };
const CALLBACK = "https://app.example/functions/v1/oauth-callback";

export interface UpkeepWorld {
  readonly database: TestDatabase;
  readonly sandbox: Sandbox;
  readonly receiver: ReturnType<typeof serveWebhooks>;
  /** Queues what is due, and works until nothing is left; the requests that the provider saw. */
  tick(): Promise<readonly string[]>;
  /** Links the sandbox's person; the history that this queues is nobody's business here. */
  join(provider: "oura" | "withings"): Promise<{ readonly id: string; leave(): Promise<void> }>;
}

/** Our webhooks function as a provider sees it: echoes a challenge, answers a check, takes what comes. */
function serveWebhooks() {
  const state = { isDown: false, taken: [] as string[], refused: 0 };
  const { url, stop } = serve(
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (request.method === "GET") {
        assert.equal(searchParams.get("verification_token"), VERIFY_TOKEN);
        return Response.json({ challenge: searchParams.get("challenge") });
      }
      const text = await request.text();
      if (request.method === "HEAD") return new Response(null);
      if (state.isDown) state.refused++;
      else state.taken.push(`${pathname.replace(/^.*\/webhooks/, "")} ${text}`);
      return new Response(null, { status: state.isDown ? 503 : 200 });
    },
  );
  return Object.assign(state, { url, stop });
}

export async function withUpkeep(use: (world: UpkeepWorld) => Promise<void>): Promise<void> {
  const now = () => new Date();
  const sandbox = await open({ clock: now, clients: { ...CLIENTS, withings: WITHINGS } });
  const receiver = serveWebhooks();
  try {
    await withDatabase(async (database) => {
      const config = parseConfig({
        ...GOOD,
        RAPHAEL_DATABASE_URL: database.appUrl,
        PROVIDER_ORIGINS: Object.entries(sandbox.origins).map((pair) => pair.join("=")).join(","),
        OURA_CLIENT_ID: CLIENTS.oura.id,
        OURA_CLIENT_SECRET: CLIENTS.oura.secret,
        OURA_VERIFY_TOKEN: VERIFY_TOKEN,
        WITHINGS_CLIENT_ID: WITHINGS.id,
        WITHINGS_CLIENT_SECRET: WITHINGS.secret,
        WITHINGS_WEBHOOK_SECRET: "test-key-withings-path-secret-000000",
      }, PROVIDERS);
      const db = connect({ url: config.databaseUrl, max: 4, prepare: false });
      const log = () => {};
      const providers = directory(config.providers, {
        origins: config.providerOrigins,
        now,
        gate: createGate(db, log),
      });
      const vault = createVault(config.vaultKeys);
      const functionsUrl = `${receiver.url}/functions/v1`;
      const isolate = { timeLeftMs: () => Infinity, keep() {}, idle: () => Promise.resolve() };
      const deps = { db, providers, vault, functionsUrl, isolate, log, now };
      const handlers: Partial<Handlers> = {
        "webhook.subscribe": subscribe(deps),
        "connection.revoke": revoke(deps),
      };
      // SAFETY: no other kind is left in the queue.
      const runner = createRunner({ db, handlers: handlers as Handlers, log, lingerMs: 50 });
      try {
        await use({
          database,
          sandbox,
          receiver,
          async tick() {
            const before = sandbox.control.requests().length;
            await enqueueDueRevocations(deps);
            await enqueueSubscriptions(deps);
            await runner.drain(20_000);
            return sandbox.control.requests().slice(before)
              .map(({ method, path }) => `${method} ${path.replace(/\/[0-9a-f-]{36}$/, "/:id")}`);
          },
          async join(slug) {
            const provider = providers.get(slug);
            const link = provider?.driver.link;
            assert.ok(provider && link?.kind === "oauth2");
            const redirectUri = `${CALLBACK}/${slug}`;
            const page = link.authorizeUrl({
              clientId: provider.client.id,
              state: "state",
              redirectUri,
            });
            const back = await answerConsent(provider.browserUrl(page), { person: "demo" });
            const linked = await exchange(
              provider,
              { redirectUri, region: "", verifier: undefined },
              { kind: "code", code: back.searchParams.get("code") ?? "" },
              AbortSignal.timeout(10_000),
            );
            const userId = await addPerson(database.admin);
            const opening = { userId, region: "", uiId: null, linked };
            const { id } = await openAccount(deps, provider, opening);
            await database.admin`
              delete from raphael_private.sync_jobs where kind like 'sync.%'`;
            return {
              id,
              leave: async () => void await disconnect({ db }, { userId, provider: slug }),
            };
          },
        });
      } finally {
        await db.close();
      }
    });
  } finally {
    await sandbox.stop();
    await receiver.stop();
  }
}

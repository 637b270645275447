/**
 * The six functions' real apps over the real runtime, in this process: a database of the test's own, the
 * sandbox in the providers' place, and one address under which both find the functions.
 */
import assert from "node:assert/strict";
import { exportJWK, generateKeyPair } from "jose";
import { createRuntime } from "@shared/runtime.ts";
import { createLog } from "@shared/http/log.ts";
import { serve } from "../../../dev/serve.ts";
import { CLIENT_IDS, functionEnv } from "../../../dev/function_env.ts";
import { type Sandbox, startSandbox } from "../../../dev/sandbox/server.ts";
import { createTokens } from "../../../dev/tokens.ts";
import { createApp as connect } from "../../../functions/connect/app.ts";
import { createApp as metrics } from "../../../functions/metrics/app.ts";
import { createApp as oauthCallback } from "../../../functions/oauth-callback/app.ts";
import { createApp as syncWorker } from "../../../functions/sync-worker/app.ts";
import { createApp as tokenRefresh } from "../../../functions/token-refresh/app.ts";
import { createApp as webhooks } from "../../../functions/webhooks/app.ts";
import { type TestDatabase, withDatabase } from "../../support/database.ts";
import { addPerson } from "../../support/people.ts";
import { assertNotStored } from "../../support/secret_scan.ts";

/** TEST KEYS: they open nothing but the sandbox of one test. */
export const KEYS = {
  signing: {},
  password: "test",
  encryption: btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, n) => n))),
  internalSecret: "test-internal-secret-0123456789abcdef",
  oura: { secret: "test-oura-secret", verifyToken: "test-oura-verify-token" },
  terra: { apiKey: "test-terra-api-key", webhookSecret: "test-terra-webhook-secret" },
  dexcom: { secret: "test-dexcom-secret" },
  cloud: {},
};

export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- what a test reads of it, the test asserts
  readonly body: any;
  /** As it came. */
  readonly text: string;
  readonly headers: Headers;
  readonly location?: URL;
}

export interface Caller {
  readonly userId: string;
  /** What a request of theirs carries. */
  readonly headers: Readonly<Record<string, string>>;
  /** POST with a body, GET without. */
  call(
    path: string,
    body?: Record<string, unknown>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

export interface FunctionsWorld {
  /** Base of the functions' own addresses. */
  readonly url: string;
  readonly database: TestDatabase;
  readonly sandbox: Sandbox;
  signIn(as?: { readonly anonymous?: true }): Promise<Caller>;
  /** As a provider or a browser sends it: no session, no redirect followed. */
  request(path: string, init?: RequestInit): Promise<Answer>;
  /** Works until nothing is left to do. */
  drain(): Promise<void>;
  /** How many rows stand where anything could have been written. */
  rows(): Promise<Readonly<Record<string, number>>>;
  /** Exchanges that a provider's token endpoint was asked for. */
  tokenRequests(): number;
  /** Never to be seen in a log; states, codes and tickets that pass by are kept without asking. */
  readonly secrets: Set<string>;
}

const TABLES = [
  "raphael.provider_accounts",
  "raphael.samples",
  "raphael_private.account_tokens",
  "raphael_private.dead_jobs",
  "raphael_private.oauth_states",
  "raphael_private.raw_records",
  "raphael_private.sync_jobs",
  "raphael_private.webhook_events",
];

export interface OperatorsWill {
  /** Names of settings that are left out. */
  readonly without?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
}

/** At its end log and database are searched for secrets. */
export async function withFunctions(
  use: (world: FunctionsWorld) => Promise<void>,
  { without = [], settings = {} }: OperatorsWill = {},
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "raphael-e2e-" });
  let answer = (_: Request): Response | Promise<Response> => new Response(null, { status: 503 });
  const server = serve((request) => answer(request));
  const url = `${server.url}/functions/v1`;
  const redirectUris = (slug: string) => [`${url}/oauth-callback/${slug}`];
  const sandbox = await startSandbox({
    port: 0,
    hostname: "127.0.0.1",
    ledgerPath: `${dir}/ledger`,
    historyDays: 3,
    clients: {
      oura: { id: CLIENT_IDS.oura, secret: KEYS.oura.secret, redirectUris: redirectUris("oura") },
      terra: {
        id: CLIENT_IDS.terra,
        secret: KEYS.terra.apiKey,
        webhookSecret: KEYS.terra.webhookSecret,
        webhookUrl: `${url}/webhooks/terra`,
      },
      dexcom: {
        id: CLIENT_IDS.dexcom,
        secret: KEYS.dexcom.secret,
        redirectUris: redirectUris("dexcom"),
      },
      nightscout: { id: "", secret: "", redirectUris: [] },
    },
  });
  try {
    await withDatabase(async (database) => {
      const lines: string[] = [];
      const origin = new URL(url).origin;
      const { privateKey } = await generateKeyPair("ES256", { extractable: true });
      const signing = { ...await exportJWK(privateKey), kid: "test", alg: "ES256" };
      const tokens = await createTokens(signing, `${origin}/auth/v1`);
      const env = functionEnv({
        gatewayUrl: origin,
        databaseUrl: database.appUrl,
        jwks: tokens.jwks,
        origins: sandbox.origins,
        // SAFETY: `functionEnv` reads no key but those above.
        keys: KEYS as never,
      });
      const runtime = createRuntime(
        Object.fromEntries(
          Object.entries({ ...env, ...settings }).filter(([name]) => !without.includes(name)),
        ),
        { connections: 6, log: createLog((line) => lines.push(line)) },
      );
      const apps = new Map(
        Object.entries({
          connect: connect(runtime),
          metrics: metrics(runtime),
          "oauth-callback": oauthCallback(runtime),
          "sync-worker": syncWorker(runtime),
          "token-refresh": tokenRefresh(runtime),
          webhooks: webhooks(runtime),
        }),
      );
      answer = (request) => {
        // The platform takes its prefix off before a function sees the request.
        const here = new URL(request.url);
        const path = here.pathname.replace("/functions/v1", "");
        const app = apps.get(path.split("/")[1] ?? "");
        const seen = new Request(new URL(path + here.search, origin), request);
        return app?.fetch(seen) ?? new Response(null, { status: 404 });
      };
      const secrets = new Set<string>();
      const request = async (path: string, init: RequestInit = {}): Promise<Answer> => {
        const target = path.startsWith("http") ? path : `${url}/${path}`;
        keep(secrets, new URL(target));
        const asked = new Request(target, { redirect: "manual", ...init });
        // Handed over and not sent: a server that refuses a large body early also cuts its sender off,
        // now and then before the refusal is read.
        const response = target.startsWith(`${url}/`) ? await answer(asked) : await fetch(asked);
        const text = await response.text();
        const location = response.headers.get("location");
        if (location) keep(secrets, new URL(location));
        return {
          status: response.status,
          headers: response.headers,
          body: text.startsWith("{") ? JSON.parse(text) : text,
          text,
          ...(location ? { location: new URL(location) } : {}),
        };
      };
      const world: FunctionsWorld = {
        url,
        database,
        sandbox,
        secrets,
        request,
        async signIn(as = {}) {
          const sub = await addPerson(database.admin);
          const claims = { sub, email: "test-person@example.com", session_id: crypto.randomUUID() };
          const { token } = await tokens.session({
            ...claims,
            ...as,
            signedInAt: Math.floor(Date.now() / 1_000),
          });
          secrets.add(token).add(claims.email);
          const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
          return {
            userId: sub,
            headers,
            call: (path, body, more = {}) =>
              request(path, {
                headers: { ...headers, ...more },
                ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
              }),
          };
        },
        drain: () => runtime.syncWorker.drain(),
        async rows() {
          const count = async (table: string) => {
            const { admin } = database;
            return [table, (await admin`select from ${admin(table)}`).length] as const;
          };
          return Object.fromEntries(await Promise.all(TABLES.map(count)));
        },
        tokenRequests: () =>
          sandbox.control.requests().filter(({ path }) => /token$/.test(path)).length,
      };
      try {
        await use(world);
      } finally {
        await sandbox.control.settled();
        await runtime.close();
      }
      const issued = await Deno.readTextFile(`${dir}/ledger.state`).catch(() => "");
      const provided = [...issued.matchAll(/\b[0-9a-f]{64}\b/g)].map(([token]) => token);
      assert.equal(provided.length > 0, world.tokenRequests() > 0);
      for (const token of provided) secrets.add(token);
      const log = lines.join("\n");
      assert.ok(log.length > 0);
      await assertNotStored(database.admin, secrets);
      for (const secret of secrets) {
        assert.ok(!log.includes(secret), `${secret.slice(0, 8)}… is in the log`);
      }
    });
  } finally {
    await sandbox.stop();
    await server.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

function keep(secrets: Set<string>, url: URL): void {
  for (const name of ["state", "code", "connect_ticket", "code_challenge"]) {
    const value = url.searchParams.get(name);
    if (value && value.length >= 16) secrets.add(value);
  }
}

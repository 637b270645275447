/** Linking by what a person typed, through the real function, runtime and database. */
import assert from "node:assert/strict";
import { createVault } from "@shared/core/envelope.ts";
import { Secret } from "@shared/core/secret.ts";
import { parseConfig } from "@shared/config.ts";
import { openTokens } from "@shared/connections/tokens.ts";
import { access } from "@shared/connections/access.ts";
import { loadAccount } from "@shared/db/accounts.ts";
import { connect } from "@shared/db/client.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { createRuntime } from "@shared/runtime.ts";
import { serve } from "../../dev/serve.ts";
import { createApp } from "../../functions/connect/app.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { GOOD } from "../support/environment.ts";
import { addPerson } from "../support/people.ts";
import { httpRuntime, post } from "./http_runtime.ts";

const SITE = "https://leaky-name.nightscout.example";
const TOKEN = "raphael-leaky0token";

/** A site that knows one token. */
function startSite() {
  const paths: string[] = [];
  const server = serve((request) => {
    const { pathname } = new URL(request.url);
    paths.push(pathname);
    const isKnown = request.headers.get("api-secret") === TOKEN;
    const message = { message: isKnown ? "OK" : "UNAUTHORIZED" };
    const profile = [{ defaultProfile: "A", store: { A: { timezone: "Asia/Tokyo" } } }];
    return Response.json(
      pathname === "/api/v1/verifyauth" ? { status: 200, message } : profile,
    );
  });
  return { paths, ...server };
}

interface World {
  readonly database: TestDatabase;
  readonly paths: readonly string[];
  readonly logged: string[];
  readonly env: Record<string, string>;
  readonly userId: string;
  invoke(provider: string, body: unknown): Promise<{ status: number; text: string }>;
}

async function withSite(use: (world: World) => Promise<void>): Promise<void> {
  const site = startSite();
  try {
    await withDatabase(async (database) => {
      const env = {
        ...GOOD,
        RAPHAEL_DATABASE_URL: database.appUrl,
        STRAVA_CLIENT_ID: "1",
        STRAVA_CLIENT_SECRET: "test-key-strava",
        PROVIDER_ORIGINS: `${SITE}=${site.url}`,
      };
      const logged: string[] = [];
      const log = (...line: readonly unknown[]) => void logged.push(JSON.stringify(line));
      const runtime = createRuntime(env, { log });
      const userId = await addPerson(database.admin);
      const base = httpRuntime();
      const app = createApp({
        ...base,
        log,
        authenticate: async (request) => ({ ...await base.authenticate(request), userId }),
        connect: runtime.connect,
      });
      try {
        await use({
          database,
          paths: site.paths,
          logged,
          env,
          userId,
          async invoke(provider, body) {
            const response = await app.request(`/connect/${provider}`, post(body));
            return { status: response.status, text: await response.text() };
          },
        });
        assert.doesNotMatch(logged.join("\n"), /leaky/);
      } finally {
        await runtime.close();
      }
    });
  } finally {
    await site.stop();
  }
}

Deno.test("POST /connect/nightscout proves, seals and opens, and queues the history", () =>
  withSite(async ({ database, paths, env, invoke, userId, logged }) => {
    const { status, text } = await invoke("nightscout", { site: SITE, token: TOKEN });
    assert.equal(status, 200);
    const { data } = JSON.parse(text);
    assert.deepEqual([data.slug, data.uiStatus], ["nightscout", "connected"]);
    assert.doesNotMatch(text, /leaky/);
    assert.deepEqual(paths, ["/api/v1/verifyauth", "/api/v1/profile.json"]);

    const account = await loadAccount(database.app, data.id);
    assert.ok(account);
    assert.deepEqual(
      [account.userId, account.site, account.timeZone, account.externalUserId],
      [userId, SITE, "Asia/Tokyo", new URL(SITE).host],
    );
    assert.deepEqual([account.refreshCt, account.expiresIn], [null, null]);
    assert.doesNotMatch(account.accessCt ?? "", /leaky/);
    const vault = createVault(parseConfig(env, PROVIDERS).vaultKeys);
    const tokens = await openTokens(vault, account);
    assert.equal(tokens?.accessToken.reveal(), TOKEN);

    const jobs = await database.admin`
      select payload ->> 'resource' as resource, count(*)::int as count
      from raphael_private.sync_jobs where kind = 'sync.pull' group by 1 order by 1`;
    assert.deepEqual(jobs.map(({ resource }) => resource), ["entries", "treatments"]);
    assert.ok(jobs.every(({ count }) => count > 10));
    const [polls] = await database.admin`
      select count(*)::int as count from raphael_private.sync_state where account_id = ${data.id}`;
    assert.equal(polls?.["count"], 2);

    // What a job calls the provider with.
    const db = connect({ url: new Secret(database.appUrl), max: 1, prepare: false });
    try {
      const driver = PROVIDERS.find(({ slug }) => slug === "nightscout") ?? assert.fail();
      const configured = { driver, client: { id: "", secret: new Secret("") }, region: "" };
      // SAFETY: nothing is called here, so what would call is left out.
      const providers = { get: () => configured as never, all: () => [] };
      const isolate = { timeLeftMs: () => 1e6, keep: () => {}, idle: () => Promise.resolve() };
      const log = (...line: readonly unknown[]) => void logged.push(JSON.stringify(line));
      const opened = await access({ db, vault, providers, isolate, log }, data.id);
      assert.ok(opened.kind === "open");
      assert.deepEqual([opened.ref.site?.origin, opened.ref.timeZone], [SITE, "Asia/Tokyo"]);
    } finally {
      await db.close();
    }
  }));

Deno.test("POST /connect/nightscout tells what is wrong, and repeats nothing that was typed", () =>
  withSite(async ({ database, paths, invoke }) => {
    const wrong: readonly (readonly [provider: string, body: unknown, status: number])[] = [
      ["nightscout", {}, 400],
      ["nightscout", { site: SITE }, 400],
      ["nightscout", { token: "leaky" }, 400],
      ["nightscout", { site: SITE, token: "leaky token" }, 400],
      ["nightscout", { site: SITE, token: TOKEN, secret: "leaky" }, 400],
      ["nightscout", { site: SITE, token: "x".repeat(5_000) }, 400],
      ["strava", { site: SITE, token: TOKEN }, 400],
      ["nightscout", { site: "http://leaky.example", token: TOKEN }, 422],
      ["nightscout", { site: "https://leaky.internal", token: TOKEN }, 422],
      ["nightscout", { site: "https://169.254.169.254/leaky", token: TOKEN }, 422],
      ["nightscout", { site: SITE, token: "leaky-but-wrong" }, 422],
      // A name without a public address is as one that does not answer.
      ["nightscout", { site: "https://leaky.invalid-name.example", token: TOKEN }, 503],
    ];
    for (const [provider, body, expected] of wrong) {
      const { status, text } = await invoke(provider, body);
      assert.equal(status, expected, `${JSON.stringify(body)}: ${text}`);
      assert.doesNotMatch(text, /leaky/);
    }
    assert.deepEqual(paths, ["/api/v1/verifyauth"]);
    const [row] = await database.admin`
      select count(*)::int as count from raphael.provider_accounts`;
    assert.equal(row?.["count"], 0);
  }));

Deno.test("POST /connect/nightscout gives a site to one person", () =>
  withSite(async ({ database, invoke }) => {
    const other = await addPerson(database.admin);
    await database.app`
      select raphael_private.reserve_account(
        ${other}, 'nightscout', '', ${new URL(SITE).host}, null)`;
    const { status, text } = await invoke("nightscout", { site: SITE, token: TOKEN });
    assert.equal(status, 409);
    assert.doesNotMatch(text, /leaky/);
  }));

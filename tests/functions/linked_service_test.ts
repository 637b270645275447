/** A service behind an aggregator, from the tile's choice to its values, through the real functions. */
import assert from "node:assert/strict";
import { createRuntime } from "@shared/runtime.ts";
import { answerConsent } from "../../dev/sandbox/visitor.ts";
import { type Sandbox, startSandbox } from "../../dev/sandbox/server.ts";
import { createApp as connect } from "../../functions/connect/app.ts";
import { createApp as oauthCallback } from "../../functions/oauth-callback/app.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { GOOD } from "../support/environment.ts";
import { addPerson } from "../support/people.ts";
import { httpRuntime, post } from "./http_runtime.ts";

const CLIENT = { id: "1000", secret: "test-key-spike-hmac" };

interface World {
  readonly database: TestDatabase;
  readonly sandbox: Sandbox;
  readonly runtime: ReturnType<typeof createRuntime>;
  // deno-lint-ignore no-explicit-any -- what a test reads of it, the test asserts
  call(path: string, body?: unknown): Promise<{ readonly status: number; readonly body: any }>;
  callback(url: URL): Promise<URL>;
}

async function withSpike(use: (world: World) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox({
    port: 0,
    hostname: "127.0.0.1",
    historyDays: 3,
    clients: { spike: CLIENT },
  });
  try {
    await withDatabase(async (database) => {
      const runtime = createRuntime({
        ...GOOD,
        RAPHAEL_DATABASE_URL: database.appUrl,
        SPIKE_APPLICATION_ID: CLIENT.id,
        SPIKE_HMAC_KEY: CLIENT.secret,
        STRAVA_CLIENT_ID: "1",
        STRAVA_CLIENT_SECRET: "test-key-strava",
        PROVIDER_ORIGINS: Object.entries(sandbox.origins).map((pair) => pair.join("=")).join(","),
      }, { log: () => {} });
      const userId = await addPerson(database.admin);
      const base = httpRuntime();
      const app = connect({
        ...base,
        authenticate: async (request) => ({ ...await base.authenticate(request), userId }),
        connect: runtime.connect,
      });
      const callbacks = oauthCallback(runtime);
      try {
        await use({
          database,
          sandbox,
          runtime,
          async call(path, body) {
            const response = await app.request(`/connect${path}`, post(body));
            return { status: response.status, body: await response.json() };
          },
          async callback(url) {
            const path = url.pathname.replace("/functions/v1", "");
            const response = await callbacks.request(`${path}${url.search}`);
            return new URL(response.headers.get("location") ?? "about:blank");
          },
        });
      } finally {
        await runtime.close();
      }
    });
  } finally {
    await sandbox.stop();
  }
}

Deno.test("connect/providers says which services there are, and one of them must be chosen", () =>
  withSpike(async ({ call, database }) => {
    const { body: { data } } = await call("/providers");
    const { needs, status, kind, webhook, sessions, metrics } = data.find(
      (tile: { readonly slug: string }) => tile.slug === "spike",
    );
    assert.deepEqual([status, kind, webhook, sessions], [
      "available",
      "widget",
      true,
      ["sleep", "workout"],
    ]);
    assert.ok(metrics.includes("glucose") && metrics.includes("steps"));
    const [{ choices, ...choice }, page] = needs;
    assert.deepEqual([choice, page], [
      { name: "service", kind: "choice" },
      { name: "consent", kind: "page" },
    ]);
    assert.ok(choices.includes("garmin") && !choices.includes("apple"));

    const nobody = "Cannot link spike: it needs service, one of coros, ";
    for (const body of [{}, { service: "apple" }, { service: "nonesuch" }]) {
      const refused = await call("/spike", body);
      assert.equal(refused.status, 400);
      assert.ok(refused.body.error.startsWith(nobody), refused.body.error);
    }
    assert.equal((await call("/spike", { service: "../userinfo" })).status, 400);
    const strava = await call("/strava", { service: "garmin" });
    assert.deepEqual([strava.status, strava.body.error], [
      400,
      "Cannot use service: the provider has no choice",
    ]);
    const states = await database.admin`select from raphael_private.oauth_states`;
    assert.equal(states.length, 0);
  }));

Deno.test("a chosen service is linked, read, and let go at the provider", () =>
  withSpike(async ({ call, callback, database: { admin }, runtime, sandbox }) => {
    const begun = await call("/spike_api", { service: "garmin" });
    assert.equal(begun.status, 200);
    const page = begun.body.url;
    const state = await answerConsent(page, { person: "demo" });
    const app = await callback(state);
    const ticket = app.searchParams.get("connect_ticket") ?? "";
    const { body } = await call("/complete", { ticket });
    const { slug, via, uiStatus, service_type: tile } = body.data;
    assert.deepEqual([slug, via, uiStatus, tile], ["spike", "garmin", "connected", "spike_api"]);
    const [account] = await admin`select external_user_id from raphael.provider_accounts`;
    assert.notEqual(account?.["external_user_id"], state.searchParams.get("state"));

    await runtime.syncWorker.drain();
    const stored = await admin`select metric_id from raphael.samples`;
    assert.ok(stored.length > 200, `only ${stored.length} samples`);
    const metrics = new Set(stored.map((row) => row["metric_id"]));
    assert.ok(metrics.size >= 25, `only ${metrics.size} metrics`);
    assert.equal((await admin`select from raphael_private.dead_jobs`).length, 0);

    await call("/spike/disconnect", {});
    await runtime.syncWorker.drain();
    const deleted = sandbox.control.requests().filter(({ method }) => method === "DELETE");
    assert.deepEqual(deleted.map(({ path, status }) => [path, status]), [
      ["/v3/providers/garmin/integration", 204],
    ]);
  }));

Deno.test("a person who says no comes back with an error, and nothing is linked", () =>
  withSpike(async ({ call, callback, database: { admin } }) => {
    const { body } = await call("/spike", { service: "oura" });
    const back = await answerConsent(body.url, { person: "demo", decision: "deny" });
    const app = await callback(back);
    assert.equal(app.searchParams.get("error"), "provider_error");
    assert.equal((await admin`select from raphael.provider_accounts`).length, 0);
  }));

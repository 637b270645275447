/** A service behind an aggregator, from the tile's choice to its values, through the real functions. */
import assert from "node:assert/strict";
import { answerConsent } from "../../dev/sandbox/visitor.ts";
import { type LinkedWorld, withLinks } from "./linked_service.ts";

const CLIENT = { id: "1000", secret: "test-key-spike-hmac" };

const withSpike = (use: (world: LinkedWorld) => Promise<void>) =>
  withLinks({ spike: CLIENT }, {
    SPIKE_APPLICATION_ID: CLIENT.id,
    SPIKE_HMAC_KEY: CLIENT.secret,
    STRAVA_CLIENT_ID: "1",
    STRAVA_CLIENT_SECRET: "test-key-strava",
  }, use);

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
  withSpike(async ({ call, link, database: { admin }, runtime, sandbox }) => {
    const { back, data } = await link("spike_api", "garmin");
    const { slug, via, uiStatus, service_type: tile } = data;
    assert.deepEqual([slug, via, uiStatus, tile], ["spike", "garmin", "connected", "spike_api"]);
    const [account] = await admin`select external_user_id from raphael.provider_accounts`;
    assert.notEqual(account?.["external_user_id"], back.searchParams.get("state"));

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

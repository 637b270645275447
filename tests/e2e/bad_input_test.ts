/** Whatever comes in badly gets a clear error, and nothing is lost, doubled or half written. */
import assert from "node:assert/strict";
import { allow, ticketIn } from "./support/consent.ts";
import { type Caller, type FunctionsWorld, withFunctions } from "./support/functions_world.ts";
import { terraDelivery } from "./support/terra_delivery.ts";

async function consent(world: FunctionsWorld, person: Caller, provider: string): Promise<URL> {
  const begun = await person.call("connect", { provider });
  assert.equal(begun.status, 200);
  return await allow(world, begun.body.data.authUrl, provider);
}

const ticketOf = async (world: FunctionsWorld, callback: URL) =>
  ticketIn((await world.request(callback.href)).location);

const complete = (person: Caller, ticket: string) => person.call("connect/complete", { ticket });

/** Sent back to the app with an error, and no ticket. */
async function assertRefused(world: FunctionsWorld, callback: URL): Promise<void> {
  const { status, location } = await world.request(callback.href);
  assert.equal(status, 302);
  assert.equal(location?.searchParams.get("error"), "state_invalid");
  assert.equal(location.searchParams.get("connect_ticket"), null);
  assert.ok(location.href.startsWith(new URL(world.url).origin));
}

const BODY = JSON.stringify({ type: "daily", user: { user_id: "nobody" }, data: [] });

/** Asserts that the delivery is answered so, and that nothing at all is written. */
async function assertTurnedAway(world: FunctionsWorld, init: RequestInit, status: number) {
  const before = await world.rows();
  const answer = await world.request("webhooks/terra", init);
  assert.equal(answer.status, status);
  assert.deepEqual(await world.rows(), before);
  return answer;
}

Deno.test("an unknown provider is 404 everywhere, one without a driver 501, and nothing is written", async () => {
  await withFunctions(async (world) => {
    const person = await world.signIn();
    const before = await world.rows();
    const begun = await person.call("connect", { provider: "nonesuch" });
    assert.equal(begun.status, 404);
    assert.deepEqual([begun.body.success, begun.body.code, begun.body.type], [
      false,
      "DATA_VALIDATION_ERROR",
      "urn:raphael:problem:provider_unknown",
    ]);
    const known = await person.call("connect", { provider: "resmed" });
    assert.deepEqual([known.status, known.body.error], [
      501,
      "Cannot link resmed: there is no driver for it yet",
    ]);
    assert.equal((await world.request("oauth-callback/nonesuch?state=x&code=y")).status, 404);
    assert.equal((await world.request("webhooks/nonesuch", terraDelivery(BODY))).status, 404);
    assert.deepEqual(await world.rows(), before);
  });
});

Deno.test("a provider without credentials is 503, and the others work", async () => {
  const without = ["DEXCOM_CLIENT_ID", "DEXCOM_CLIENT_SECRET", "TERRA_WEBHOOK_SECRET"];
  await withFunctions(async (world) => {
    const person = await world.signIn();
    const before = await world.rows();
    const refused = await person.call("connect", { provider: "dexcom" });
    assert.deepEqual([refused.status, refused.body.code], [503, "PROVIDER_NOT_CONFIGURED"]);
    assert.equal((await world.request("webhooks/terra", terraDelivery(BODY))).status, 503);
    assert.deepEqual(await world.rows(), before);
    const { body } = await person.call("connect/providers");
    const status = new Map(
      body.data.map((one: { slug: string; status: string }) => [one.slug, one.status]),
    );
    assert.deepEqual(
      ["dexcom", "oura", "terra", "apple_health"].map((slug) => status.get(slug)),
      ["not_configured", "available", "available", "unavailable"],
    );
    const ticket = await ticketOf(world, await consent(world, person, "oura"));
    assert.equal((await complete(person, ticket)).status, 200);
  }, { without });
});

Deno.test("a replayed state is refused, and the link that it began still completes", async () => {
  await withFunctions(async (world) => {
    const person = await world.signIn();
    const callback = await consent(world, person, "oura");
    const ticket = await ticketOf(world, callback);
    const before = await world.rows();
    await assertRefused(world, callback);
    assert.equal(world.tokenRequests(), 0);
    assert.deepEqual(await world.rows(), before);
    assert.equal((await complete(person, ticket)).status, 200);
    assert.equal(world.tokenRequests(), 1);
    const again = await complete(person, ticket);
    assert.deepEqual([again.status, again.body.code], [410, "CONNECTION_NOT_FOUND"]);
    assert.equal(world.tokenRequests(), 1);
  });
});

Deno.test("an expired state and an invented one are refused, and no code is exchanged", async () => {
  await withFunctions(async (world) => {
    const person = await world.signIn();
    for (const provider of ["oura", "dexcom"]) {
      const callback = await consent(world, person, provider);
      await world.database.admin`update raphael_private.oauth_states set expires_at = now()`;
      await assertRefused(world, callback);
      callback.searchParams.set("state", "invented-0123456789-0123456789-0123456789-0");
      await assertRefused(world, callback);
    }
    assert.equal(world.tokenRequests(), 0);
    assert.equal((await world.rows())["raphael.provider_accounts"], 0);
    const ticket = await ticketOf(world, await consent(world, person, "dexcom"));
    assert.equal((await complete(person, ticket)).status, 200, "and a new attempt works");
  });
});

Deno.test("a state brought to another provider is refused and burnt, and no code is exchanged", async () => {
  await withFunctions(async (world) => {
    const person = await world.signIn();
    const callback = await consent(world, person, "oura");
    const elsewhere = new URL(
      callback.href.replace("/oauth-callback/oura", "/oauth-callback/dexcom"),
    );
    await assertRefused(world, elsewhere);
    await assertRefused(world, callback);
    assert.equal(world.tokenRequests(), 0);
    assert.equal((await world.rows())["raphael.provider_accounts"], 0);
  });
});

Deno.test("another person's ticket is 403 and burnt, and nothing is linked to either", async () => {
  await withFunctions(async (world) => {
    const [alice, mallory] = [await world.signIn(), await world.signIn()];
    const ticket = await ticketOf(world, await consent(world, alice, "oura"));
    const stolen = await complete(mallory, ticket);
    assert.deepEqual([stolen.status, stolen.body.code], [403, "INSUFFICIENT_PERMISSIONS"]);
    assert.equal((await complete(alice, ticket)).status, 410);
    assert.equal(world.tokenRequests(), 0);
    const { "raphael.provider_accounts": accounts, "raphael_private.account_tokens": tokens } =
      await world.rows();
    assert.deepEqual([accounts, tokens], [0, 0]);
    for (const person of [alice, mallory]) {
      assert.deepEqual((await person.call("connect/sources")).body.data, []);
    }
  });
});

Deno.test("a webhook with one flipped bit is 401, and the true one is still taken", async () => {
  await withFunctions(async (world) => {
    const flipped = BODY.replace("nobody", "nobodx");
    await assertTurnedAway(world, terraDelivery(flipped, { signed: BODY }), 401);
    await assertTurnedAway(world, terraDelivery(BODY, { ageSeconds: 600 }), 401);
    await assertTurnedAway(world, terraDelivery(BODY, { ageSeconds: -600 }), 401);
    const { method, body, headers } = terraDelivery(BODY);
    const { "terra-signature": signature, ...unsigned } = headers;
    await assertTurnedAway(world, { method, body, headers: unsigned }, 401);
    const last = signature.at(-1) === "0" ? "1" : "0";
    const forged = { ...unsigned, "terra-signature": signature.slice(0, -1) + last };
    await assertTurnedAway(world, { method, body, headers: forged }, 401);
    assert.equal((await world.request("webhooks/terra", terraDelivery(BODY))).status, 200);
    assert.equal((await world.rows())["raphael_private.webhook_events"], 1);
  });
});

Deno.test("a webhook that is too large is 413 and one that is not JSON 400, signed as they are", async () => {
  await withFunctions(async (world) => {
    const broken = await assertTurnedAway(world, terraDelivery(BODY.slice(0, -1)), 400);
    assert.equal(broken.body.type, "urn:raphael:problem:malformed_body");
    const large = JSON.stringify({ padding: "x".repeat(12 * 1_024 * 1_024) });
    const refused = await assertTurnedAway(world, terraDelivery(large), 413);
    assert.equal(refused.body.code, "DATA_VALIDATION_ERROR");
    const { headers, ...rest } = terraDelivery(BODY);
    const text = { ...rest, headers: { ...headers, "content-type": "text/plain" } };
    await assertTurnedAway(world, text, 415);
  });
});

Deno.test("a webhook delivered again and again is one event with one effect", async () => {
  await withFunctions(async (world) => {
    const { sandbox, database: { admin } } = world;
    const person = await world.signIn();
    await complete(person, await ticketOf(world, await consent(world, person, "oura")));
    await world.drain();
    const before = (await world.rows())["raphael.samples"] ?? 0;
    assert.ok(before > 0);

    sandbox.control.publish({ person: "demo", provider: "oura", resource: "workout" });
    await sandbox.control.settled();
    const [delivery] = sandbox.control.deliveries();
    assert.equal(delivery?.state, "delivered");
    for (let n = 0; n < 5; n++) sandbox.control.replay(delivery.id);
    await sandbox.control.settled();
    await world.drain();
    const { "raphael.samples": after = 0 } = await world.rows();
    assert.ok(after > before);
    sandbox.control.replay(delivery.id);
    await sandbox.control.settled();
    assert.equal((await world.rows())["raphael_private.sync_jobs"], 0, "a late one makes no job");
    const events = await admin`select deliveries, outcome from raphael_private.webhook_events`;
    assert.deepEqual(events.map((event) => ({ ...event })), [{
      deliveries: 7,
      outcome: "processed",
    }]);
    assert.equal((await world.rows())["raphael.samples"], after);
    assert.equal((await world.rows())["raphael_private.dead_jobs"], 0);
    const { body } = await person.call("metrics?types=WORKOUT_DURATION&limit=5");
    assert.ok(body.data.length > 0);
  });
});

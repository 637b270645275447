import assert from "node:assert/strict";
import { toHex, utf8 } from "@shared/core/bytes.ts";
import { hmac } from "@shared/core/crypto.ts";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { json, open, openReceiver, request } from "./support.ts";

const CLIENT = { id: "rook-client", secret: "test-key-rook", webhookSecret: "test-key-rook-hash" };
const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/rook?state=s1";
const USER = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";

function openRook(webhookUrl?: string): Promise<Sandbox> {
  return open({ clients: { rook: { ...CLIENT, ...(webhookUrl ? { webhookUrl } : {}) } } });
}

function get(sandbox: Sandbox, path: string, body?: unknown): Promise<Response> {
  const headers = { authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` };
  return request(`${sandbox.url}/rook${path}`, {
    headers,
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
}

async function link(sandbox: Sandbox, service: string, decision?: "deny"): Promise<URL> {
  const query = new URLSearchParams({ redirect_url: CALLBACK });
  const path = `/api/v1/user_id/${USER}/data_source/${service}/authorizer?${query}`;
  const { authorization_url } = await json(await get(sandbox, path));
  const page = new URL(String(authorization_url));
  const there = sandbox.origins[page.origin];
  assert.ok(there, page.origin);
  const at = new URL(`${there}${page.pathname}${page.search}`);
  return await answerConsent(at, { person: "demo", ...(decision ? { decision } : {}) });
}

const day = (date: string, path: string) =>
  `/v2/processed_data/${path}?user_id=${USER}&date=${date}`;

Deno.test("rook links one service of a user, tells which, and lets go of it", async () => {
  const sandbox = await openRook();
  const services = async () => {
    const path = `/api/v2/user_id/${USER}/data_sources/authorized`;
    const { data_sources } = await json(await get(sandbox, path));
    assert.ok(Array.isArray(data_sources) && data_sources.length === 7);
    return data_sources.filter(({ authorized }) => authorized).map((one) => one.data_source);
  };
  const revoke = async (data_source: string) =>
    (await get(sandbox, `/api/v1/user_id/${USER}/data_sources/revoke_auth`, { data_source }))
      .status;
  try {
    const anybody = await request(
      `${sandbox.url}/rook/api/v2/user_id/${USER}/data_sources/authorized`,
    );
    assert.equal(anybody.status, 401);
    await link(sandbox, "Oura", "deny");
    assert.deepEqual(await services(), []);
    assert.equal((await link(sandbox, "Oura")).href, CALLBACK);
    assert.deepEqual(await services(), ["Oura"]);
    const path = `/api/v1/user_id/${USER}/data_source/Oura/authorizer`;
    assert.equal((await json(await get(sandbox, path)))["authorization_url"], null);
    for (const wrong of [path.replace("Oura", "oura"), path.replace(USER, "a_b")]) {
      assert.equal((await get(sandbox, wrong)).status, 422);
    }
    assert.deepEqual([await revoke("Dexcom"), await revoke("Polar")], [422, 204]);
    assert.equal(await revoke("Oura"), 200);
    assert.deepEqual(await services(), []);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("rook answers one day of one kind, from a week before the link to the last that is over", async () => {
  const sandbox = await openRook();
  try {
    const summary = day("2026-11-19", "physical_health/summary");
    assert.equal((await get(sandbox, summary)).status, 204, "nobody linked");
    await link(sandbox, "Garmin");
    const { data_structure, physical_health } = await json(await get(sandbox, summary));
    assert.equal(data_structure, "physical_summary");
    const { metadata } = Object(physical_health).summary.physical_summary;
    assert.equal(metadata.datetime_string, "2026-11-19T00:00:00.000000+02:00");
    assert.deepEqual(metadata.sources_of_data_array, ["Garmin"]);
    const statuses = async (dates: readonly string[], path: string) =>
      await Promise.all(dates.map(async (date) => (await get(sandbox, day(date, path))).status));
    const dates = ["2026-11-12", "2026-11-13", "2026-11-20", "2026-11-21"];
    // It is 17:00 of the 20th in Helsinki: the day is not over, the night is.
    assert.deepEqual(await statuses(dates, "physical_health/summary"), [204, 200, 204, 204]);
    assert.deepEqual(await statuses(dates, "sleep_health/summary"), [204, 200, 200, 204]);
    assert.deepEqual(await statuses(dates, "body_health/events/nutrition"), [204, 204, 204, 204]);
    assert.equal((await get(sandbox, day("2026-11-19", "body_health/events/x"))).status, 404);
    assert.equal((await get(sandbox, day("yesterday", "body_health/summary"))).status, 400);
    const heart = "body_health/events/heart_rate";
    assert.deepEqual(await statuses(dates, heart), [204, 204, 200, 204], "no events of before");
    const { body_health } = await json(await get(sandbox, day("2026-11-20", heart)));
    assert.equal(Object(body_health).events.heart_rate_event.length, 2);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("rook delivers what there was and what is new, with a hash of client, user and time alone", async () => {
  await using receiver = openReceiver();
  const sandbox = await openRook(receiver.url);
  try {
    await link(sandbox, "Garmin");
    await sandbox.control.settled();
    const structures = receiver.received.map(({ body }) => body["data_structure"]);
    assert.deepEqual(
      new Set(structures),
      new Set(["physical_summary", "sleep_summary", "body_summary"]),
    );
    const known = receiver.received.length;
    sandbox.control.publish({ person: "demo", provider: "rook", resource: "activity_event" });
    sandbox.control.publish({ person: "demo", provider: "rook", resource: "body_summary" });
    await sandbox.control.settled();
    const told = receiver.received.slice(known);
    const of = (structure: string) => told.find(({ body }) => body["data_structure"] === structure);
    const activity = of("activity_event") ?? assert.fail();
    const { physical_health, user_id, client_uuid } = activity.body;
    const [event] = Object(physical_health).events.activity_event;
    assert.deepEqual([client_uuid, user_id], [CLIENT.id, USER]);
    const signed = `${CLIENT.id}${USER}${event.metadata.datetime_string}`;
    const hash = toHex(hmac("SHA-256", CLIENT.webhookSecret, utf8(signed)));
    assert.equal(activity.headers.get("x-rook-hash"), hash);
    assert.equal(of("body_summary")?.body["document_version"], 2);
  } finally {
    await sandbox.stop();
  }
});

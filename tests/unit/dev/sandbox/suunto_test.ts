import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { DAY } from "@shared/core/time.ts";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { json, NOON, open, openReceiver, post, request } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/suunto";
const CLIENT = {
  id: "suunto-client",
  secret: "test-key-suunto",
  apiKey: "test-key-subscription",
  webhookSecret: "test-key-notification",
};
const BASIC = { authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` };

function openSuunto(webhookUrl?: string): Promise<Sandbox> {
  return open({ clients: { suunto: { ...CLIENT, ...(webhookUrl ? { webhookUrl } : {}) } } });
}

async function linked(sandbox: Sandbox): Promise<Record<string, unknown>> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: CALLBACK,
    state: "s1",
  });
  const page = new URL(`${sandbox.url}/suunto/oauth/authorize?${query}`);
  const code = (await answerConsent(page, { person: "demo" })).searchParams.get("code") ?? "";
  const form = { grant_type: "authorization_code", code, redirect_uri: CALLBACK };
  return await json(await post(`${sandbox.url}/suunto/oauth/token`, form, BASIC));
}

function get(sandbox: Sandbox, path: string, token: unknown, key = CLIENT.apiKey) {
  const headers = { authorization: `Bearer ${token}`, "ocp-apim-subscription-key": key };
  return request(`${sandbox.url}/suunto${path}`, { headers });
}

Deno.test("suunto names the person beside the token, to a client that names itself by Basic", async () => {
  const sandbox = await openSuunto();
  try {
    const tokens = await linked(sandbox);
    assert.match(String(tokens["user"]), /^demo-\d+$/);
    const form = { grant_type: "refresh_token", refresh_token: String(tokens["refresh_token"]) };
    const url = `${sandbox.url}/suunto/oauth/token`;
    const inBody = { ...form, client_id: CLIENT.id, client_secret: CLIENT.secret };
    assert.equal((await post(url, inBody)).status, 401);
    assert.equal((await post(url, form, BASIC)).status, 200);
    assert.equal((await post(url, form, BASIC)).status, 400, "a refresh token is used once");
    const gone = `/oauth/deauthorize?client_id=${CLIENT.id}`;
    assert.equal((await get(sandbox, gone, tokens["access_token"])).status, 200);
    assert.equal((await get(sandbox, "/v3/workouts/", tokens["access_token"])).status, 401);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("suunto's gateway wants its key, refuses long windows, and ends at its limit", async () => {
  const sandbox = await openSuunto();
  try {
    const { access_token: token } = await linked(sandbox);
    const refused = await get(sandbox, "/v3/workouts/", token, "wrong");
    assert.equal(refused.status, 401);
    assert.match(await refused.text(), /subscription key/);
    const samples = (days: number) =>
      get(sandbox, `/247samples/sleep?from=${+NOON - days * DAY}&to=${+NOON}`, token);
    assert.equal((await samples(29)).status, 400);
    assert.equal((await samples(28)).status, 200);
    let last = new Response();
    for (let i = 0; i < 60; i++) last = await get(sandbox, "/v3/workouts/", token);
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers.get("retry-after")) > 0);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("suunto counts pages, gives one workout as an object, and sums days from any hour", async () => {
  const sandbox = await openSuunto();
  try {
    const { access_token: token } = await linked(sandbox);
    const page = async (query: string) => {
      const { payload } = await json(await get(sandbox, `/v3/workouts/?${query}`, token));
      assert.ok(Array.isArray(payload));
      return payload;
    };
    const all = await page("limit=100");
    assert.deepEqual(await page("limit=100&offset=1"), all.slice(1));
    assert.deepEqual(await page("limit=100&offset=100"), []);
    const [first] = all;
    const one = await json(await get(sandbox, `/v3/workouts/${first.workoutKey}`, token));
    assert.deepEqual(one["payload"], first);
    const query = "startdate=2026-11-17T22:00:00&enddate=2026-11-19T21:59:59";
    const days = await get(sandbox, `/247/daily-activity-statistics?${query}`, token);
    const text = JSON.stringify(await days.json());
    assert.match(text, /"TimeISO8601":"2026-11-17T22:00:00.000"/);
    assert.match(text, /"TimeISO8601":"2026-11-18T22:00:00.000"/);
    assert.doesNotMatch(text, /2026-11-19T22/);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("suunto tells of what is new with the data in it, signed in hex", async () => {
  await using receiver = openReceiver();
  const sandbox = await openSuunto(receiver.url);
  try {
    await linked(sandbox);
    for (const resource of ["workouts", "sleep"]) {
      sandbox.control.publish({ person: "demo", provider: "suunto", resource });
    }
    await sandbox.control.settled();
    const types = receiver.received.map(({ body }) => body["type"]).sort();
    assert.deepEqual(types, ["SUUNTO_247_SLEEP_CREATED", "WORKOUT_CREATED"]);
    for (const { headers, text } of receiver.received) {
      const expected = createHmac("sha256", CLIENT.webhookSecret).update(text).digest("hex");
      assert.equal(headers.get("x-hmac-sha256-signature"), expected);
    }
    const metrics = sandbox.ledger.facts("demo").map(({ metric }) => metric);
    assert.ok(metrics.includes("sleep_deep"), "what is pushed is in the ledger");
  } finally {
    await sandbox.stop();
  }
});

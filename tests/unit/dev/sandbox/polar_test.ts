import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { json, open, openReceiver, post, request } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/polar";
const CLIENT = {
  id: "polar-client",
  secret: "test-key-polar",
  webhookSecret: "test-key-polar-signature",
};
const BASIC = { authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` };

function openPolar(webhookUrl?: string): Promise<Sandbox> {
  return open({ clients: { polar: { ...CLIENT, ...(webhookUrl ? { webhookUrl } : {}) } } });
}

async function link(sandbox: Sandbox): Promise<Record<string, unknown>> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: CALLBACK,
    scope: "accesslink.read_all",
    state: "s",
  });
  const page = new URL(`${sandbox.url}/polar/oauth2/authorization?${query}`);
  const back = await answerConsent(page, { person: "demo" });
  const form = {
    grant_type: "authorization_code",
    code: back.searchParams.get("code") ?? "",
    redirect_uri: CALLBACK,
  };
  const response = await post(`${sandbox.url}/polar/v2/oauth2/token`, form, BASIC);
  assert.equal(response.status, 200);
  return await json(response);
}

const call = (sandbox: Sandbox, path: string, token: unknown, init: RequestInit = {}) =>
  request(`${sandbox.url}/polar/v3${path}`, {
    ...init,
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...(init.body ? { "content-type": "application/json" } : {}),
    },
  });

const register = (sandbox: Sandbox, token: unknown) =>
  call(sandbox, "/users", token, { method: "POST", body: '{"member-id":"m-1"}' });

Deno.test("polar takes Basic alone, names the person and gives no refresh token", async () => {
  const sandbox = await openPolar();
  const tokens = await link(sandbox);
  assert.equal(typeof tokens["x_user_id"], "number");
  assert.equal(tokens["refresh_token"], undefined);
  assert.equal(tokens["expires_in"], 315_359_999);
  const form = { grant_type: "authorization_code", code: "c", client_id: CLIENT.id };
  const body = { ...form, client_secret: CLIENT.secret };
  assert.equal((await post(`${sandbox.url}/polar/v2/oauth2/token`, body)).status, 401);
  await sandbox.stop();
});

Deno.test("polar shows nothing before the person is registered, and nothing after they are not", async () => {
  const sandbox = await openPolar();
  const { access_token: token, x_user_id: id } = await link(sandbox);
  assert.equal((await call(sandbox, "/users/sleep", token)).status, 403);
  assert.equal((await call(sandbox, "/users", token, { method: "POST", body: "{}" })).status, 400);
  assert.equal((await register(sandbox, token)).status, 200);
  assert.equal((await register(sandbox, token)).status, 409);
  assert.equal((await json(await call(sandbox, `/users/${id}`, token)))["polar-user-id"], id);
  assert.equal((await call(sandbox, "/users/1", token)).status, 204);
  assert.equal((await call(sandbox, "/users/sleep", token)).status, 200);
  assert.equal((await call(sandbox, `/users/${id}`, token, { method: "DELETE" })).status, 204);
  assert.equal((await call(sandbox, "/users/sleep", token)).status, 401);
  await sandbox.stop();
});

Deno.test("polar answers four weeks, 204 or 404 for nothing, and XML to who asks for no JSON", async () => {
  const sandbox = await openPolar();
  const { access_token: token } = await link(sandbox);
  await register(sandbox, token);
  const nights = (await json(await call(sandbox, "/users/sleep", token)))["nights"];
  assert.ok(Array.isArray(nights) && nights.length > 10 && nights.length <= 28);
  assert.equal((await call(sandbox, "/users/sleep/1999-01-01", token)).status, 404);
  assert.equal((await call(sandbox, "/users/activities/1999-01-01", token)).status, 204);
  assert.equal((await call(sandbox, "/users/biosensing/ecg", token)).status, 204);
  const range = "/users/cardio-load/date";
  assert.equal((await call(sandbox, range, token)).status, 400);
  assert.equal(
    (await call(sandbox, `${range}?from=2026-10-01&to=2026-11-20`, token)).status,
    400,
    "more than 28 days",
  );
  const xml = await request(`${sandbox.url}/polar/v3/users/sleep`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.match(xml.headers.get("content-type") ?? "", /xml/);
  assert.match(xml.headers.get("ratelimit-limit") ?? "", /^520, 5100$/);
  await sandbox.stop();
});

Deno.test("polar's nights go past midnight by the clock and add up in the ledger", async () => {
  const sandbox = await openPolar();
  const { access_token: token } = await link(sandbox);
  await register(sandbox, token);
  const { nights } = await json(await call(sandbox, "/users/sleep", token));
  assert.ok(Array.isArray(nights));
  const eves = nights.filter(({ sleep_start_time }) => /T2[123]:/.test(sleep_start_time));
  assert.ok(eves.length > 0);
  for (const { hypnogram } of eves) {
    const clocks = Object.keys(hypnogram);
    assert.notDeepEqual(clocks, clocks.toSorted(), "the eve comes before the morning");
  }
  const facts = sandbox.ledger.facts("demo").filter(({ resource }) => resource === "sleep");
  for (const { date, deep_sleep, light_sleep, rem_sleep } of nights) {
    const asleep = facts.find(({ metric, recordId }) =>
      metric === "sleep_duration" && recordId === date
    );
    assert.equal((asleep?.value ?? 0) * 60, deep_sleep + light_sleep + rem_sleep);
  }
  await sandbox.stop();
});

Deno.test("polar pings before anybody knows the secret, then signs", async () => {
  await using receiver = openReceiver();
  const sandbox = await openPolar(receiver.url);
  const { access_token: token, x_user_id: id } = await link(sandbox);
  await register(sandbox, token);
  const order = { person: "demo", provider: "polar", resource: "exercises" };
  const { recordId } = sandbox.control.publish(order);
  await sandbox.control.settled();
  const ping = receiver.received.find(({ body }) => body["event"] === "PING");
  assert.ok(ping && !ping.headers.has("polar-webhook-signature"));
  const news = receiver.received.find(({ body }) => body["event"] === "EXERCISE");
  assert.ok(news);
  assert.equal(news.body["user_id"], id);
  assert.equal(news.body["entity_id"], recordId);
  assert.equal(
    news.headers.get("polar-webhook-signature"),
    createHmac("sha256", CLIENT.webhookSecret).update(news.text).digest("hex"),
  );
  const exercise = await json(await call(sandbox, `/exercises/${recordId}`, token));
  assert.equal(typeof exercise["start_time_utc_offset"], "number");
  sandbox.control.publish({ ...order, action: "delete", recordId });
  assert.equal((await call(sandbox, `/exercises/${recordId}`, token)).status, 404);
  await sandbox.control.settled();
  await sandbox.stop();
});

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { type Answer, answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { CLIENTS, json, open, openReceiver, type Received, request } from "./support.ts";

const AUTH = {
  "dev-id": CLIENTS.terra.id,
  "x-api-key": CLIENTS.terra.secret,
  "content-type": "application/json",
};
const RETURN = "http://127.0.0.1:9/return";

function openWith(webhookUrl: string): Promise<Sandbox> {
  return open({ clients: { terra: { ...CLIENTS.terra, webhookUrl } } });
}

function call(sandbox: Sandbox, path: string, init: RequestInit = {}): Promise<Response> {
  return request(`${sandbox.url}/terra${path}`, { headers: AUTH, ...init });
}

async function pageOf(sandbox: Sandbox, path = "/api/v2/auth/generateWidgetSession") {
  const response = await call(sandbox, path, {
    method: "POST",
    body: JSON.stringify({
      providers: "GARMIN,FITBIT",
      reference_id: "reference-1",
      auth_success_redirect_url: RETURN,
      auth_failure_redirect_url: `${RETURN}/failed`,
    }),
  });
  const session = await json(response);
  assert.equal(session["expires_in"], 900);
  const page = String(session["url"]);
  const origin = "https://widget.tryterra.co";
  assert.ok(page.startsWith(`${origin}/session/`));
  return page.replace(origin, sandbox.origins[origin] ?? "");
}

async function linkTerra(sandbox: Sandbox, answer: Answer): Promise<string> {
  const back = await answerConsent(await pageOf(sandbox), answer);
  return back.searchParams.get("user_id") ?? "";
}

function signed(received: Received | undefined): boolean {
  const header = received?.headers.get("terra-signature") ?? "";
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  const mac = createHmac("sha256", CLIENTS.terra.webhookSecret)
    .update(`${t}.${received?.text}`).digest("hex");
  return v1 === mac && received?.headers.get("x-terra-signature") === header;
}

Deno.test("terra widget links a device: redirect, signed auth webhook, userInfo", async () => {
  await using receiver = openReceiver();
  const sandbox = await openWith(receiver.url);
  const page = await pageOf(sandbox, "/widget/api/session");
  const back = await answerConsent(page, { person: "demo", resource: "FITBIT" });
  assert.equal(back.origin + back.pathname, RETURN);
  assert.equal(back.searchParams.get("reference_id"), "reference-1");
  assert.equal(back.searchParams.get("resource"), "FITBIT");
  const userId = back.searchParams.get("user_id");
  await sandbox.control.settled();
  const [auth] = receiver.received;
  assert.ok(signed(auth));
  assert.equal(auth?.body["type"], "auth");
  const info = await json(await call(sandbox, `/api/v2/userInfo?user_id=${userId}`));
  assert.equal(info["is_authenticated"], true);
  const users: unknown = await (await call(sandbox, "/v2/userInfo?reference_id=reference-1"))
    .json();
  assert.ok(Array.isArray(users) && users.length === 1);
  assert.equal((await request(page)).status, 404, "a session works once");
  const stranger = await request(`${sandbox.url}/terra/api/v2/userInfo?user_id=${userId}`);
  assert.equal(stranger.status, 401);
  assert.equal(stranger.headers.get("content-type"), "application/problem+json");
  await sandbox.stop();
});

Deno.test("terra widget tells of a refusal and of a second link", async () => {
  await using receiver = openReceiver();
  const sandbox = await openWith(receiver.url);
  const denied = await answerConsent(await pageOf(sandbox), { person: "demo", decision: "deny" });
  assert.equal(denied.pathname, "/return/failed");
  const first = await linkTerra(sandbox, { person: "demo" });
  const second = await linkTerra(sandbox, { person: "demo" });
  assert.notEqual(first, second);
  await sandbox.control.settled();
  const types = receiver.received.map((one) => one.body["type"]).sort();
  assert.deepEqual(types, ["auth", "auth", "auth_cancelled", "user_reauth"]);
  assert.equal((await call(sandbox, `/api/v2/userInfo?user_id=${first}`)).status, 404);
  await sandbox.stop();
});

Deno.test("terra widget closes after fifteen minutes", async () => {
  const sandbox = await openWith("http://127.0.0.1:9/");
  const page = await pageOf(sandbox);
  sandbox.control.advance(900);
  await assert.rejects(answerConsent(page, { person: "demo" }), /404/);
  await sandbox.stop();
});

Deno.test("terra data goes to the webhook in chunks unless asked for inline", async () => {
  await using receiver = openReceiver();
  const sandbox = await openWith(receiver.url);
  const userId = await linkTerra(sandbox, { person: "demo" });
  await sandbox.control.settled();
  receiver.received.length = 0;
  const query = `user_id=${userId}&start_date=2026-09-01&end_date=2026-11-21`;
  const ack = await json(await call(sandbox, `/api/v2/daily?${query}`));
  assert.equal("data" in ack, false);
  assert.match(String(ack["message"]), /Large request/);
  await sandbox.control.settled();
  assert.ok(receiver.received.every(signed));
  const daily = receiver.received.filter((one) => one.body["type"] === "daily");
  const sizes = daily.map((one) => Array.isArray(one.body["data"]) ? one.body["data"].length : 0);
  assert.deepEqual(sizes.sort(), [10, 5]);
  const sending = receiver.received.find((one) => one.body["type"] === "large_request_sending");
  assert.equal(sending?.body["expected_payloads"], 2);
  assert.deepEqual(
    new Set(daily.map((one) => one.headers.get("terra-reference"))),
    new Set([ack["reference"]]),
  );
  assert.equal(new Set(daily.map((one) => one.headers.get("x-terra-trace-id"))).size, 2);

  const inline = await json(await call(sandbox, `/api/v2/daily?${query}&to_webhook=false`));
  assert.ok(Array.isArray(inline["data"]) && inline["data"].length === 15);
  assert.equal((await call(sandbox, `/api/v2/daily?user_id=${userId}`)).status, 400);
  await sandbox.stop();
});

Deno.test("terra publishes a running day, a new workout and its tombstone", async () => {
  await using receiver = openReceiver();
  const sandbox = await openWith(receiver.url);
  const userId = await linkTerra(sandbox, { person: "demo" });
  const steps = () =>
    sandbox.ledger.facts("demo").find((fact) =>
      fact.metric === "steps" && fact.localDate === "2026-11-20"
    )?.value ?? 0;
  sandbox.control.publish({ person: "demo", provider: "terra", resource: "daily" });
  const before = steps();
  sandbox.control.publish({ person: "demo", provider: "terra", resource: "daily" });
  assert.equal(steps() - before, 137);
  const made = sandbox.control.publish({
    person: "demo",
    provider: "terra",
    resource: "activity",
  });
  const facts = () => sandbox.ledger.facts("demo").filter((one) => one.recordId === made.recordId);
  assert.ok(facts().some((fact) => fact.metric === "workout_duration"));
  assert.ok(facts().every((fact) => fact.externalUserId === userId));
  sandbox.control.publish({ ...made, action: "delete" });
  assert.deepEqual(facts(), []);
  await sandbox.control.settled();
  assert.ok(receiver.received.some((one) => one.text.includes('"upload_type":4')));
  await sandbox.stop();
});

Deno.test("terra deauthentication ends a link and says so", async () => {
  await using receiver = openReceiver();
  const sandbox = await openWith(receiver.url);
  const userId = await linkTerra(sandbox, { person: "demo" });
  const path = `/api/v2/auth/deauthenticateUser?user_id=${userId}`;
  assert.deepEqual(await json(await call(sandbox, path, { method: "DELETE" })), {
    status: "success",
  });
  assert.equal((await call(sandbox, path, { method: "DELETE" })).status, 404);
  await sandbox.control.settled();
  assert.ok(receiver.received.some((one) => one.body["type"] === "deauth"));
  await sandbox.stop();
});

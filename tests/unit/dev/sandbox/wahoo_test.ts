import assert from "node:assert/strict";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { json, open, openReceiver, post, request } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/wahoo";
const CLIENT = { id: "wahoo-client", secret: "test-key-wahoo", webhookSecret: "test-key-token" };

function openWahoo(webhookUrl?: string): Promise<Sandbox> {
  return open({ clients: { wahoo: { ...CLIENT, ...(webhookUrl ? { webhookUrl } : {}) } } });
}

async function linked(sandbox: Sandbox, scope: string): Promise<unknown> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: CALLBACK,
    state: "s1",
    scope,
  });
  const page = new URL(`${sandbox.url}/wahoo/oauth/authorize?${query}`);
  const back = await answerConsent(page, { person: "demo" });
  const tokens = await json(
    await post(`${sandbox.url}/wahoo/oauth/token`, {
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: CALLBACK,
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
    }),
  );
  assert.equal(tokens["expires_in"], 7_200);
  return tokens["access_token"];
}

function get(sandbox: Sandbox, path: string, token: unknown, method = "GET") {
  const headers = { authorization: `Bearer ${token}` };
  return request(`${sandbox.url}/wahoo/v1${path}`, { method, headers });
}

Deno.test("wahoo counts pages newest first, wants its scopes, and ends at 200 in five minutes", async () => {
  const sandbox = await openWahoo();
  try {
    const token = await linked(sandbox, "workouts_read");
    const page = async (query: string) => {
      const { workouts, ...counts } = await json(await get(sandbox, `/workouts?${query}`, token));
      assert.ok(Array.isArray(workouts));
      return { workouts, ...counts };
    };
    const all = await page("per_page=100");
    const starts = all.workouts.map((one) => one.starts);
    assert.deepEqual(starts, starts.toSorted().reverse());
    assert.deepEqual((await page("per_page=1&page=2")).workouts, all.workouts.slice(1, 2));
    const one = await json(await get(sandbox, `/workouts/${all.workouts[0].id}`, token));
    assert.deepEqual(one, all.workouts[0]);
    assert.equal(typeof all.workouts[0].workout_summary.distance_accum, "string");
    assert.equal((await get(sandbox, "/power_zones", token)).status, 403);
    let last = new Response();
    for (let i = 0; i < 200; i++) last = await get(sandbox, "/workouts?per_page=1", token);
    assert.equal(last.status, 429);
    assert.match(last.headers.get("x-ratelimit-remaining") ?? "", /, 0$/);
    assert.ok(Number(last.headers.get("x-ratelimit-reset")) > 0);
  } finally {
    await sandbox.stop();
  }
});

Deno.test("wahoo tells of workouts with its token in the body, where offline_data was granted", async () => {
  await using receiver = openReceiver();
  const sandbox = await openWahoo(receiver.url);
  try {
    const order = { person: "demo", provider: "wahoo", resource: "workouts" };
    await linked(sandbox, "workouts_read");
    sandbox.control.publish(order);
    await sandbox.control.settled();
    assert.equal(receiver.received.length, 0);
    const token = await linked(sandbox, "workouts_read offline_data");
    const { recordId } = sandbox.control.publish(order);
    await sandbox.control.settled();
    const [told] = receiver.received;
    assert.equal(told?.body["webhook_token"], CLIENT.webhookSecret);
    assert.equal(told?.body["event_type"], "workout_summary");
    assert.match(told?.text ?? "", new RegExp(`"workout":\\{"id":${recordId},`));
    assert.equal((await get(sandbox, "/permissions", token, "DELETE")).status, 204);
    assert.equal((await get(sandbox, "/workouts", token)).status, 401);
  } finally {
    await sandbox.stop();
  }
});

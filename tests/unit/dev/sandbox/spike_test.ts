import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { json, open, openReceiver, request } from "./support.ts";

const CLIENT = { id: "1000", secret: "test-key-spike-hmac", webhookSecret: "test-key-spike-hook" };
const ORIGIN = "https://app-api.spikeapi.com";
const RETURN = "http://127.0.0.1:9/return";

function openWith(webhookUrl?: string): Promise<Sandbox> {
  return open({ clients: { spike: { ...CLIENT, ...(webhookUrl ? { webhookUrl } : {}) } } });
}

function signIn(sandbox: Sandbox, userId: string, change: Record<string, unknown> = {}) {
  const signature = createHmac("sha256", CLIENT.secret).update(userId).digest("hex");
  return request(`${sandbox.url}/spike/v3/auth/hmac`, {
    method: "POST",
    body: JSON.stringify({
      application_id: 1000,
      application_user_id: userId,
      signature,
      ...change,
    }),
  });
}

async function userOf(sandbox: Sandbox, userId: string) {
  const { access_token } = await json(await signIn(sandbox, userId));
  return (path: string, method = "GET") =>
    request(`${sandbox.url}/spike/v3${path}`, {
      method,
      headers: { authorization: `Bearer ${access_token}` },
    });
}

async function link(sandbox: Sandbox, userId: string, service: string) {
  const call = await userOf(sandbox, userId);
  const query = new URLSearchParams({ redirect_uri: RETURN, state: "state-1" });
  const opened = await json(await call(`/providers/${service}/integration/init_url?${query}`));
  assert.equal(opened["provider_slug"], service);
  const page = String(opened["path"]).replace(ORIGIN, sandbox.origins[ORIGIN] ?? "");
  return { call, back: await answerConsent(page, { person: "demo" }) };
}

async function statistics(call: Awaited<ReturnType<typeof userOf>>, query: string) {
  const body = await json(await call(`/queries/statistics/daily?${query}`));
  const rows: unknown = body["statistics"];
  assert.ok(Array.isArray(rows));
  return rows;
}

Deno.test("spike gives a token for a signature over the user's id, to this application alone", async () => {
  const sandbox = await openWith();
  assert.equal((await signIn(sandbox, "user-1")).status, 200);
  assert.equal((await signIn(sandbox, "user-1", { application_id: "1000" })).status, 422);
  assert.equal((await signIn(sandbox, "user-1", { application_id: 1001 })).status, 401);
  assert.equal((await signIn(sandbox, "user-1", { signature: "00" })).status, 401);
  assert.equal((await signIn(sandbox, "user 1")).status, 422);
  const refused = await request(`${sandbox.url}/spike/v3/userinfo`, {
    headers: { authorization: "Bearer a.b.c" },
  });
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get("content-type") ?? "", /problem\+json/);
  await sandbox.stop();
});

Deno.test("spike links the service that was asked for, tells it, and lets it go", async () => {
  await using receiver = openReceiver();
  const sandbox = await openWith(receiver.url);
  const { call, back } = await link(sandbox, "user-1", "garmin");
  assert.equal(back.origin + back.pathname, RETURN);
  assert.deepEqual(Object.fromEntries(back.searchParams), {
    state: "state-1",
    user_id: "user-1",
    provider_slug: "garmin",
  });
  const { integrated_providers: linked } = await json(await call("/userinfo"));
  assert.ok(Array.isArray(linked) && linked[0].provider_slug === "garmin");
  await sandbox.control.settled();
  const types = receiver.received.map(({ text }) => JSON.parse(text)[0].event_type);
  assert.deepEqual(types.toSorted(), ["provider_integration_created", "record_change"]);
  for (const { headers, text } of receiver.received) {
    const mac = createHmac("sha256", CLIENT.webhookSecret).update(text).digest("hex");
    assert.equal(headers.get("x-body-signature"), mac);
  }
  assert.equal((await call("/providers/oura/integration", "DELETE")).status, 400);
  assert.equal((await call("/providers/garmin/integration", "DELETE")).status, 204);
  assert.equal((await json(await call("/userinfo")))["integrated_providers"], null);
  await sandbox.control.settled();
  const [last] = JSON.parse(receiver.received.at(-1)?.text ?? "[]");
  assert.equal(last.event_type, "provider_integration_deleted");
  await sandbox.stop();
});

Deno.test("spike answers days with the values that were asked for, and series in columns", async () => {
  const sandbox = await openWith();
  const { call } = await link(sandbox, "user-1", "garmin");
  const days = "from_date=2026-11-15&to_date=2026-11-17";
  assert.equal((await call(`/queries/statistics/daily?${days}`)).status, 422);
  const rows = await statistics(call, `${days}&types=steps&types=sleep_score`);
  assert.deepEqual(rows.map(({ date }) => date), ["2026-11-15", "2026-11-16", "2026-11-17"]);
  for (const { values } of rows) {
    assert.deepEqual(Object.keys(values).toSorted(), ["sleep_score", "steps"]);
  }
  const times = "from_timestamp=2026-11-16T00:00:00Z&to_timestamp=2026-11-16T01:00:00Z";
  const beats = await json(await call(`/queries/timeseries?${times}&metric=heartrate`));
  assert.deepEqual(beats["offsets"], [0, 900_000, 1_800_000, 2_700_000]);
  const sugar = await json(await call(`/queries/timeseries?${times}&metric=glucose`));
  assert.deepEqual([sugar["offsets"], sugar["values"]], [null, null], "a watch has no glucose");
  await sandbox.stop();
});

Deno.test("spike's ledger states a night as its record does", async () => {
  const sandbox = await openWith();
  const { call } = await link(sandbox, "user-1", "oura");
  const days = "from_date=2026-11-16&to_date=2026-11-16";
  const plain = await json(await call(`/queries/sleeps?${days}`));
  const { sleeps } = await json(await call(`/queries/sleeps?${days}&include_stages=true`));
  assert.ok(Array.isArray(sleeps) && Array.isArray(plain["sleeps"]));
  assert.equal(plain["sleeps"][0].stages, undefined);
  const [night] = sleeps;
  const facts = new Map(
    sandbox.ledger.facts("demo").filter(({ recordId }) => recordId === night.sleep_id)
      .map(({ metric, value }) => [metric, value]),
  );
  assert.equal(facts.get("sleep_duration"), night.metrics.sleep_duration / 60_000);
  assert.equal(facts.get("spo2"), night.metrics.spo2);
  const told = night.stages.reduce(
    (sum: number, one: { duration: number }) => sum + one.duration,
    0,
  );
  assert.equal(told, night.duration);
  await sandbox.stop();
});

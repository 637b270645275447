import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import { tinkSignature } from "@shared/providers/kit/tink.ts";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { get, json, open, openReceiver, post } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/google_health";
const CLIENT = { id: "google-client", secret: "test-key-google" };
const SECRET = "Bearer test-key-subscriber";
const TYPES = "/google_health/v4/users/me/dataTypes";
const SCOPES = ["activity_and_fitness", "health_metrics_and_measurements", "sleep"]
  .map((name) => `https://www.googleapis.com/auth/googlehealth.${name}.readonly`);
const AWAY = { access_type: "offline", prompt: "consent" };

function openGoogle(webhookUrl?: string): Promise<Sandbox> {
  const hook = webhookUrl ? { webhookUrl, webhookSecret: SECRET } : {};
  return open({ clients: { google_health: { ...CLIENT, ...hook } } });
}

async function link(
  sandbox: Sandbox,
  scopes = SCOPES,
  extra: Record<string, string> = AWAY,
): Promise<Record<string, unknown>> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: CALLBACK,
    scope: scopes.join(" "),
    state: "s",
    ...extra,
  });
  const page = new URL(`${sandbox.url}/google_health/o/oauth2/v2/auth?${query}`);
  const back = await answerConsent(page, { person: "demo" });
  return await json(
    await token(sandbox, {
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: CALLBACK,
    }),
  );
}

function token(sandbox: Sandbox, form: Record<string, string>): Promise<Response> {
  return post(`${sandbox.url}/google_health/token`, {
    ...form,
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
  });
}

function ask(sandbox: Sandbox, access: unknown, path: string, filter?: string, token?: string) {
  const query = new URLSearchParams({
    ...(filter === undefined ? {} : { filter }),
    ...(token === undefined ? {} : { pageToken: token }),
  });
  return get(sandbox, `${TYPES}/${path}?${query}`, String(access));
}

Deno.test("google_health hands a refresh token out once, for access while the person is away", async () => {
  const sandbox = await openGoogle();
  const tokens = await link(sandbox);
  assert.equal(tokens["expires_in"], 3_599);
  const refresh = { grant_type: "refresh_token", refresh_token: String(tokens["refresh_token"]) };
  const fresh = await json(await token(sandbox, refresh));
  assert.equal(fresh["refresh_token"], undefined);
  assert.equal((await json(await token(sandbox, refresh)))["error"], undefined);
  assert.equal((await link(sandbox, SCOPES, {}))["refresh_token"], undefined);
  await sandbox.stop();
});

Deno.test("google_health reads filters as documented, and refuses the others", async () => {
  const sandbox = await openGoogle();
  const { access_token } = await link(sandbox);
  const status = async (path: string, filter: string) =>
    (await ask(sandbox, access_token, path, filter)).status;
  const since = '"2026-11-10T00:00:00Z"';
  assert.equal(await status("steps/dataPoints", `steps.interval.start_time >= ${since}`), 200);
  assert.equal(
    await status("heart-rate/dataPoints", `heart_rate.sample_time.physical_time < ${since}`),
    200,
  );
  for (
    const [path, filter] of [
      // The type as the path has it, another type, a field that it has not, an operator too many.
      ["heart-rate/dataPoints", `heart-rate.sample_time.physical_time >= ${since}`],
      ["steps/dataPoints", `distance.interval.start_time >= ${since}`],
      ["sleep/dataPoints", `sleep.interval.start_time >= ${since}`],
      ["exercise/dataPoints", `exercise.interval.start_time >= ${since}`],
      ["steps/dataPoints", `steps.interval.start_time > ${since}`],
      ["daily-vo2-max/dataPoints", `daily_vo2_max.date >= ${since}`],
      ["total-calories/dataPoints", ""],
      ["unheard-of/dataPoints", ""],
    ] as const
  ) assert.equal(await status(path, filter), 400, `${path} ${filter}`);
  await sandbox.stop();
});

Deno.test("google_health pages newest first, and reconciled points name no device", async () => {
  const sandbox = await openGoogle();
  const { access_token } = await link(sandbox);
  const rows: unknown[] = [];
  let next: string | undefined;
  do {
    const page = await json(
      await ask(sandbox, access_token, "heart-rate/dataPoints:reconcile", undefined, next),
    );
    assert.ok(Array.isArray(page["dataPoints"]));
    rows.push(...page["dataPoints"]);
    next = page["nextPageToken"] === undefined ? undefined : String(page["nextPageToken"]);
  } while (next !== undefined);
  assert.ok(rows.length > 1_000);
  const times = rows.map((row) => /"physicalTime":"([^"]+)"/.exec(JSON.stringify(row))?.[1] ?? "");
  assert.deepEqual(times, times.toSorted().reverse());
  assert.doesNotMatch(JSON.stringify(rows), /dataSource|"name"/);
  assert.match(await (await ask(sandbox, access_token, "weight/dataPoints")).text(), /dataSource/);
  assert.equal(await (await ask(sandbox, access_token, "height/dataPoints")).text(), "{}");
  await sandbox.stop();
});

Deno.test("google_health rolls up days, not too many, and tells the ledger", async () => {
  const sandbox = await openGoogle();
  const { access_token } = await link(sandbox);
  const rollUp = async (type: string, days: number) => {
    const end = { date: { year: 2026, month: 11, day: 20 } };
    const first = new Date(Date.UTC(2026, 10, 20 - days));
    const start = {
      date: {
        year: first.getUTCFullYear(),
        month: first.getUTCMonth() + 1,
        day: first.getUTCDate(),
      },
    };
    const response = await fetch(
      `${sandbox.url}${TYPES}/${type}/dataPoints:dailyRollUp`,
      {
        method: "POST",
        headers: {
          authorization: `Bearer ${access_token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ range: { start, end }, windowSizeDays: 1 }),
      },
    );
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual(
    [await rollUp("steps", 90), await rollUp("steps", 91), await rollUp("total-calories", 14)],
    [200, 400, 200],
  );
  assert.deepEqual([await rollUp("total-calories", 15), await rollUp("weight", 7)], [400, 400]);
  const facts = sandbox.ledger.facts("demo").filter(({ metric }) => metric === "energy_total");
  assert.ok(facts.length > 7 && facts.every(({ dailyTotal }) => dailyTotal));
  await sandbox.stop();
});

Deno.test("google_health reads no more than what was ticked, and nothing after revocation", async () => {
  const sandbox = await openGoogle();
  const { access_token, refresh_token } = await link(sandbox, SCOPES.slice(2));
  assert.equal((await ask(sandbox, access_token, "sleep/dataPoints")).status, 200);
  assert.equal((await ask(sandbox, access_token, "steps/dataPoints")).status, 403);
  const revoke = () =>
    post(`${sandbox.url}/google_health/revoke`, { token: String(refresh_token) });
  assert.deepEqual([(await revoke()).status, (await revoke()).status], [200, 400]);
  assert.equal((await ask(sandbox, access_token, "sleep/dataPoints")).status, 401);
  await sandbox.stop();
});

Deno.test("google_health tries an address out twice, and signs what it sends there", async () => {
  // The address is wrong at first: it takes the check without the secret too.
  const answers = [201, 201, 201, 401, 204];
  await using receiver = openReceiver((n) => answers[n] ?? 204);
  const sandbox = await openGoogle(receiver.url);
  await link(sandbox);
  const order = { person: "demo", provider: "google_health", resource: "sleep" };
  const published = sandbox.control.publish(order);
  await sandbox.control.settled();
  const [withSecret, without, ...rest] = receiver.received.slice(2);
  assert.deepEqual(withSecret?.body, { type: "verification" });
  assert.equal(withSecret?.headers.get("authorization"), SECRET);
  assert.equal(without?.headers.get("authorization"), null);
  const [told] = rest;
  assert.ok(told && rest.length === 1);
  const { data } = JSON.parse(told.text)[0];
  assert.equal(data.dataType, "sleep");
  assert.equal(data.recordId, published.recordId);
  const keys = await fetch(
    `${sandbox.url}/google_health/googlehealthapi/webhooks/webhooks_public_keyset.json`,
  );
  const keyset: unknown = await keys.json();
  const verify = tinkSignature("google-health-api-signature");
  const secrets = { signing: [new Secret(SECRET)], keyset: () => Promise.resolve(keyset) };
  const delivery = { method: "POST", url: new URL(receiver.url), headers: told.headers };
  assert.ok(await verify({ ...delivery, body: utf8(told.text) }, secrets, new Date()));
  assert.ok(!await verify({ ...delivery, body: utf8(`${told.text} `) }, secrets, new Date()));
  sandbox.control.publish({ ...published, action: "delete" });
  await sandbox.control.settled();
  assert.equal(JSON.parse(receiver.received.at(-1)?.text ?? "")[0].data.operation, "DELETE");
  assert.ok(!sandbox.ledger.facts("demo").some(({ recordId }) => recordId === published.recordId));
  await sandbox.stop();
});

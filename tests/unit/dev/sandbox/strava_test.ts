import assert from "node:assert/strict";
import { serve } from "../../../../dev/serve.ts";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { get, json, open, post, request } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/strava";
const CLIENT = { id: "12345", secret: "test-key-strava" };
const API = "/strava/api/v3";
const SCOPES = ["read", "activity:read", "activity:read_all", "profile:read_all"];

function openStrava(): Promise<Sandbox> {
  return open({ historyDays: 40, clients: { strava: CLIENT } });
}

function token(sandbox: Sandbox, form: Record<string, string>): Promise<Response> {
  const client = { client_id: CLIENT.id, client_secret: CLIENT.secret };
  return post(`${sandbox.url}/strava/oauth/token`, { ...client, ...form });
}

async function link(
  sandbox: Sandbox,
  ticked: readonly string[] = SCOPES,
): Promise<{ readonly back: URL; readonly answer: Record<string, unknown>; token: string }> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: CALLBACK,
    scope: SCOPES.join(","),
    approval_prompt: "auto",
    state: "s",
  });
  const page = `${sandbox.url}/strava/oauth/authorize?${query}`;
  const back = await answerConsent(page, { person: "demo", scopes: ticked });
  const code = back.searchParams.get("code") ?? "";
  const response = await token(sandbox, { grant_type: "authorization_code", code });
  assert.equal(response.status, 200);
  const answer = await json(response);
  return { back, answer, token: String(answer["access_token"]) };
}

async function list(sandbox: Sandbox, access: string, query = ""): Promise<readonly Row[]> {
  const response = await get(sandbox, `${API}/athlete/activities?per_page=200${query}`, access);
  assert.equal(response.status, 200);
  // SAFETY: the sandbox's own list, of which the tests check what they read.
  return await response.json() as readonly Row[];
}

interface Row {
  readonly id: number;
  readonly start_date: string;
  readonly private: boolean;
  readonly calories?: number;
}

/** An app's callback that says the challenge back, if `token` is right. */
function openCallback(verifyToken: string) {
  const events: unknown[] = [];
  const server = serve(async (req) => {
    const { searchParams } = new URL(req.url);
    if (req.method === "POST") events.push(await req.json());
    else if (searchParams.get("hub.verify_token") !== verifyToken) {
      return new Response(null, { status: 403 });
    }
    return Response.json({ "hub.challenge": searchParams.get("hub.challenge") });
  });
  const url = `${server.url}/webhooks/strava/secret`;
  return { url, events, [Symbol.asyncDispose]: server.stop };
}

Deno.test("strava takes comma scopes, lets them be unticked, and names the athlete once", async () => {
  const sandbox = await openStrava();
  const { back, answer } = await link(sandbox, ["read", "activity:read"]);
  assert.equal(back.searchParams.get("scope"), "read,activity:read");
  const { athlete, refresh_token, expires_at, expires_in } = answer;
  assert.ok(athlete);
  assert.equal(expires_in, 21_600);
  assert.equal(expires_at, Date.parse("2026-11-20T21:00:00Z") / 1_000);
  const refresh = () =>
    token(sandbox, { grant_type: "refresh_token", refresh_token: String(refresh_token) });
  const same = await json(await refresh());
  assert.equal(same["access_token"], answer["access_token"], "more than an hour is left");
  assert.equal(same["athlete"], undefined);
  sandbox.control.advance(5.5 * 3_600);
  const fresh = await json(await refresh());
  assert.notEqual(fresh["access_token"], answer["access_token"]);
  const spent = await refresh();
  assert.equal(spent.status, 400);
  assert.deepEqual(await json(spent), {
    message: "Bad Request",
    errors: [{ resource: "RefreshToken", field: "refresh_token", code: "invalid" }],
  });
  await sandbox.stop();
});

Deno.test("strava shows what the scopes allow, and says which is missing", async () => {
  const sandbox = await openStrava();
  const all = await link(sandbox);
  const rows = await list(sandbox, all.token, "&after=0");
  assert.ok(rows.some((row) => row.private) && rows.some((row) => !row.private));
  const starts = rows.map((row) => row.start_date);
  assert.deepEqual(starts, starts.toSorted(), "oldest first with after");
  const some = await link(sandbox, ["read", "activity:read"]);
  assert.ok((await list(sandbox, some.token)).every((row) => !row.private));
  const none = await link(sandbox, ["read"]);
  const refused = await get(sandbox, `${API}/athlete/activities`, none.token);
  assert.equal(refused.status, 401);
  assert.deepEqual(await json(refused), {
    message: "Authorization Error",
    errors: [{ resource: "AccessToken", field: "activity:read_permission", code: "missing" }],
  });
  const athlete = await json(await get(sandbox, `${API}/athlete`, none.token));
  assert.ok(athlete["id"] && !("weight" in athlete));
  await sandbox.stop();
});

Deno.test("strava counts pages to an empty one; a detail has calories, streams have the keys asked for", async () => {
  const sandbox = await openStrava();
  const { token: access } = await link(sandbox);
  const pages: (readonly Row[])[] = [];
  do {
    pages.push(await list(sandbox, access, `&after=0&page=${pages.length + 1}`));
  } while (pages.at(-1)?.length);
  assert.ok(pages.length > 2, "a page and another before the empty one");
  const rows = pages.flat();
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
  const id = rows[0]?.id;
  assert.ok(rows.every((row) => row.calories === undefined));
  const detail = await json(await get(sandbox, `${API}/activities/${id}`, access));
  assert.equal(typeof detail["calories"], "number");
  const path = `${API}/activities/${id}/streams?keys=time,heartrate&key_by_type=true`;
  const streams = await json(await get(sandbox, path, access));
  assert.deepEqual(Object.keys(streams), ["time", "heartrate"]);
  const facts = sandbox.ledger.facts("demo").filter(({ resource }) => resource === "streams");
  assert.ok(facts.length > 10 && facts.every(({ metric }) => metric === "heart_rate"));
  assert.equal((await get(sandbox, `${API}/activities/1/streams?keys=time`, access)).status, 404);
  await sandbox.stop();
});

Deno.test("strava has one subscription, and tells of activities and deauthorisation as hints", async () => {
  await using callback = openCallback("verify");
  const sandbox = await openStrava();
  await link(sandbox);
  const client = { client_id: CLIENT.id, client_secret: CLIENT.secret };
  const subscriptions = `${sandbox.url}${API}/push_subscriptions`;
  const subscribe = (verify_token: string) =>
    post(subscriptions, { ...client, callback_url: callback.url, verify_token });
  assert.equal((await subscribe("wrong")).status, 400);
  assert.equal((await subscribe("verify")).status, 201);
  assert.equal((await subscribe("verify")).status, 400, "an app has one");
  const listed = await request(`${subscriptions}?${new URLSearchParams(client)}`);
  const [subscription] = await listed.json();
  assert.equal(subscription.callback_url, callback.url);

  const order = { person: "demo", provider: "strava", resource: "activities" };
  const { recordId } = sandbox.control.publish(order);
  sandbox.control.revoke("strava", "demo");
  await sandbox.control.settled();
  const base = {
    owner_id: callback.events.length > 0 ? Object(callback.events[0])["owner_id"] : undefined,
    subscription_id: subscription.id,
    event_time: Date.parse("2026-11-20T15:00:00Z") / 1_000,
  };
  assert.ok(Number.isInteger(base.owner_id));
  assert.deepEqual(
    callback.events.toSorted((a, b) =>
      String(Object(a)["object_type"]).localeCompare(String(Object(b)["object_type"]))
    ),
    [
      {
        ...base,
        object_type: "activity",
        object_id: Number(recordId),
        aspect_type: "create",
        updates: {},
      },
      {
        ...base,
        object_type: "athlete",
        object_id: base.owner_id,
        aspect_type: "update",
        updates: { authorized: "false" },
      },
    ],
  );
  await sandbox.stop();
});

Deno.test("strava says both pairs of limits, and reading ends first", async () => {
  const sandbox = await openStrava();
  const { token: access } = await link(sandbox);
  const first = await get(sandbox, `${API}/athlete`, access);
  assert.equal(first.headers.get("x-ratelimit-limit"), "200,2000");
  assert.equal(first.headers.get("x-readratelimit-limit"), "100,1000");
  assert.equal(first.headers.get("x-readratelimit-usage"), "1,1");
  for (let i = 1; i < 100; i++) await get(sandbox, `${API}/athlete`, access);
  const refused = await get(sandbox, `${API}/athlete`, access);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), null);
  assert.equal(refused.headers.get("x-readratelimit-usage"), "101,101");
  sandbox.control.advance(900);
  assert.equal((await get(sandbox, `${API}/athlete`, access)).status, 200);
  await sandbox.stop();
});

Deno.test("strava revokes by Basic, any token, and never says which it knew", async () => {
  const sandbox = await openStrava();
  const { answer, token: access } = await link(sandbox);
  const revoke = (token: string, secret: string = CLIENT.secret) =>
    post(`${sandbox.url}/strava/oauth/revoke`, { token }, {
      authorization: `Basic ${btoa(`${CLIENT.id}:${secret}`)}`,
    });
  assert.equal((await revoke("x", "wrong")).status, 401);
  assert.equal((await revoke("unknown")).status, 200);
  assert.equal((await get(sandbox, `${API}/athlete`, access)).status, 200);
  assert.equal((await revoke(String(answer["refresh_token"]))).status, 200);
  assert.equal((await get(sandbox, `${API}/athlete`, access)).status, 401);
  await sandbox.stop();
});

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Sandbox } from "../../../../dev/sandbox/server.ts";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { json, NOON, open, post } from "./support.ts";

const CALLBACK = "http://127.0.0.1:9/functions/v1/oauth-callback/withings";
const CLIENT = { id: "withings-client", secret: "test-key-withings" };
const NOW = NOON.getTime() / 1_000;

type Answer = { readonly status: unknown; readonly body: Record<string, unknown> };

function openWithings(now: { at: Date } = { at: NOON }): Promise<Sandbox> {
  return open({ clock: () => now.at, clients: { withings: CLIENT } });
}

async function ask(
  sandbox: Sandbox,
  path: string,
  form: Record<string, string>,
  token?: string,
): Promise<Answer> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const response = await post(`${sandbox.url}/withings${path}`, form, headers);
  assert.equal(response.status, 200, "everything is answered 200");
  const { status, body } = await json(response);
  assert.ok(typeof body === "object" && body !== null);
  // SAFETY: an object, and each member stays unknown.
  return { status, body: body as Record<string, unknown> };
}

const credentials = { client_id: CLIENT.id, client_secret: CLIENT.secret };

async function codeOf(sandbox: Sandbox): Promise<string> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT.id,
    redirect_uri: CALLBACK,
    scope: "user.info,user.metrics,user.activity",
    state: "s",
  });
  const page = new URL(`${sandbox.url}/withings/oauth2_user/authorize2?${query}`);
  return (await answerConsent(page, { person: "demo" })).searchParams.get("code") ?? "";
}

async function exchange(sandbox: Sandbox, code: string): Promise<Answer> {
  return await ask(sandbox, "/v2/oauth2", {
    action: "requesttoken",
    grant_type: "authorization_code",
    ...credentials,
    code,
    redirect_uri: CALLBACK,
  });
}

async function refresh(sandbox: Sandbox, token: unknown): Promise<Answer> {
  return await ask(sandbox, "/v2/oauth2", {
    action: "requesttoken",
    grant_type: "refresh_token",
    ...credentials,
    refresh_token: String(token),
  });
}

const tokenOf = async (sandbox: Sandbox) =>
  String((await exchange(sandbox, await codeOf(sandbox))).body["access_token"]);

function signature(...values: readonly (string | number)[]): string {
  return createHmac("sha256", CLIENT.secret).update(values.join(",")).digest("hex");
}

async function nonceOf(sandbox: Sandbox): Promise<string> {
  const { body } = await ask(sandbox, "/v2/signature", {
    action: "getnonce",
    client_id: CLIENT.id,
    timestamp: String(NOW),
    signature: signature("getnonce", CLIENT.id, NOW),
  });
  return String(body["nonce"]);
}

const listOf = (answer: Answer, name: string): readonly Record<string, unknown>[] => {
  const list = answer.body[name];
  assert.ok(Array.isArray(list));
  return list;
};

Deno.test("withings' code lives 30 seconds, and its tokens are in the body", async () => {
  const now = { at: NOON };
  const sandbox = await openWithings(now);
  const late = await codeOf(sandbox);
  now.at = new Date(NOON.getTime() + 31_000);
  assert.equal((await exchange(sandbox, late)).status, 503);
  const { status, body } = await exchange(sandbox, await codeOf(sandbox));
  assert.equal(status, 0);
  assert.equal(typeof body["userid"], "number");
  assert.equal(body["expires_in"], 10_800);
  assert.equal(body["scope"], "user.info,user.metrics,user.activity");
  await sandbox.stop();
});

Deno.test("withings' old refresh token lives until the new access token is used", async () => {
  const sandbox = await openWithings();
  const { body } = await exchange(sandbox, await codeOf(sandbox));
  const lost = await refresh(sandbox, body["refresh_token"]);
  assert.equal(lost.status, 0);
  const again = await refresh(sandbox, body["refresh_token"]);
  assert.equal(again.status, 0, "the answer was lost, and asked for again");
  const access = String(again.body["access_token"]);
  assert.equal((await ask(sandbox, "/v2/user", { action: "getdevice" }, access)).status, 0);
  assert.equal((await refresh(sandbox, body["refresh_token"])).status, 503);
  assert.equal((await refresh(sandbox, again.body["refresh_token"])).status, 0);
  await sandbox.stop();
});

Deno.test("withings' statuses are inside: no token, no action, too many requests", async () => {
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  assert.equal((await ask(sandbox, "/measure", { action: "getmeas" })).status, 401);
  assert.equal((await ask(sandbox, "/measure", { action: "gone" }, token)).status, 2554);
  const statuses = [];
  for (let i = 0; i < 121; i++) {
    statuses.push((await ask(sandbox, "/v2/user", { action: "getdevice" }, token)).status);
  }
  assert.equal(statuses[0], 0);
  assert.equal(statuses.at(-1), 601);
  await sandbox.stop();
});

Deno.test("withings pages by offset, and states each measure in powers of ten and the ledger", async () => {
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  const window = { startdate: "0", enddate: String(NOW) };
  const groups: Record<string, unknown>[] = [];
  let offset: unknown = 0;
  for (let more: unknown = 1; more === 1;) {
    const form = { action: "getmeas", ...window, offset: String(offset) };
    const page = await ask(sandbox, "/measure", form, token);
    groups.push(...listOf(page, "measuregrps"));
    ({ more, offset } = page.body);
  }
  assert.ok(groups.length > 10);
  const weights = groups.flatMap(({ grpid, measures }) => {
    assert.ok(Array.isArray(measures));
    const weight = measures.find(({ type }) => type === 1);
    return weight ? [[String(grpid), weight.value * 10 ** weight.unit] as const] : [];
  });
  const facts = sandbox.ledger.facts("demo").filter(({ metric }) => metric === "body_weight");
  assert.equal(facts.length, weights.length);
  for (const [id, kilograms] of weights) {
    const fact = facts.find(({ recordId }) => recordId === id);
    assert.ok(Math.abs((fact?.value ?? 0) - kilograms) < 1e-9);
  }
  await sandbox.stop();
});

Deno.test("withings answers one day of moments, as a map, and an empty list for none", async () => {
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  const moments = async (from: number, to: number) => {
    const form = { action: "getintradayactivity", startdate: String(from), enddate: String(to) };
    return (await ask(sandbox, "/v2/measure", form, token)).body["series"];
  };
  const series = await moments(NOW - 5 * 86_400, NOW);
  assert.ok(typeof series === "object" && series !== null && !Array.isArray(series));
  const seconds = Object.keys(series).map(Number);
  assert.equal(seconds.length, 48);
  assert.ok(Math.max(...seconds) <= NOW - 4 * 86_400);
  assert.deepEqual(await moments(0, 86_400), []);
  await sandbox.stop();
});

Deno.test("withings subscribes by token alone, and revokes by a signed nonce that is for one call", async () => {
  const heads: string[] = [];
  const news: string[] = [];
  const receiver = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      if (request.method === "HEAD") heads.push(new URL(request.url).pathname);
      else news.push(await request.text());
      return new Response(null, { headers: { connection: "close" } });
    },
  );
  const callbackurl = `http://127.0.0.1:${receiver.addr.port}/webhooks/withings/secret`;
  const sandbox = await openWithings();
  const tokens = (await exchange(sandbox, await codeOf(sandbox))).body;
  const token = String(tokens["access_token"]);
  const nonce = await nonceOf(sandbox);
  const signedFor = (action: string) => ({
    client_id: CLIENT.id,
    nonce,
    signature: signature(action, CLIENT.id, nonce),
  });
  const subscribe = (more: Record<string, string> = {}) =>
    ask(sandbox, "/notify", { action: "subscribe", callbackurl, appli: "44", ...more }, token);
  assert.equal((await subscribe(signedFor("subscribe"))).status, 503, "a token is not signed");
  assert.equal((await subscribe()).status, 0);
  assert.deepEqual(heads, ["/webhooks/withings/secret"]);
  const listed = await ask(sandbox, "/notify", { action: "list" }, token);
  assert.deepEqual(listOf(listed, "profiles"), [{ appli: 44, callbackurl, comment: "" }]);

  sandbox.control.publish({ person: "demo", provider: "withings", resource: "sleep_summary" });
  sandbox.control.publish({ person: "demo", provider: "withings", resource: "measures" });
  await sandbox.control.settled();
  assert.equal(news.length, 1, "nobody subscribed to weights");
  const form = new URLSearchParams(news[0]);
  assert.equal(form.get("userid"), String(tokens["userid"]));
  assert.equal(form.get("appli"), "44");
  assert.ok(Number(form.get("startdate")) < Number(form.get("enddate")));

  const revoke = (userid: unknown, proof: Record<string, string>) =>
    ask(sandbox, "/v2/oauth2", { action: "revoke", userid: String(userid), ...proof });
  assert.equal((await revoke(0, signedFor("revoke"))).status, 503, "nobody");
  const used = await revoke(tokens["userid"], signedFor("revoke"));
  assert.equal(used.status, 503, "the nonce is used up");
  const fresh = await nonceOf(sandbox);
  const revoked = await revoke(tokens["userid"], {
    client_id: CLIENT.id,
    nonce: fresh,
    signature: signature("revoke", CLIENT.id, fresh),
  });
  assert.equal(revoked.status, 0);
  assert.equal((await ask(sandbox, "/notify", { action: "list" }, token)).status, 401);
  await sandbox.stop();
  await receiver.shutdown();
});

Deno.test("withings takes a subscription away after four failed deliveries in a row", async () => {
  let deliveries = 0;
  const receiver = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      await request.text();
      const isGood = request.method === "HEAD" || [4, 9].includes(++deliveries);
      return new Response(null, { status: isGood ? 200 : 500, headers: { connection: "close" } });
    },
  );
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  const callbackurl = `http://127.0.0.1:${receiver.addr.port}/webhooks/withings/secret`;
  await ask(sandbox, "/notify", { action: "subscribe", callbackurl, appli: "1" }, token);
  await ask(sandbox, "/notify", { action: "subscribe", callbackurl, appli: "44" }, token);
  const subscribed = async () =>
    listOf(await ask(sandbox, "/notify", { action: "list" }, token), "profiles")
      .map(({ appli }) => appli);
  const tell = async () => {
    sandbox.control.publish({ person: "demo", provider: "withings", resource: "measures" });
    await sandbox.control.settled();
    return await subscribed();
  };
  assert.deepEqual(await tell(), [1, 44], "three failures, then it went well");
  assert.deepEqual(await tell(), [44], "four failures, whatever comes then");
  await sandbox.stop();
  await receiver.shutdown();
});

Deno.test("faults rewrite a page inside a body too", async () => {
  const sandbox = await openWithings();
  const token = await tokenOf(sandbox);
  const form = {
    action: "getactivity",
    startdateymd: "2026-11-10",
    enddateymd: "2026-11-20",
  };
  const struck = async (kind: "next_loop" | "duplicate_page" | "reordered") => {
    sandbox.control.fault({ provider: "withings", route: "/v2/measure", kind, times: 1 });
    return await ask(sandbox, "/v2/measure", form, token);
  };
  const rows = listOf(await ask(sandbox, "/v2/measure", form, token), "activities");
  assert.deepEqual(listOf(await struck("duplicate_page"), "activities"), [...rows, ...rows]);
  assert.deepEqual(listOf(await struck("reordered"), "activities"), rows.toReversed());
  const loop = (await struck("next_loop")).body;
  assert.deepEqual([loop["more"], loop["offset"]], [1, 1]);
  await sandbox.stop();
});

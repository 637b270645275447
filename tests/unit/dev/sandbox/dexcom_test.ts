import assert from "node:assert/strict";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import { authorizeUrl, CALLBACK, CLIENTS, get, json, link, open, post } from "./support.ts";

const SELF = "/dexcom-us/v3/users/self";
const WINDOW = "startDate=2026-11-06T00:00:00&endDate=2026-11-20T15:00:00";

async function records(response: Response): Promise<Record<string, unknown>[]> {
  assert.equal(response.status, 200);
  const rows = (await json(response))["records"];
  assert.ok(Array.isArray(rows));
  return rows;
}

Deno.test("dexcom code lives for one minute, and the secret is in the body", async () => {
  const sandbox = await open();
  const code = async (version: string) =>
    (await answerConsent(
      authorizeUrl(sandbox, `/dexcom-us/${version}/oauth2/login`, { scope: "offline_access" }),
      { person: "demo" },
    )).searchParams.get("code") ?? "";
  const exchange = (code: string, credentials: Record<string, string>, headers?: HeadersInit) =>
    post(
      `${sandbox.url}/dexcom-us/v3/oauth2/token`,
      { grant_type: "authorization_code", code, redirect_uri: CALLBACK, ...credentials },
      headers,
    );
  const body = { client_id: CLIENTS.dexcom.id, client_secret: CLIENTS.dexcom.secret };
  const basic = { authorization: `Basic ${btoa(`${body.client_id}:${body.client_secret}`)}` };
  assert.equal((await exchange(await code("v3"), {}, basic)).status, 401);
  const fresh = await code("v2");
  sandbox.control.advance(59);
  const tokens = await json(await exchange(fresh, body));
  assert.equal(tokens["expires_in"], 7_200);
  assert.equal(tokens["refresh_expires_in"], 0);
  assert.equal("scope" in tokens, false);
  const late = await code("v3");
  sandbox.control.advance(60);
  assert.equal((await exchange(late, body)).status, 400);
  await sandbox.stop();
});

Deno.test("dexcom token of one region is worth nothing at another", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" }, "dexcom-eu");
  const path = "/v3/users/self/dataRange";
  const there = await get(sandbox, `/dexcom-eu${path}`, access_token);
  assert.equal(there.status, 200);
  assert.equal((await get(sandbox, `/dexcom-us${path}`, access_token)).status, 401);
  await sandbox.stop();
});

Deno.test("dexcom takes naive UTC times and at most thirty days", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" }, "dexcom-us");
  const status = async (query: string) =>
    (await get(sandbox, `${SELF}/egvs?${query}`, access_token)).status;
  assert.equal(await status(WINDOW), 200);
  assert.equal(await status("startDate=2026-10-21T00:00:00&endDate=2026-11-20T00:00:00"), 200);
  assert.equal(await status("startDate=2026-10-21T00:00:00&endDate=2026-11-20T00:00:01"), 400);
  assert.equal(await status("startDate=2026-11-06T00:00:00Z&endDate=2026-11-07T00:00:00Z"), 400);
  const range = async (query: string) =>
    (await get(sandbox, `${SELF}/dataRange${query}`, access_token)).status;
  assert.equal(await range("?lastSyncTime=2026-11-20T00:00:00"), 400);
  assert.equal(await range("?lastSyncTime=2026-11-20T00:00:00Z"), 200);
  await sandbox.stop();
});

Deno.test("dexcom readings carry zones from a phone and none from a receiver", async () => {
  const sandbox = await open();
  const phone = await link(sandbox, { person: "demo" }, "dexcom-us");
  const receiver = await link(sandbox, { person: "another" }, "dexcom-us");
  const [one] = await records(await get(sandbox, `${SELF}/egvs?${WINDOW}`, phone.access_token));
  assert.match(String(one?.["systemTime"]), /^2026-11-20T\d\d:\d\d:\d\dZ$/);
  assert.match(String(one?.["displayTime"]), /\+02:00$/);
  const [two] = await records(await get(sandbox, `${SELF}/egvs?${WINDOW}`, receiver.access_token));
  assert.match(String(two?.["systemTime"]), /^2026-11-20T\d\d:\d\d:\d\d$/);
  assert.match(String(two?.["displayTime"]), /T\d\d:\d\d:\d\d$/);
  await sandbox.stop();
});

Deno.test("dexcom sentinels, gaps and deleted events are served and are no facts", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" }, "dexcom-us");
  const egvs = await records(await get(sandbox, `${SELF}/egvs?${WINDOW}`, access_token));
  const values = egvs.map((row) => row["value"]);
  for (const sentinel of [39, 401, null]) assert.ok(values.includes(sentinel), String(sentinel));
  const real = values.filter((value) => value !== null && value !== 39 && value !== 401);
  const glucose = sandbox.ledger.facts("demo").filter((fact) => fact.metric === "glucose");
  assert.equal(glucose.length, real.length);
  assert.deepEqual(glucose.map((fact) => fact.value), real);

  const events = await records(await get(sandbox, `${SELF}/events?${WINDOW}`, access_token));
  assert.ok(events.every((row) => !("value" in row) || typeof row["value"] === "string"));
  const carbs = events.filter((row) =>
    row["eventType"] === "carbs" && row["eventStatus"] === "created"
  );
  const facts = sandbox.ledger.facts("demo").filter((fact) =>
    fact.metric === "carbohydrate_intake"
  );
  assert.deepEqual(facts.map((fact) => String(fact.value)), carbs.map((row) => row["value"]));
  assert.ok(events.some((row) => row["eventStatus"] === "deleted"));
  await sandbox.stop();
});

Deno.test("dexcom readings arrive an hour late, and published ones at once", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" }, "dexcom-us");
  const read = async () => records(await get(sandbox, `${SELF}/egvs?${WINDOW}`, access_token));
  const newest = String((await read())[0]?.["systemTime"]);
  assert.ok(newest <= "2026-11-20T14:00:00Z" && newest > "2026-11-20T13:40:00Z", newest);
  const { recordId } = sandbox.control.publish({
    person: "demo",
    provider: "dexcom",
    resource: "egvs",
  });
  const [first] = await read();
  assert.equal(first?.["recordId"], recordId);
  assert.equal(first?.["systemTime"], "2026-11-20T15:00:00Z");
  await sandbox.stop();
});

Deno.test("dexcom stops an app at sixty thousand calls an hour", async () => {
  const { createLimiter } = await import("../../../../dev/sandbox/limits.ts");
  const limit = createLimiter(2, 3_600);
  const at = new Date("2026-11-20T15:10:00Z");
  assert.deepEqual([1, 2, 3].map(() => limit("app", at).allowed), [true, true, false]);
  assert.equal(limit("another app", at).allowed, true);
  assert.equal(limit("app", new Date("2026-11-20T16:00:00Z")).allowed, true);
});

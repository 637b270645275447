import assert from "node:assert/strict";
import { answerConsent } from "../../../../dev/sandbox/visitor.ts";
import {
  authorizeUrl,
  CALLBACK,
  CLIENTS,
  get,
  json,
  link,
  open,
  pages,
  post,
  request,
} from "./support.ts";

const RANGE = "start_date=2026-11-01&end_date=2026-11-21";
const credentials = { client_id: CLIENTS.oura.id, client_secret: CLIENTS.oura.secret };

Deno.test("oura authorize echoes state and the scopes left ticked", async () => {
  const sandbox = await open();
  const page = authorizeUrl(sandbox, "/oura/oauth/authorize", { scope: "daily heartrate" });
  const back = await answerConsent(page, { person: "demo", scopes: ["daily"] });
  assert.equal(back.origin + back.pathname, CALLBACK);
  assert.equal(back.searchParams.get("state"), "s1");
  assert.equal(back.searchParams.get("scope"), "daily");
  const denied = await answerConsent(page, { person: "demo", decision: "deny" });
  assert.equal(denied.searchParams.get("error"), "access_denied");
  assert.equal(denied.searchParams.get("code"), null);
  await sandbox.stop();
});

Deno.test("oura authorize never redirects to an address that is not registered", async () => {
  const oura = { ...CLIENTS.oura, redirectUris: [CALLBACK] };
  const sandbox = await open({ clients: { oura } });
  const evil = authorizeUrl(sandbox, "/oura/oauth/authorize", { redirect_uri: `${CALLBACK}/` });
  const response = await request(evil, { redirect: "manual" });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /not registered/);
  await sandbox.stop();
});

Deno.test("oura code works once, for its redirect_uri, within ten minutes", async () => {
  const sandbox = await open();
  const page = authorizeUrl(sandbox, "/oura/oauth/authorize");
  const code = async () =>
    (await answerConsent(page, { person: "demo" })).searchParams.get("code") ?? "";
  const exchange = (code: string, extra: Record<string, string> = {}) =>
    post(`${sandbox.url}/oura/oauth/token`, {
      grant_type: "authorization_code",
      code,
      redirect_uri: CALLBACK,
      ...credentials,
      ...extra,
    });
  const first = await code();
  const tokens = await json(await exchange(first));
  assert.equal(tokens["expires_in"], 86_400);
  assert.equal(tokens["token_type"], "bearer");
  const again = await exchange(first);
  assert.equal(again.status, 400);
  assert.deepEqual(await json(again), { error: "invalid_grant" });
  const elsewhere = await exchange(await code(), { redirect_uri: `${CALLBACK}x` });
  assert.equal((await json(elsewhere))["error"], "invalid_grant");
  const stranger = await exchange(await code(), { client_secret: "wrong" });
  assert.equal(stranger.status, 401);
  assert.deepEqual(await json(stranger), { error: "invalid_client" });
  const fresh = await code();
  sandbox.control.advance(599);
  assert.equal((await exchange(fresh)).status, 200);
  const late = await code();
  sandbox.control.advance(600);
  assert.equal((await exchange(late)).status, 400);
  await sandbox.stop();
});

Deno.test("oura refresh rotates: the old token is refused and counted", async () => {
  const sandbox = await open();
  const tokens = await link(sandbox, { person: "demo" });
  const basic = { authorization: `Basic ${btoa("oura-client:test-key-oura")}` };
  const refresh = (refresh_token: string) =>
    post(`${sandbox.url}/oura/oauth/token`, { grant_type: "refresh_token", refresh_token }, basic);
  const second = await json(await refresh(tokens.refresh_token));
  assert.notEqual(second["refresh_token"], tokens.refresh_token);
  const reuse = await refresh(tokens.refresh_token);
  assert.deepEqual(await json(reuse), { error: "invalid_grant" });
  assert.equal(reuse.status, 400);
  assert.equal(sandbox.control.counts()["oura"]?.reuses, 1);
  assert.equal((await refresh(String(second["refresh_token"]))).status, 200);
  await sandbox.stop();
});

Deno.test("oura rotation modes forgive what they name and no more", async () => {
  const sandbox = await open();
  const refresh = (refresh_token: string) =>
    post(`${sandbox.url}/oura/oauth/token`, {
      grant_type: "refresh_token",
      refresh_token,
      ...credentials,
    });
  sandbox.control.rotation("oura", { kind: "until_use" });
  const tokens = await link(sandbox, { person: "demo" });
  await json(await refresh(tokens.refresh_token));
  const lost = await json(await refresh(tokens.refresh_token));
  await get(sandbox, "/oura/v2/usercollection/personal_info", String(lost["access_token"]));
  assert.equal((await refresh(tokens.refresh_token)).status, 400);
  sandbox.control.rotation("oura", { kind: "grace", seconds: 60 });
  const graced = await link(sandbox, { person: "demo" });
  await refresh(graced.refresh_token);
  sandbox.control.advance(60);
  assert.equal((await refresh(graced.refresh_token)).status, 200);
  sandbox.control.advance(61);
  assert.equal((await refresh(graced.refresh_token)).status, 400);
  sandbox.control.rotation("oura", { kind: "family" });
  const family = await link(sandbox, { person: "demo" });
  const next = await json(await refresh(family.refresh_token));
  await refresh(family.refresh_token);
  assert.equal((await refresh(String(next["refresh_token"]))).status, 400);
  await sandbox.stop();
});

Deno.test("oura access ends with its time and with revoke", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" });
  const path = "/oura/v2/usercollection/personal_info";
  assert.equal((await get(sandbox, path, access_token)).status, 200);
  const authorization = { authorization: `Bearer ${access_token}` };
  const revoke = () => post(`${sandbox.url}/oura/oauth/revoke`, {}, authorization);
  assert.equal((await revoke()).status, 200);
  assert.equal((await get(sandbox, path, access_token)).status, 401);
  assert.equal((await revoke()).status, 401);
  const later = await link(sandbox, { person: "demo" });
  sandbox.control.advance(86_400);
  assert.equal((await get(sandbox, path, later.access_token)).status, 401);
  await sandbox.stop();
});

Deno.test("oura lists come in pages that hold every record once", async () => {
  const sandbox = await open({ pageSize: 4 });
  const { access_token } = await link(sandbox, { person: "demo" });
  const { rows, counts } = await pages(sandbox, `sleep?${RANGE}`, access_token);
  assert.ok(counts.length > 2);
  assert.ok(counts.slice(0, -1).every((count) => count === 4));
  assert.equal(new Set(rows.map((row) => row["id"])).size, rows.length);
  const types = new Set(rows.map((row) => row["type"]));
  for (const type of ["long_sleep", "rest", "deleted"]) assert.ok(types.has(type), type);
  const one = await get(sandbox, `/oura/v2/usercollection/sleep/${rows[0]?.["id"]}`, access_token);
  assert.deepEqual(await json(one), rows[0]);
  const none = await get(sandbox, "/oura/v2/usercollection/sleep/nothing", access_token);
  assert.equal(none.status, 404);
  assert.deepEqual(await json(none), { detail: "Document not found." });
  const wrong = `/oura/v2/usercollection/sleep?start_date=2026-11-21&end_date=2026-11-01`;
  assert.equal((await get(sandbox, wrong, access_token)).status, 422);
  await sandbox.stop();
});

Deno.test("oura leaves the end date out for activity and workouts alone", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" });
  const day = "start_date=2026-11-18&end_date=2026-11-19";
  const days = async (path: string) =>
    (await pages(sandbox, `${path}?${day}`, access_token)).rows.map((row) => row["day"]);
  assert.deepEqual(await days("daily_activity"), ["2026-11-18"]);
  assert.deepEqual(await days("daily_sleep"), ["2026-11-18", "2026-11-19"]);
  await sandbox.stop();
});

Deno.test("oura data is the person's own, the same on every run, and not ahead of the clock", async () => {
  const [one, two] = [await open(), await open()];
  const demo = await link(one, { person: "demo" });
  const demoAgain = await link(two, { person: "demo" });
  const another = await link(one, { person: "another" });
  const path = `sleep?${RANGE}`;
  const rows = (await pages(one, path, demo.access_token)).rows;
  assert.deepEqual(rows, (await pages(two, path, demoAgain.access_token)).rows);
  const others = (await pages(one, path, another.access_token)).rows.map((row) => row["id"]);
  assert.ok(others.length > 0);
  assert.ok(rows.every((row) => !others.includes(row["id"])));
  assert.ok(
    rows.every((row) => new Date(String(row["bedtime_end"])) <= new Date("2026-11-20T15:00:00Z")),
  );
  const heart = "heartrate?start_datetime=2026-11-19T00:00:00Z&end_datetime=2026-11-30T00:00:00Z";
  const beats = (await pages(one, heart, demo.access_token)).rows;
  assert.ok(beats.length > 400);
  assert.equal(beats.at(-1)?.["timestamp"], "2026-11-20T15:00:00.000Z");
  await one.stop();
  await two.stop();
});

Deno.test("oura refuses what was not granted with 403", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo", scopes: ["daily"] });
  const workout = await get(sandbox, `/oura/v2/usercollection/workout?${RANGE}`, access_token);
  assert.equal(workout.status, 403);
  assert.deepEqual(await json(workout), { detail: "Forbidden" });
  const info = await get(sandbox, "/oura/v2/usercollection/personal_info", access_token);
  assert.deepEqual(Object.keys(await json(info)), ["id"]);
  await sandbox.stop();
});

Deno.test("oura limits calls and says how long", async () => {
  const sandbox = await open();
  sandbox.control.fault({ provider: "oura", route: "/v2/*", kind: "429", retryAfter: 7, times: 1 });
  const { access_token } = await link(sandbox, { person: "demo" });
  const path = "/oura/v2/usercollection/personal_info";
  const limited = await get(sandbox, path, access_token);
  assert.equal(limited.status, 429);
  assert.equal(limited.headers.get("retry-after"), "7");
  assert.equal(limited.headers.get("x-ratelimit-window"), "300");
  assert.equal((await get(sandbox, path, access_token)).status, 200);
  await sandbox.stop();
});

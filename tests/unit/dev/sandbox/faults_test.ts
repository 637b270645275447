import assert from "node:assert/strict";
import type { FaultKind } from "../../../../dev/sandbox/faults.ts";
import { CLIENTS, get, json, link, open, post } from "./support.ts";

const LIST = "/v2/usercollection/daily_sleep?start_date=2026-11-01&end_date=2026-11-21";

async function struck(kind: FaultKind, order: { seconds?: number; bytes?: number } = {}) {
  const sandbox = await open({ pageSize: 4 });
  const { access_token } = await link(sandbox, { person: "demo" });
  const good = await json(await get(sandbox, `/oura${LIST}`, access_token));
  const fault = sandbox.control.fault({
    provider: "oura",
    route: "/v2/usercollection/daily_sleep",
    kind,
    times: 1,
    ...order,
  });
  const started = performance.now();
  const response = await fetch(`${sandbox.url}/oura${LIST}`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  const text = await response.text().catch(() => "lost");
  const seconds = (performance.now() - started) / 1_000;
  assert.equal(fault.hits, 1);
  const after = await get(sandbox, `/oura${LIST}`, access_token);
  assert.deepEqual(await json(after), good, "one request is struck and no other");
  assert.equal(fault.hits, 1);
  await sandbox.stop();
  return { status: response.status, text, seconds, good };
}

Deno.test("fault() answers with the status it names", async () => {
  for (const kind of ["401", "403", "429", "500", "503"] as const) {
    assert.equal((await struck(kind)).status, Number(kind));
  }
});

Deno.test("fault() garbage and html are 200 and no JSON", async () => {
  for (const kind of ["garbage", "html", "truncated"] as const) {
    const { status, text } = await struck(kind);
    assert.equal(status, 200);
    assert.throws(() => JSON.parse(text), SyntaxError, kind);
  }
});

Deno.test("fault() huge goes on for as long as one reads", async () => {
  const sandbox = await open();
  sandbox.control.fault({ provider: "oura", route: "/*", kind: "huge" });
  const response = await fetch(`${sandbox.url}/oura/anything`);
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > 8_000_000) break;
  }
  assert.ok(size > 8_000_000);
  await sandbox.stop();
});

Deno.test("fault() cut ends the connection inside the body", async () => {
  assert.equal((await struck("cut", { bytes: 10 })).text, "lost");
});

Deno.test("fault() delay, stall and slow_drip take their time", async () => {
  assert.ok((await struck("delay", { seconds: 0.2 })).seconds >= 0.2);
  const stalled = await struck("stall", { seconds: 0.2 });
  assert.ok(stalled.seconds >= 0.2);
  assert.equal(stalled.status, 504);
  const slow = await struck("slow_drip", { bytes: 1_000 });
  assert.ok(slow.seconds >= 1);
  assert.deepEqual(JSON.parse(slow.text), slow.good);
});

Deno.test("fault() makes lists lie", async () => {
  const rows = (text: string): unknown[] => JSON.parse(text).data;
  const loop = await struck("next_loop");
  assert.equal(JSON.parse(loop.text).next_token, "MA");
  const twice = await struck("duplicate_page");
  assert.equal(rows(twice.text).length, 8);
  const turned = await struck("reordered");
  assert.deepEqual(rows(turned.text).toReversed(), turned.good["data"]);
  assert.match((await struck("wrong_types")).text, /"score":"many"/);
});

Deno.test("fault() redirect leads a client elsewhere with its secret", async () => {
  const sandbox = await open();
  sandbox.control.fault({ provider: "dexcom", route: "/v3/oauth2/token", kind: "redirect" });
  const response = await fetch(`${sandbox.url}/dexcom-jp/v3/oauth2/token`, {
    method: "POST",
    redirect: "manual",
  });
  assert.equal(response.status, 307);
  await response.body?.cancel();
  await sandbox.stop();
});

Deno.test("fault() rotated_then_lost spends the refresh token and loses the answer", async () => {
  const sandbox = await open();
  const { refresh_token } = await link(sandbox, { person: "demo" });
  const refresh = () =>
    post(`${sandbox.url}/oura/oauth/token`, {
      grant_type: "refresh_token",
      refresh_token,
      client_id: CLIENTS.oura.id,
      client_secret: CLIENTS.oura.secret,
    });
  const order = { provider: "oura", route: "/oauth/token", times: 1 } as const;
  sandbox.control.fault({ ...order, kind: "rotated_then_lost" });
  await assert.rejects(refresh());
  const again = await refresh();
  assert.deepEqual(await json(again), { error: "invalid_grant" });
  assert.equal(sandbox.control.counts()["oura"]?.refreshes, 1);
  await sandbox.stop();
});

Deno.test("fault() strikes its own provider and route alone", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" });
  const fault = sandbox.control.fault({ provider: "terra", route: "/*", kind: "500" });
  const other = sandbox.control.fault({ provider: "oura", route: "/oauth/revoke", kind: "500" });
  assert.equal((await get(sandbox, `/oura${LIST}`, access_token)).status, 200);
  assert.deepEqual([fault.hits, other.hits], [0, 0]);
  sandbox.control.clearFaults();
  assert.deepEqual(sandbox.control.faults(), []);
  await sandbox.stop();
});

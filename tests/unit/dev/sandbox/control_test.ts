import assert from "node:assert/strict";
import { CLIENTS, get, json, link, open, pages, post, request } from "./support.ts";

const RANGE = "start_date=2026-11-01&end_date=2026-11-22";

function command(url: string, path: string, body: unknown) {
  return request(`${url}/_control${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

Deno.test("_control does by HTTP what the control does in process", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" });
  const order = { provider: "oura", route: "/v2/*", kind: "503", times: 1 };
  const fault = await json(await command(sandbox.url, "/fault", order));
  assert.deepEqual(fault, { ...order, id: 1, hits: 0 });
  const path = `/oura/v2/usercollection/sleep?${RANGE}`;
  assert.equal((await get(sandbox, path, access_token)).status, 503);
  assert.equal(sandbox.control.faults()[0]?.hits, 1);
  assert.equal((await command(sandbox.url, "/fault", { ...order, kind: "flood" })).status, 400);

  const order2 = { person: "demo", provider: "oura", resource: "workout" };
  const published = await json(await command(sandbox.url, "/publish", order2));
  const { rows } = await pages(sandbox, `workout?${RANGE}`, access_token);
  assert.equal(rows.at(-1)?.["id"], published["recordId"]);
  const unknown = await command(sandbox.url, "/publish", { ...order2, resource: "dreams" });
  assert.equal(unknown.status, 409);
  const ledger: unknown = await (await request(`${sandbox.url}/_control/ledger?person=demo`))
    .json();
  assert.deepEqual(ledger, sandbox.ledger.facts("demo"));
  await sandbox.stop();
});

Deno.test("_control answers this machine by its own name alone", async () => {
  const sandbox = await open();
  const port = new URL(sandbox.url).port;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const request =
    "GET /_control/ledger HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  assert.match(answer, /^HTTP\/1\.1 403/);
  await sandbox.stop();
});

Deno.test("control.requests() tells of each call and keeps no token", async () => {
  const sandbox = await open();
  const { access_token } = await link(sandbox, { person: "demo" });
  await get(sandbox, "/oura/v2/usercollection/personal_info", access_token);
  const requests = sandbox.control.requests();
  assert.deepEqual(requests.map((one) => `${one.method} ${one.path} ${one.authorization}`), [
    "GET /oauth/authorize none",
    "POST /oauth/authorize none",
    "POST /oauth/token none",
    "GET /v2/usercollection/personal_info bearer",
  ]);
  assert.ok(!JSON.stringify(requests).includes(access_token));
  await sandbox.stop();
});

Deno.test("control.revoke() and expireAccess() end what they name", async () => {
  const sandbox = await open();
  const demo = await link(sandbox, { person: "demo" });
  const another = await link(sandbox, { person: "another" });
  const path = "/oura/v2/usercollection/personal_info";
  const refresh = (refresh_token: string) =>
    post(`${sandbox.url}/oura/oauth/token`, {
      grant_type: "refresh_token",
      refresh_token,
      client_id: CLIENTS.oura.id,
      client_secret: CLIENTS.oura.secret,
    });
  sandbox.control.revoke("oura", "demo");
  assert.equal((await get(sandbox, path, demo.access_token)).status, 401);
  assert.equal((await refresh(demo.refresh_token)).status, 400);
  assert.equal((await get(sandbox, path, another.access_token)).status, 200);
  sandbox.control.expireAccess("oura");
  assert.equal((await get(sandbox, path, another.access_token)).status, 401);
  assert.equal((await refresh(another.refresh_token)).status, 200);
  assert.throws(() => sandbox.control.revoke("nobody", "demo"), /no such issuer/);
  await sandbox.stop();
});

Deno.test("startSandbox() remembers tokens, ledger and history after a restart", async () => {
  const directory = await Deno.makeTempDir();
  const ledgerPath = `${directory}/ledger.jsonl`;
  const first = await open({ ledgerPath });
  const { access_token } = await link(first, { person: "demo" });
  const path = `sleep?${RANGE}`;
  const { rows } = await pages(first, path, access_token);
  const facts = first.ledger.facts("demo");
  assert.ok(facts.length > 100);
  await first.stop();
  const later = () => new Date("2026-11-20T15:30:00Z");
  const second = await open({ ledgerPath, clock: later });
  assert.deepEqual(second.ledger.facts("demo"), facts);
  assert.deepEqual((await pages(second, path, access_token)).rows, rows);
  assert.deepEqual(second.ledger.facts("demo"), facts, "the same records are not told twice");
  await second.stop();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("startSandbox() gives an origin for each of the providers' hosts", async () => {
  const sandbox = await open();
  assert.equal(Object.keys(sandbox.origins).length, 9);
  for (const [origin, place] of Object.entries(sandbox.origins)) {
    assert.equal(new URL(origin).origin, origin);
    assert.ok(place.startsWith(`${sandbox.url}/`));
  }
  assert.notEqual(
    sandbox.origins["https://api.dexcom.com"],
    sandbox.origins["https://api.dexcom.eu"],
  );
  await sandbox.stop();
});

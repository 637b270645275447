import assert from "node:assert/strict";
import type { Source } from "@shared/api/connect.ts";
import { ProblemError } from "@shared/core/problems.ts";
import { createApp } from "../../functions/connect/app.ts";
import { ALICE, GET, httpRuntime, post } from "./http_runtime.ts";

const SOURCE: Source = {
  id: "0b0e6f3c-0000-4000-8000-000000000001",
  provider: "oura",
  uiId: "oura_ring",
  status: "error",
  cause: "revoked",
  connectedAt: new Date("2026-01-01T00:00:00Z"),
};

function connect(overrides: Record<string, unknown> = {}) {
  const asked: unknown[] = [];
  const note = <T>(name: string, answer: T) => (ask?: unknown) => {
    asked.push(ask === undefined ? [name] : [name, ask]);
    return Promise.resolve(answer);
  };
  const runtime = httpRuntime();
  const app = createApp({
    ...runtime,
    connect: {
      begin: note("begin", {
        authUrl: "https://cloud.ouraring.test/oauth/authorize?state=s",
        kind: "oauth2" as const,
        provider: "oura",
        expiresAt: new Date(Date.now() + 600_000),
      }),
      signIn: note("signIn", SOURCE),
      complete: note("complete", SOURCE),
      providers: note("providers", []),
      sources: note("sources", [SOURCE]),
      sync: note("sync", { jobs: 3 }),
      disconnect: note("disconnect", { disconnected: 1, revoked: "queued" as const }),
      ...overrides,
    },
  });
  return { app, asked, lines: runtime.lines };
}

Deno.test("connect begins by body and by path, with the answer that old and new pages read", async () => {
  const { app, asked } = connect();
  const response = await app.request(
    "/connect",
    post({ provider: "oura_ring", redirectTo: "https://app.example.test/done", region: "eu" }),
  );
  assert.equal(response.status, 200);
  const answer = await response.json();
  assert.equal(answer.success, true);
  assert.equal(answer.data.authUrl, "https://cloud.ouraring.test/oauth/authorize?state=s");
  assert.equal(answer.data.provider, "OURA");
  assert.equal(answer.data.kind, "oauth2");
  assert.equal(answer.authorization_url, answer.data.authUrl);
  assert.equal(answer.url, answer.data.authUrl);
  assert.ok(answer.expires_in > 590 && answer.expires_in <= 600);
  assert.ok(!("code" in answer && "message" in answer), "the app takes such a body for an error");

  await app.request("/connect/", post({ provider_key: "OURA" }));
  await app.request("/connect/oura", post());
  await app.request("/connect/me/connect/oura", post());
  await app.request("/connect/spike", post({ service: "garmin" }));
  assert.deepEqual(asked, [
    ["begin", {
      userId: ALICE,
      provider: "oura_ring",
      returnTo: "https://app.example.test/done",
      region: "eu",
    }],
    ["begin", { userId: ALICE, provider: "oura" }],
    ["begin", { userId: ALICE, provider: "oura" }],
    ["begin", { userId: ALICE, provider: "oura" }],
    ["begin", { userId: ALICE, provider: "spike", service: "garmin" }],
  ]);
});

Deno.test("connect completes, lists, syncs and disconnects by path and by action alike", async () => {
  const { app, asked } = connect();
  const ticket = "t".repeat(43);
  const byPath: readonly [string, RequestInit][] = [
    ["/connect/complete", post({ ticket })],
    ["/connect/sources", GET],
    ["/connect/oura/sync", post({ days: 7 })],
    ["/connect/oura", { ...GET, method: "DELETE" }],
    ["/connect/providers", GET],
  ];
  const byBody = [
    { action: "complete", ticket },
    { action: "list" },
    { action: "sync", provider: "oura", days: 7 },
    { action: "disconnect", provider: "oura" },
    { action: "providers" },
  ];
  const answers: unknown[] = [];
  for (const [path, init] of byPath) {
    const response = await app.request(path, init);
    assert.ok(response.ok, path);
    answers.push(await response.json());
  }
  const paths = asked.splice(0);
  for (const [i, body] of byBody.entries()) {
    const response = await app.request("/connect", post(body));
    assert.deepEqual(await response.json(), answers[i], body.action);
  }
  assert.deepEqual(asked, paths);
  assert.deepEqual(paths, [
    ["complete", { userId: ALICE, ticket }],
    ["sources", { userId: ALICE }],
    ["sync", { userId: ALICE, provider: "oura", days: 7 }],
    ["disconnect", { userId: ALICE, provider: "oura" }],
    ["providers"],
  ]);
});

Deno.test("connect shows a source with the tile it was linked from", async () => {
  const { app } = connect();
  for (const path of ["/connect", "/connect/sources", "/connect/me/sources"]) {
    const { data: [source] } = await (await app.request(path, GET)).json();
    assert.deepEqual(source, {
      id: SOURCE.id,
      provider: "OURA",
      slug: "oura",
      service_type: "oura_ring",
      status: "ERROR",
      uiStatus: "error",
      error: "revoked",
      connectedAt: "2026-01-01T00:00:00.000Z",
      lastSyncAt: null,
      deviceCount: 0,
    });
  }
});

Deno.test("connect answers a sync with 202 and what older pages add up", async () => {
  const response = await connect().app.request("/connect/oura/sync", post());
  assert.equal(response.status, 202);
  assert.deepEqual(await response.json(), {
    success: true,
    status: "queued",
    provider: "oura",
    metrics_ingested: 0,
    days_synced: null,
    data: { jobs: 3 },
  });
});

Deno.test("connect refuses bad input with a clear problem and asks nothing of anyone", async () => {
  const { app, asked } = connect();
  const raw = (body: string, type = "application/json") => ({
    method: "POST",
    headers: { authorization: "Bearer alice", "content-type": type },
    body,
  });
  const cases: readonly [path: string, init: RequestInit, status: number, word: string][] = [
    ["/connect", post({}), 400, "provider"],
    ["/connect", post({ provider: 1 }), 400, "provider"],
    ["/connect", post({ provider: ["oura"] }), 400, "provider"],
    ["/connect", post({ provider: "oura", user_id: ALICE }), 400, "user_id"],
    ["/connect", post({ provider: "oura", action: "purge" }), 400, "action"],
    ["/connect", post({ action: "complete" }), 400, "ticket"],
    ["/connect", post({ provider: "oura", redirectTo: ["a", "b"] }), 400, "redirectTo"],
    ["/connect", post({ provider: "oura", redirectTo: "x".repeat(513) }), 400, "redirectTo"],
    ["/connect", post({ provider: "spike", service: "Garmin!" }), 400, "service"],
    ["/connect", post({ action: "sync", provider: "oura", days: "7" }), 400, "days"],
    ["/connect", raw("{"), 400, "not JSON"],
    ["/connect", raw('{"provider":"oura","provider":"terra"}'), 400, "twice"],
    ["/connect", raw('{"__proto__":{"provider":"oura"}}'), 400, "__proto__"],
    ["/connect", raw("[".repeat(30_000)), 400, "nested"],
    ["/connect", raw("null"), 400, "body"],
    ["/connect", raw(" ".repeat(65_537)), 413, "65536"],
    ["/connect", raw('{"provider":"oura"}', "text/plain"), 415, "application/json"],
    ["/connect", { ...post(), body: new TextEncoder().encode("{}") }, 415, "application/json"],
    ["/connect", raw("provider=oura", "application/x-www-form-urlencoded"), 415, "json"],
    ["/connect/__proto__", post(), 404, "unknown"],
    ["/connect/FITBIT", post(), 404, "unknown"],
    ["/connect/fitbit%00", post(), 404, "unknown"],
    ["/connect/%E0%A4%A", post(), 404, "unknown"],
    ["/connect/oura", { ...GET, method: "PUT" }, 405, "POST"],
    ["/connect/oura/nothing/here", GET, 404, "no such route"],
    ["/elsewhere", GET, 404, "no such route"],
  ];
  for (const [path, init, status, word] of cases) {
    const response = await app.request(path, init);
    const label = `${path} ${JSON.stringify(init.body)?.slice(0, 60)}`;
    assert.equal(response.status, status, label);
    assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
    const problem = await response.json();
    assert.equal(problem.success, false, label);
    assert.equal(problem.status, status);
    assert.equal(problem.instance, response.headers.get("x-request-id"));
    assert.equal(problem.error, problem.message);
    assert.ok(problem.error.includes(word), `${label}: ${problem.error}`);
    assert.ok(problem.code && problem.hint);
  }
  assert.deepEqual(asked, []);
  assert.equal(Reflect.get({}, "provider"), undefined);
});

Deno.test("connect needs a person with an account on every route", async () => {
  const { app, asked } = connect();
  const routes: readonly [string, string][] = [
    ["POST", "/connect"],
    ["GET", "/connect"],
    ["GET", "/connect/sources"],
    ["GET", "/connect/providers"],
    ["POST", "/connect/complete"],
    ["POST", "/connect/oura"],
    ["POST", "/connect/oura/sync"],
    ["POST", "/connect/oura/disconnect"],
    ["DELETE", "/connect/oura"],
    ["POST", "/connect/me/connect/oura"],
    ["POST", "/connect/me/disconnect/oura"],
  ];
  for (const [method, path] of routes) {
    const as = async (headers: HeadersInit) => await app.request(path, { method, headers });
    const unsigned = await as({ apikey: "Bearer alice" });
    assert.equal(unsigned.status, 401, path);
    assert.equal(unsigned.headers.get("www-authenticate"), "Bearer");
    assert.equal((await as({ authorization: "Bearer wrong" })).status, 401, path);
    const anonymous = await as({ authorization: "Bearer anonymous" });
    assert.equal(anonymous.status, 403, path);
    assert.equal((await anonymous.json()).code, "INSUFFICIENT_PERMISSIONS");
  }
  assert.deepEqual(asked, []);
});

Deno.test("connect passes on what the use case says is wrong", async () => {
  for (
    const [problem, status] of [
      ["provider_unknown", 404],
      ["provider_not_configured", 503],
      ["ticket_invalid", 410],
      ["ticket_of_another", 403],
      ["account_linked_elsewhere", 409],
    ] as const
  ) {
    const fail = () => Promise.reject(new ProblemError(problem, "Cannot link: reason"));
    const response = await connect({ begin: fail }).app.request("/connect/oura", post());
    assert.equal(response.status, status);
    assert.equal((await response.json()).type, `urn:raphael:problem:${problem}`);
  }
});

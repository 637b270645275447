import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { createHttpApp } from "@shared/http/app.ts";
import { requireSession } from "@shared/http/session.ts";
import { GET, httpRuntime, ORIGIN } from "./http_runtime.ts";

const LOOK_ALIKES = [
  "null",
  `${ORIGIN}.evil.test`,
  `${ORIGIN}:8443`,
  `${ORIGIN}/`,
  "http://app.example.test",
  "https://APP.example.test",
  "https://sub.app.example.test",
];

/** An app with one route for each kind of answer. */
function sample(limiter?: { allowed: boolean; remaining: number; resetSeconds: number }) {
  const keys: string[] = [];
  const base = httpRuntime();
  const rateLimit = limiter && {
    limiter: {
      take: ({ key }: { key: string }) => {
        keys.push(key);
        return Promise.resolve(limiter);
      },
    },
    limit: 100,
    windowSeconds: 900,
    trustedHops: 1,
    addressSecret: new Secret("address-secret"),
  };
  const runtime = { ...base, ...(rateLimit ? { rateLimit } : {}) };
  const app = createHttpApp("sample", runtime, { browsers: ["GET", "POST"] });
  app.get("/ok/:id", requireSession(runtime), (c) => c.json({ success: true }));
  app.post("/ok/:id", (c) => c.json({ success: true }));
  app.get("/broken", () => {
    throw new Error("password=hunter2 at hc.tokens");
  });
  return { app, lines: base.lines, keys };
}

Deno.test("createHttpApp() puts the security headers on every answer", async () => {
  const { app } = sample();
  const seen = new Set<number>();
  for (
    const [path, init] of [
      ["/sample/health", {}],
      ["/sample/ok/1", GET],
      ["/sample/ok/1", {}],
      ["/sample/none", {}],
      ["/nowhere", {}],
      ["/sample/ok/1", { method: "PUT" }],
      ["/sample/ok/1", { method: "POST", body: "x" }],
      ["/sample/broken", {}],
      ["/sample/ok/1", { method: "OPTIONS" }],
      ["/sample/health", { method: "HEAD" }],
    ] as readonly [string, RequestInit][]
  ) {
    const response = await app.request(path, init);
    seen.add(response.status);
    const headers = response.headers;
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("cache-control"), "no-store", path);
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.match(headers.get("strict-transport-security") ?? "", /max-age=\d{8}/);
    assert.equal(
      headers.get("content-security-policy"),
      "default-src 'none'; frame-ancestors 'none'",
    );
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
    assert.equal(headers.get("access-control-allow-credentials"), null);
    assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    assert.ok(headers.get("vary")?.includes("Origin"));
  }
  assert.deepEqual(seen, new Set([200, 401, 404, 405, 415, 500, 204]));
});

Deno.test("createHttpApp() opens CORS for the listed origin alone, errors included", async () => {
  const { app } = sample();
  for (const path of ["/sample/ok/1", "/sample/broken", "/sample/none"]) {
    const allowed = await app.request(path, { headers: { origin: ORIGIN } });
    assert.equal(allowed.headers.get("access-control-allow-origin"), ORIGIN);
    assert.match(allowed.headers.get("access-control-expose-headers") ?? "", /retry-after/);
    for (const origin of LOOK_ALIKES) {
      const { headers } = await app.request(path, { headers: { origin } });
      assert.equal(headers.get("access-control-allow-origin"), null, origin);
    }
  }
});

Deno.test("createHttpApp() answers the preflight before sign-in, with the real methods and headers", async () => {
  const { app } = sample();
  const preflight = async (origin: string) =>
    await app.request("/sample/ok/1", {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  const { status, headers } = await preflight(ORIGIN);
  assert.equal(status, 204);
  assert.equal(headers.get("access-control-allow-origin"), ORIGIN);
  assert.equal(headers.get("access-control-allow-methods"), "GET, POST");
  assert.equal(
    headers.get("access-control-allow-headers"),
    "authorization, x-client-info, apikey, content-type, x-supabase-api-version, x-region",
  );
  assert.ok(Number(headers.get("access-control-max-age")) <= 600);
  const refused = await preflight("https://evil.test");
  assert.equal(refused.headers.get("access-control-allow-origin"), null);
  assert.equal(refused.headers.get("access-control-allow-methods"), null);
});

Deno.test("createHttpApp() logs one line a request: the route, never the path, query or message", async () => {
  const { app, lines } = sample();
  await app.request("/sample/ok/secret-in-path?code=secret-in-query", GET);
  await app.request("/sample/secret-in-path");
  assert.deepEqual(lines.map(({ ms: _ms, requestId: _id, ...line }) => line), [
    {
      function: "sample",
      method: "GET",
      route: "/sample/ok/:id",
      status: 200,
      level: "info",
      event: "request",
    },
    {
      function: "sample",
      method: "GET",
      route: "none",
      status: 404,
      level: "info",
      event: "request",
    },
  ]);
  assert.equal(typeof lines[0]?.["ms"], "number");
  lines.length = 0;
  const response = await app.request("/sample/broken");
  const text = await response.text();
  assert.deepEqual(lines.map((line) => line.event), ["unexpected", "request"]);
  assert.deepEqual(new Set(lines.map((line) => line["requestId"])).size, 1);
  for (const said of [text, JSON.stringify(lines)]) {
    assert.ok(!/hunter2|hc\.tokens|secret-in/.test(said));
  }
});

Deno.test("createHttpApp() keeps a caller's request id only where it cannot forge a line", async () => {
  const { app } = sample();
  const idFor = async (id: string) =>
    (await app.request("/sample/health", { headers: { "x-request-id": id } })).headers
      .get("x-request-id");
  assert.equal(await idFor("abc_DEF-123"), "abc_DEF-123");
  for (const id of ["short", 'x","level":"info', "a".repeat(65), "with space in it"]) {
    assert.notEqual(await idFor(id), id);
  }
});

Deno.test("createHttpApp() tells its health to anyone, and nothing else", async () => {
  const response = await sample().app.request("/sample/health");
  const { uptime, ...health } = await response.json();
  assert.deepEqual(health, { status: "healthy", version: "1.2.3" });
  assert.ok(Number.isInteger(uptime) && uptime >= 0);
});

Deno.test("createHttpApp() names the methods a path has", async () => {
  const response = await sample().app.request("/sample/ok/1", { method: "DELETE" });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "GET, POST");
});

Deno.test("requireSession() shows the person's budget and stops at its end", async () => {
  const open = sample({ allowed: true, remaining: 99, resetSeconds: 899.2 });
  const { headers } = await open.app.request("/sample/ok/1", GET);
  assert.deepEqual(
    ["limit", "remaining", "reset"].map((name) => headers.get(`ratelimit-${name}`)),
    ["100", "99", "900"],
  );
  assert.deepEqual(open.keys, ["user:8c1d3c1e-5b0a-4b43-9a0e-0d5f3a1b2c3d"]);

  const closed = sample({ allowed: false, remaining: 0, resetSeconds: 12.1 });
  const response = await closed.app.request("/sample/ok/1", {
    headers: { authorization: "Bearer alice", origin: ORIGIN },
  });
  assert.equal(response.status, 429);
  assert.equal(response.headers.get("retry-after"), "13");
  assert.equal(response.headers.get("ratelimit-remaining"), "0");
  assert.equal(response.headers.get("access-control-allow-origin"), ORIGIN);
  assert.equal((await response.json()).code, "RATE_LIMIT_EXCEEDED");
});

Deno.test("requireSession() counts callers without a session by their network, unreadably", async () => {
  const { app, keys } = sample({ allowed: true, remaining: 1, resetSeconds: 1 });
  for (let i = 0; i < 3; i++) {
    const headers = {
      "x-forwarded-for": `198.51.100.${i}, 203.0.113.7`,
      "x-real-ip": `10.0.0.${i}`,
    };
    assert.equal((await app.request("/sample/ok/1", { headers })).status, 401);
  }
  await app.request("/sample/ok/1", { headers: { "x-forwarded-for": "203.0.113.8" } });
  assert.equal(new Set(keys.slice(0, 3)).size, 1);
  assert.notEqual(keys[3], keys[0]);
  assert.ok(keys.every((key) => /^net:[A-Za-z0-9_-]{43}$/.test(key)));
  await app.request("/sample/ok/1", { method: "OPTIONS" });
  assert.equal(keys.length, 4, "a preflight costs nothing");
});

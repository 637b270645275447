import assert from "node:assert/strict";
import { ProblemError } from "@shared/core/problems.ts";
import { createApp } from "../../functions/oauth-callback/app.ts";
import { httpRuntime, ORIGIN } from "./http_runtime.ts";

const LOCATION = "https://app.example.test/health-dashboard?connect_ticket=t";

function callback() {
  const asked: [string, string][] = [];
  const runtime = httpRuntime();
  const app = createApp({
    ...runtime,
    oauthCallback: {
      receive: ({ provider, query }) => {
        if (provider !== "oura") {
          return Promise.reject(new ProblemError("provider_unknown", "Cannot find it: unknown"));
        }
        asked.push([provider, query.toString()]);
        return Promise.resolve({ location: LOCATION });
      },
    },
  });
  return { app, asked, lines: runtime.lines };
}

Deno.test("oauth-callback redirects, keeps nothing and logs neither code nor state", async () => {
  const { app, asked, lines } = callback();
  const response = await app.request(
    "/oauth-callback/oura?code=the-code&state=the-state&scope=a%20b",
    {
      headers: { origin: ORIGIN },
    },
  );
  assert.equal(response.status, 302);
  assert.equal(response.headers.get("location"), LOCATION);
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("referrer-policy"), "no-referrer");
  assert.equal(response.headers.get("access-control-allow-origin"), null);
  assert.equal(response.headers.get("vary"), null);
  assert.equal(await response.text(), "");
  assert.deepEqual(asked, [["oura", "code=the-code&state=the-state&scope=a+b"]]);
  assert.ok(!/the-code|the-state|connect_ticket/.test(JSON.stringify(lines)));
});

Deno.test("oauth-callback hands a repeated parameter on as it is: the use case refuses it", async () => {
  const { app, asked } = callback();
  await app.request("/oauth-callback/oura?state=a&state=b");
  assert.deepEqual(asked, [["oura", "state=a&state=b"]]);
});

Deno.test("oauth-callback uses no state up for a method or a browser that only looks ahead", async () => {
  const { app, asked } = callback();
  const inits: RequestInit[] = [
    { method: "HEAD" },
    { method: "POST", body: "code=c" },
    { method: "OPTIONS" },
    { headers: { "sec-purpose": "prefetch" } },
    { headers: { "sec-purpose": "prefetch;prerender" } },
    { headers: { purpose: "prefetch" } },
  ];
  for (const init of inits) {
    const response = await app.request("/oauth-callback/oura?code=c&state=s", init);
    assert.equal(response.status, 405, JSON.stringify(init));
    assert.equal(response.headers.get("allow"), "GET");
    assert.equal(response.headers.get("cache-control"), "no-store");
  }
  assert.deepEqual(asked, []);
});

Deno.test("oauth-callback answers an unknown provider with 404, never a page", async () => {
  const { app, asked } = callback();
  for (const provider of ["nobody", "__proto__", "OURA", "oura%00", "constructor"]) {
    const response = await app.request(`/oauth-callback/${provider}?error=<script>`);
    assert.equal(response.status, 404, provider);
    assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
    assert.ok(!(await response.text()).includes("script"));
  }
  assert.equal((await app.request("/oauth-callback")).status, 404);
  assert.deepEqual(asked, []);
});

import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import type { OAuth2Link } from "@shared/providers/link.ts";
import polar from "@shared/providers/polar.ts";
import { secondsOf } from "@shared/providers/polar_api.ts";
import { ACCOUNT, MARKED, withProvider } from "../../support/provider_server.ts";

// SAFETY: the laws assert that the link is OAuth's.
const link = polar.link as OAuth2Link;
const TOKENS = { accessToken: new Secret(MARKED.accessToken) };
const PERSON = { ...ACCOUNT, externalUserId: "10579" };

Deno.test("polar's tokens are asked for with Basic, name the person and never end", async () => {
  const answer = {
    access_token: "a",
    token_type: "bearer",
    expires_in: 315_359_999,
    x_user_id: 10579,
  };
  await withProvider(() => Response.json(answer), async ({ requests, context }) => {
    const tokens = await link.exchangeCodeForTokens(
      { code: "c", redirectUri: "https://a.example/" },
      context(),
    );
    assert.equal(tokens.externalUserId, "10579");
    assert.equal(tokens.refreshToken, undefined);
    assert.match(requests[0]?.headers.get("authorization") ?? "", /^Basic /);
    assert.doesNotMatch(requests[0]?.body ?? "", /client_secret/);
  });
});

Deno.test("fetchProfile() registers the person first, and 409 is theirs only if the profile says so", async () => {
  for (
    const [registered, found, expected] of [
      [200, { "polar-user-id": 10579 }, "10579"],
      [409, { "polar-user-id": "10579" }, "10579"],
      [409, undefined, undefined],
      [403, { "polar-user-id": 10579 }, undefined],
    ] as const
  ) {
    await withProvider(({ method }) => {
      if (method === "POST") return new Response(null, { status: registered });
      return found ? Response.json(found) : new Response(null, { status: 204 });
    }, async ({ requests, context }) => {
      const call = link.fetchProfile(PERSON, context());
      if (expected === undefined) await assert.rejects(call, { name: "ProviderError" });
      else assert.deepEqual(await call, { externalUserId: expected });
      assert.equal(requests[0]?.url.pathname, "/v3/users");
      assert.deepEqual(JSON.parse(requests[0]?.body ?? ""), { "member-id": "10579" });
      assert.equal(requests[0]?.headers.get("accept"), "application/json");
    });
  }
});

Deno.test("revokeTokens() takes the person out, and one who is gone already is out", async () => {
  for (const status of [204, 401, 404]) {
    await withProvider(() => new Response(null, { status }), async ({ requests, context }) => {
      await link.revokeTokens?.(TOKENS, PERSON, context());
      assert.equal(requests[0]?.method, "DELETE");
      assert.equal(requests[0]?.url.pathname, "/v3/users/10579");
    });
  }
});

Deno.test("polar is asked for four weeks of days at most, and for heart rates day by day", async () => {
  const asked = async (resource: string, days: number) => {
    const to = new Date("2026-02-08T00:00:00Z");
    const window = { from: new Date(to.getTime() - days * 86_400_000), to };
    const seen: string[] = [];
    await withProvider(({ url, headers }) => {
      assert.equal(headers.get("accept"), "application/json");
      seen.push(url.pathname + url.search);
      return new Response(null, { status: resource === "continuous_heart_rate" ? 404 : 204 });
    }, async ({ context }) => {
      const ask = { account: ACCOUNT, window, resource };
      for await (const { records } of polar.fetchLatestMetrics(ask, context())) {
        assert.equal(records.length, 0);
      }
    });
    return seen;
  };
  assert.deepEqual(await asked("cardio_load", 2), [
    "/v3/users/cardio-load/date?from=2026-02-05&to=2026-02-08",
  ]);
  assert.deepEqual(await asked("spo2", 28), [
    "/v3/users/biosensing/spo2?from=2026-01-12&to=2026-02-08",
  ]);
  assert.deepEqual(
    (await asked("continuous_heart_rate", 1)).map((path) => path.split("/").at(-1)),
    ["2026-02-06", "2026-02-07", "2026-02-08"],
  );
});

Deno.test("polar's 429 waits for the window that is used up", async () => {
  const headers = {
    "ratelimit-usage": "520, 900",
    "ratelimit-limit": "520, 5100",
    "ratelimit-reset": "165, 9700",
  };
  const window = { from: new Date("2026-02-01T00:00:00Z"), to: new Date("2026-02-02T00:00:00Z") };
  await withProvider(() => new Response(null, { status: 429, headers }), async ({ context }) => {
    await assert.rejects(
      polar.fetchPage({ account: ACCOUNT, window, resource: "sleep" }, context()),
      ({ failure }) => failure.kind === "rate_limited" && failure.retryAfter === 165,
    );
  });
});

Deno.test("secondsOf() reads ISO 8601 durations, and nothing else", () => {
  for (
    const [text, expected] of [
      ["PT2H44M", 9_840],
      ["PT210.026S", 210.026],
      ["P1D", 86_400],
      ["P1DT1S", 86_401],
      ["PT0S", 0],
      ["2h", undefined],
      ["", undefined],
      [null, undefined],
    ] as const
  ) assert.equal(secondsOf(text), expected, String(text));
});

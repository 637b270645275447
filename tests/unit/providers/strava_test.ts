import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import type { OAuth2Link } from "@shared/providers/link.ts";
import strava from "@shared/providers/strava.ts";
import { sportOf } from "@shared/providers/strava_sports.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";

// SAFETY: the laws assert that the link is OAuth's.
const link = strava.link as OAuth2Link;
const TOKENS = {
  accessToken: new Secret(MARKED.accessToken),
  refreshToken: new Secret(MARKED.refreshToken),
};
const ASK = { account: ACCOUNT, window: WINDOW, resource: "activities" };
const fault = (resource: string, field: string, code: string) => ({
  message: "Bad Request",
  errors: [{ resource, field, code }],
});

Deno.test("strava's scopes have commas, and those that stayed ticked are read from the callback", async () => {
  const url = link.authorizeUrl({ clientId: "1", state: "s", redirectUri: "https://a.example/" });
  assert.equal(
    url.searchParams.get("scope"),
    "read,activity:read,activity:read_all,profile:read_all",
  );
  assert.equal(url.searchParams.get("approval_prompt"), "auto");
  const answer = { access_token: "a", refresh_token: "r", token_type: "Bearer", expires_in: 60 };
  await withProvider(() => Response.json(answer), async ({ context }) => {
    const tokens = await link.exchangeCodeForTokens(
      { code: "c", redirectUri: "https://a.example/", grantedScope: "read,activity:read" },
      context(),
    );
    assert.deepEqual(tokens.scopes, ["read", "activity:read"]);
  });
});

Deno.test("strava's token errors have no error and mean the same", async () => {
  for (
    const [body, expected] of [
      [fault("RefreshToken", "refresh_token", "invalid"), "reauthorize"],
      [fault("AuthorizationCode", "code", "invalid"), "reauthorize"],
      [fault("Application", "client_id", "invalid"), "rejected"],
      [{ errors: "Rate Limit Exceeded" }, "rejected"],
    ] as const
  ) {
    await withProvider(() => Response.json(body, { status: 400 }), async ({ context }) => {
      await assert.rejects(
        link.refreshTokens(TOKENS, ACCOUNT, context()),
        ({ failure }) => failure.kind === expected,
        JSON.stringify(body),
      );
    });
  }
});

Deno.test("strava's 401 for a missing scope is no dead token", async () => {
  for (
    const [code, failure] of [
      ["missing", { kind: "rejected", status: 403 }],
      ["invalid", { kind: "reauthorize", cause: "token_rejected" }],
    ] as const
  ) {
    const body = fault("AccessToken", "activity:read_permission", code);
    await withProvider(() => Response.json(body, { status: 401 }), async ({ context }) => {
      await assert.rejects(strava.fetchPage(ASK, context()), { failure });
    });
  }
});

Deno.test("strava's limits end with the quarter of an hour or the UTC day, whichever pair is used up", async () => {
  const now = new Date("2026-03-01T12:07:00Z");
  for (
    const [overall, reading, seconds] of [
      ["100,500", "100,500", 8 * 60],
      ["200,700", "10,500", 8 * 60],
      // The kit caps a wait at an hour; midnight is far.
      ["100,2000", "10,10", 3_600],
      ["100,1000", "10,1000", 3_600],
      ["10,10", "10,10", 60],
    ] as const
  ) {
    const headers = {
      "x-ratelimit-limit": "200,2000",
      "x-ratelimit-usage": overall,
      "x-readratelimit-limit": "100,1000",
      "x-readratelimit-usage": reading,
    };
    const answer = () => new Response(null, { status: 429, headers });
    await withProvider(answer, async ({ context }) => {
      await assert.rejects(
        strava.fetchPage(ASK, context({ now })),
        { failure: { kind: "rate_limited", retryAfter: seconds } },
        `${overall} ${reading}`,
      );
    });
  }
});

Deno.test("strava's pages are counted to an empty one, and a server that does not count is given up", async () => {
  const row = { id: 1, start_date: "2026-02-02T08:00:00Z", elapsed_time: 60 };
  await withProvider(({ url }) => {
    const page = Number(url.searchParams.get("page"));
    return Response.json(page <= 3 ? [{ ...row, id: page }] : []);
  }, async ({ requests, context }) => {
    const ids: string[] = [];
    for await (const { records } of strava.fetchLatestMetrics(ASK, context())) {
      ids.push(...records.map(({ id }) => id));
    }
    assert.deepEqual(ids, ["1", "2", "3"]);
    assert.equal(requests.length, 4);
    const [first] = requests;
    assert.equal(first?.url.searchParams.get("per_page"), "200");
    assert.equal(first.url.searchParams.get("after"), String(WINDOW.from.getTime() / 1_000 - 1));
    assert.equal(first.url.searchParams.get("before"), String(WINDOW.to.getTime() / 1_000 + 1));
  });
  await withProvider(() => Response.json([row]), async ({ requests, context }) => {
    const all = Array.fromAsync(strava.fetchLatestMetrics(ASK, context()));
    await assert.rejects(all, ({ failure }) => failure.kind === "contract");
    assert.equal(requests.length, 50);
  });
});

Deno.test("strava's detail outranks the list's summary, whichever comes last", () => {
  const row = { id: 1, start_date: "2026-02-02T08:00:00Z", elapsed_time: 60 };
  const [summary] = strava.normalise("activities", [{ ...row, resource_state: 2 }]).records;
  const [detail] = strava.normalise("activities", { ...row, resource_state: 3 }).records;
  assert.ok(summary?.version && detail?.version && detail.version > summary.version);
});

Deno.test("sportOf() falls back to the older word, then to other", () => {
  assert.equal(sportOf({ sport_type: "GravelRide", type: "Ride" }), "cycling");
  assert.equal(sportOf({ sport_type: "NewRun", type: "Run" }), "running");
  assert.equal(sportOf({ sport_type: "constructor", type: "toString" }), "other");
  assert.equal(sportOf({}), undefined);
});

Deno.test("strava's streams are asked for with their activity, and a manual one has none", async () => {
  const activity = {
    id: 7,
    start_date: "2026-02-02T08:00:00Z",
    elapsed_time: 60,
    utc_offset: 3600,
  };
  const ask = { ...ASK, resource: "streams", recordId: "7" };
  const streams = { time: { data: [0] }, heartrate: { data: [120] } };
  await withProvider(
    ({ url }) => Response.json(url.pathname.endsWith("/streams") ? streams : activity),
    async ({ requests, context }) => {
      const { records } = await strava.fetchPage(ask, context());
      assert.deepEqual(requests.map(({ url }) => url.pathname), [
        "/api/v3/activities/7",
        "/api/v3/activities/7/streams",
      ]);
      assert.deepEqual(records[0]?.items, [{
        kind: "metric",
        metric: "heart_rate",
        value: 120,
        unit: "bpm",
        start: new Date("2026-02-02T08:00:00Z"),
        offsetMinutes: 60,
      }]);
    },
  );
  await withProvider(
    ({ url }) =>
      url.pathname.endsWith("/streams")
        ? new Response("{}", { status: 404 })
        : Response.json(activity),
    async ({ context }) => assert.deepEqual((await strava.fetchPage(ask, context())).records, []),
  );
});

Deno.test("strava's grant is revoked with the client's own authentication", async () => {
  await withProvider(() => new Response(null), async ({ requests, context }) => {
    await link.revokeTokens?.(TOKENS, ACCOUNT, context());
    const [request] = requests;
    assert.equal(request?.url.href, "https://www.strava.com/oauth/revoke");
    const basic = btoa(`${MARKED.clientId}:${MARKED.clientSecret}`);
    assert.equal(request.headers.get("authorization"), `Basic ${basic}`);
    assert.equal(new URLSearchParams(request.body).get("token"), MARKED.refreshToken);
  });
});

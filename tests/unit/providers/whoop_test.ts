import assert from "node:assert/strict";
import { utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import type { OAuth2Link } from "@shared/providers/link.ts";
import type { RawRequest } from "@shared/providers/webhook.ts";
import whoop from "@shared/providers/whoop.ts";
import { sportOf } from "@shared/providers/whoop_sports.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";
import { readSharedJson } from "../../support/shared_data.ts";

// SAFETY: the laws assert that the link is OAuth's.
const link = whoop.link as OAuth2Link;
const TOKENS = {
  accessToken: new Secret(MARKED.accessToken),
  refreshToken: new Secret(MARKED.refreshToken),
};

function requestTo(resource: string, recordId?: string): string | undefined {
  const found = whoop.resources.find(({ name }) => name === resource);
  const ask = { account: ACCOUNT, window: WINDOW };
  const request = recordId === undefined
    ? found?.request?.({ ...ask, cursor: "n/1" })
    : found?.requestOne?.({ ...ask, recordId });
  return request?.url.replace("https://api.prod.whoop.com/developer", "");
}

Deno.test("whoop asks for 25 records of the window a page, by the names that requests have", () => {
  const query =
    "?limit=25&start=2026-02-01T00%3A00%3A00.000Z&end=2026-02-08T00%3A00%3A00.000Z&nextToken=n%2F1";
  assert.equal(requestTo("cycle"), `/v2/cycle${query}`);
  assert.equal(requestTo("recovery"), `/v2/recovery${query}`);
  assert.equal(requestTo("sleep"), `/v2/activity/sleep${query}`);
  assert.equal(requestTo("workout"), `/v2/activity/workout${query}`);
  assert.equal(requestTo("body_measurement"), "/v2/user/measurement/body");
  assert.equal(requestTo("sleep", "s-1"), "/v2/activity/sleep/s-1");
  assert.equal(requestTo("workout", "w-1"), "/v2/activity/workout/w-1");
});

Deno.test("whoop asks for offline again with each refresh, and not with the exchange", async () => {
  const answer = { access_token: "a", refresh_token: "r", token_type: "bearer", expires_in: 60 };
  await withProvider(() => Response.json(answer), async ({ requests, context }) => {
    await link.refreshTokens(TOKENS, ACCOUNT, context());
    await link.exchangeCodeForTokens({ code: "c", redirectUri: "https://a.example/" }, context());
    const scopes = requests.map(({ body }) => new URLSearchParams(body).get("scope"));
    assert.deepEqual(scopes, ["offline", null]);
    assert.ok(link.scopes.includes("offline"), "or there would be no refresh token");
  });
});

Deno.test("whoop is told to forget the person with their own token", async () => {
  for (const status of [204, 401]) {
    await withProvider(() => new Response(null, { status }), async ({ requests, context }) => {
      await link.revokeTokens?.(TOKENS, ACCOUNT, context());
      const [request] = requests;
      assert.equal(request?.method, "DELETE");
      assert.equal(request.url.href, "https://api.prod.whoop.com/developer/v2/user/access");
      assert.equal(request.headers.get("authorization"), `Bearer ${MARKED.accessToken}`);
    });
  }
});

Deno.test("whoop says in seconds when its limit starts anew", async () => {
  const headers = {
    "x-ratelimit-limit": "100, 100;window=60, 10000;window=86400",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": "37",
  };
  await withProvider(() => new Response(null, { status: 429, headers }), async ({ context }) => {
    const call = whoop.fetchPage(
      { account: ACCOUNT, window: WINDOW, resource: "cycle" },
      context(),
    );
    await assert.rejects(call, { failure: { kind: "rate_limited", retryAfter: 37 } });
  });
});

Deno.test("whoop's records are as old as their updated_at, and a recovery goes by its sleep", () => {
  const row = {
    cycle_id: 7,
    sleep_id: "s-7",
    created_at: "2026-02-01T08:00:00.000Z",
    updated_at: "2026-02-01T09:30:00.000Z",
  };
  const [recovery] = whoop.normalise("recovery", { records: [row] }).records;
  assert.equal(recovery?.id, "s-7");
  assert.deepEqual(recovery.version, new Date("2026-02-01T09:30:00Z"));
});

Deno.test("whoop's body measurement has the day on which it came, and none where that is unknown", () => {
  const body = { height_meter: 1.8, weight_kilogram: 75 };
  const receivedAt = new Date("2026-02-01T23:00:00Z");
  const [record] = whoop.normalise("body_measurement", body, { receivedAt }).records;
  assert.equal(record?.id, "2026-02-01");
  assert.throws(() => whoop.normalise("body_measurement", body), { name: "ProviderError" });
});

Deno.test("sportOf() reads WHOOP's slugs and titles alike, and calls what it does not know other", () => {
  for (const name of ["hiking-rucking", "Hiking/Rucking", " HIKING / RUCKING "]) {
    assert.equal(sportOf(name), "hiking");
  }
  assert.equal(sportOf("Track & Field"), "running");
  assert.equal(sportOf("weightlifting"), "strength_training");
  assert.equal(sportOf("table-tennis"), "table_tennis");
  assert.equal(sportOf("sauna"), "other");
  assert.equal(sportOf("constructor"), "other");
  assert.equal(sportOf(""), undefined);
  assert.equal(sportOf(null), undefined);
});

interface Vectors {
  readonly secret: string;
  readonly timestamp: number;
  readonly vectors: readonly {
    readonly provider: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string;
  }[];
}

const schemes = readSharedJson<Vectors>("vectors/webhook_provider_schemes.json");

Deno.test({
  name: "whoop's signature is the one that others computed, for two hours, and needs its brace",
  ignore: !schemes,
  async fn() {
    const vector = schemes?.vectors.find(({ provider }) => provider === "whoop");
    assert.ok(schemes && vector?.headers && whoop.webhook);
    const headers = new Headers(vector.headers);
    const request: RawRequest = {
      method: "POST",
      url: new URL("https://app.example/functions/v1/webhooks/whoop"),
      headers,
      body: utf8(vector.body),
    };
    const at = Number(headers.get("x-whoop-signature-timestamp"));
    const { webhook } = whoop;
    const verify = (request: RawRequest, secondsLater: number) =>
      webhook.verifyWebhook(
        request,
        { signing: [new Secret(schemes.secret)] },
        new Date(at + secondsLater * 1_000),
      );
    assert.equal(await verify(request, 0), true);
    assert.equal(await verify(request, 7_200), true);
    assert.equal(await verify(request, 7_201), false);
    assert.equal(await verify(request, -7_201), false);
    // A digit that moves from the timestamp into the body leaves the signed bytes as they were.
    const shifted = new Headers(headers);
    shifted.set("x-whoop-signature-timestamp", String(at).slice(0, -1));
    const body = utf8(String(at).slice(-1) + vector.body);
    assert.equal(await verify({ ...request, headers: shifted, body }, 0), false);
  },
});

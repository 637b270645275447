import assert from "node:assert/strict";
import { toBase64Url, utf8 } from "@shared/core/bytes.ts";
import { Secret } from "@shared/core/secret.ts";
import type { OAuth2Link } from "@shared/providers/link.ts";
import suunto from "@shared/providers/suunto.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";
import { failureOf } from "../../conformance/calls.ts";

// SAFETY: the laws assert that the link is OAuth's.
const link = suunto.link as OAuth2Link;
const EXCHANGE = { code: MARKED.code, redirectUri: "https://app.example/callback" };

function requestTo(name: string, account = ACCOUNT, cursor?: string): string | undefined {
  const found = suunto.resources.find((one) => one.name === name);
  const ask = { account, window: WINDOW, ...(cursor === undefined ? {} : { cursor }) };
  return found?.request?.(ask).url.replace("https://cloudapi.suunto.com", "");
}

Deno.test("suunto asks for workouts by their own time, and counts the rows it has had", () => {
  const query = "?since=1769904000000&until=1770508800000&limit=100";
  const filter = "&filter-by-modification-time=false";
  assert.equal(requestTo("workouts"), `/v3/workouts/${query}&offset=0${filter}`);
  assert.equal(
    requestTo("workouts", ACCOUNT, "100"),
    `/v3/workouts/${query}&offset=100${filter}`,
  );
  const { next } = suunto.resources.find(({ name }) => name === "workouts") ?? {};
  const rows = Array.from({ length: 7 }, () => ({ startTime: 1 }));
  const ask = { account: ACCOUNT, window: WINDOW };
  assert.equal(next?.({ rows }, ask), "7");
  assert.equal(next?.({ rows }, { ...ask, cursor: "100" }), "107");
  // A server that ignores it would repeat itself: the engine ends that.
  assert.equal(next?.({ rows }, { ...ask, cursor: "10000" }), "10000");
});

Deno.test("suunto asks for samples of 28 days at most, and for one workout by its key", () => {
  for (const name of ["sleep", "activity", "recovery"]) {
    assert.equal(requestTo(name), `/247samples/${name}?from=1769904000000&to=1770508800000`);
    assert.equal(suunto.resources.find((one) => one.name === name)?.pageDays, 28);
  }
  const workouts = suunto.resources.find(({ name }) => name === "workouts");
  assert.equal(
    workouts?.requestOne?.({ account: ACCOUNT, window: WINDOW, recordId: "k 1" }).url,
    "https://cloudapi.suunto.com/v3/workouts/k%201",
  );
});

Deno.test("suunto asks for whole days of the person's clock, in UTC without saying so", () => {
  const path = "/247/daily-activity-statistics?";
  const query = (startdate: string, enddate: string) =>
    path + new URLSearchParams({ startdate, enddate });
  assert.equal(requestTo("daily_activity"), query("2026-02-01T00:00:00", "2026-02-07T23:59:59"));
  assert.equal(
    requestTo("daily_activity", { ...ACCOUNT, timeZone: "Europe/Helsinki" }),
    query("2026-01-31T22:00:00", "2026-02-08T21:59:59"),
  );
  const daily = suunto.resources.find(({ name }) => name === "daily_activity");
  // With a part of a day at both ends it is still within the 28 that are allowed.
  assert.equal(daily?.pageDays, 26);
});

Deno.test("suunto's days are told apart by watch, and belong to the day of their noon", () => {
  const sample = (TimeISO8601: string, Value: number | null) => ({ TimeISO8601, Value });
  const body = [{
    Name: "stepcount",
    Sources: [
      // Clocks go back on 2026-10-25: the day after begins at 23:00 of the person's clock.
      {
        Name: "a",
        Samples: [
          sample("2026-10-24T21:00:00.000", 1),
          sample("2026-10-25T21:00:00.000", 2),
          sample("2026-10-26T21:00:00.000", null),
        ],
      },
      { Name: "b", Samples: [sample("2026-10-24T21:00:00.000", 3), sample("never", 4)] },
    ],
  }];
  const batch = suunto.normalise("daily_activity", body, { timeZone: "Europe/Helsinki" });
  const days = batch.records.map(({ items }) =>
    items.map((item) => item.kind === "metric" && [item.localDate, item.device, item.value])
  );
  assert.deepEqual(days, [
    [["2026-10-25", "a", 1]],
    [["2026-10-26", "a", 2]],
    [],
    [["2026-10-25", "b", 3]],
  ]);
  assert.equal(batch.unidentified, 1);
  // What is stored of each can be read again.
  const [first] = batch.records;
  assert.deepEqual(
    suunto.normalise("daily_activity", first?.raw, { timeZone: "Europe/Helsinki" }).records,
    [first],
  );
});

Deno.test("suunto is shown the person's token and the app's subscription key", async () => {
  await withProvider(() => Response.json({ payload: [] }), async ({ requests, context }) => {
    const ctx = context();
    const client = { ...ctx.client, apiKey: new Secret("test-key-subscription") };
    const ask = { account: ACCOUNT, window: WINDOW, resource: "workouts" };
    await suunto.fetchPage(ask, { ...ctx, client });
    const headers = requests[0]?.headers;
    assert.equal(headers?.get("authorization"), `Bearer ${MARKED.accessToken}`);
    assert.equal(headers?.get("ocp-apim-subscription-key"), "test-key-subscription");
  });
});

Deno.test("suunto's gateway: a wrong key is no dead token, a used-up quota passes, 404 is nothing", async () => {
  const ask = { account: ACCOUNT, window: WINDOW, resource: "sleep" };
  const answered = (status: number, message: string, headers = {}) => async () => {
    let failure;
    await withProvider(
      () => Response.json({ statusCode: status, message }, { status, headers }),
      async ({ context }) => {
        failure = await failureOf(suunto.fetchPage(ask, context()));
      },
    );
    return failure;
  };
  const wrongKey = "Access denied due to invalid subscription key.";
  assert.deepEqual(await answered(401, wrongKey)(), { kind: "rejected", status: 403 });
  const dead = { kind: "reauthorize", cause: "token_rejected" };
  assert.deepEqual(await answered(401, "Token has expired")(), dead);
  const spent = answered(403, "Out of call volume quota.", { "retry-after": "90" });
  assert.deepEqual(await spent(), { kind: "rate_limited", retryAfter: 90 });
  assert.deepEqual(await answered(403, "Forbidden")(), { kind: "rejected", status: 403 });
  for (const resource of ["sleep", "activity", "recovery", "daily_activity"]) {
    await withProvider(() => new Response("{}", { status: 404 }), async ({ context }) => {
      assert.deepEqual((await suunto.fetchPage({ ...ask, resource }, context())).records, []);
    });
  }
});

Deno.test("suunto names the person beside the token, or in it", async () => {
  const jwt = (claims: unknown) => `e30.${toBase64Url(utf8(JSON.stringify(claims)))}.c2ln`;
  const named = async (body: Record<string, unknown>) => {
    let name;
    await withProvider(
      () => Response.json({ token_type: "bearer", ...body }),
      async ({ context }) => {
        name = (await link.exchangeCodeForTokens(EXCHANGE, context())).externalUserId;
      },
    );
    return name;
  };
  const token = jwt({ user: "claimed", sub: "subject" });
  assert.equal(await named({ access_token: token, user: "beside" }), "beside");
  assert.equal(await named({ access_token: token }), "claimed");
  assert.equal(await named({ access_token: jwt({ sub: "subject" }) }), "subject");
  assert.equal(await named({ access_token: "opaque" }), undefined);
  assert.equal(await named({ access_token: "a.%%.c" }), undefined);
});

Deno.test("suunto proves itself by Basic, and gives a grant back with the person's token", async () => {
  const answer = { access_token: "a", refresh_token: "r", token_type: "bearer", expires_in: 60 };
  await withProvider(() => Response.json(answer), async ({ requests, context }) => {
    await link.exchangeCodeForTokens(EXCHANGE, context());
    const tokens = { accessToken: new Secret(MARKED.accessToken) };
    await link.revokeTokens?.(tokens, ACCOUNT, context());
    const [exchange, revocation] = requests;
    const basic = btoa(`${MARKED.clientId}:${MARKED.clientSecret}`);
    assert.equal(exchange?.headers.get("authorization"), `Basic ${basic}`);
    assert.equal(
      revocation?.url.href,
      `https://cloudapi-oauth.suunto.com/oauth/deauthorize?client_id=${MARKED.clientId}`,
    );
    assert.equal(revocation?.headers.get("authorization"), `Bearer ${MARKED.accessToken}`);
  });
  const url = link.authorizeUrl({ clientId: "c", state: "s", redirectUri: EXCHANGE.redirectUri });
  assert.equal(url.searchParams.has("scope"), false);
});

Deno.test("suunto's samples are one delivery by their signature, workouts may come again", () => {
  const keyOf = (body: unknown, signature?: string) =>
    suunto.webhook?.deliveryKey({
      method: "POST",
      url: new URL("https://app.example/webhooks/suunto"),
      headers: new Headers(signature ? { "x-hmac-sha256-signature": signature } : {}),
      body: utf8(JSON.stringify(body)),
    });
  const username = "johndoe123";
  assert.equal(keyOf({ type: "SUUNTO_247_SLEEP_CREATED", username }, "AB"), "ab");
  assert.equal(keyOf({ type: "SUUNTO_247_SLEEP_CREATED", username }), undefined);
  assert.equal(keyOf({ type: "WORKOUT_CREATED", username }, "AB"), undefined);
});

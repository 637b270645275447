import assert from "node:assert/strict";
import type { OAuth2Link } from "@shared/providers/link.ts";
import ultrahuman from "@shared/providers/ultrahuman.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";
import { failureOf } from "../../conformance/calls.ts";

// SAFETY: the laws assert that the link is OAuth's.
const link = ultrahuman.link as OAuth2Link;
const ASK = { account: ACCOUNT, window: WINDOW, resource: "metrics" };

async function datesAskedFor(account = ACCOUNT): Promise<readonly (string | null)[]> {
  let dates: (string | null)[] = [];
  const answer = () => Response.json({ data: { metric_data: [] }, error: null, status: 200 });
  await withProvider(answer, async ({ requests, context }) => {
    const pages = ultrahuman.fetchLatestMetrics({ ...ASK, account }, context());
    for await (const { records } of pages) assert.deepEqual(records, []);
    assert.ok(requests.every(({ url }) => url.pathname === "/api/partners/v1/user_data/metrics"));
    dates = requests.map(({ url }) => url.searchParams.get("date"));
  });
  return dates;
}

Deno.test("ultrahuman asks for each day of the person's calendar by itself", async () => {
  const february = (...days: readonly number[]) => days.map((day) => `2026-02-0${day}`);
  assert.deepEqual(await datesAskedFor(), february(1, 2, 3, 4, 5, 6, 7));
  const india = { ...ACCOUNT, timeZone: "Asia/Kolkata" };
  assert.deepEqual(await datesAskedFor(india), february(1, 2, 3, 4, 5, 6, 7, 8));
  const newYork = { ...ACCOUNT, timeZone: "America/New_York" };
  assert.deepEqual(await datesAskedFor(newYork), ["2026-01-31", ...february(1, 2, 3, 4, 5, 6, 7)]);
});

Deno.test("ultrahuman: 403 without a word is an empty day, a status inside is the answer's", async () => {
  const silent = () => new Response(null, { status: 403 });
  await withProvider(silent, async ({ context }) => {
    assert.deepEqual((await ultrahuman.fetchPage(ASK, context())).records, []);
  });
  for (
    const [status, inner, failure] of [
      [403, { error: "missing scope" }, { kind: "rejected", status: 403 }],
      [200, { status: 401 }, { kind: "reauthorize", cause: "token_rejected" }],
      [200, { status: 503 }, { kind: "unavailable", status: 503 }],
    ] as const
  ) {
    await withProvider(() => Response.json(inner, { status }), async ({ context }) => {
      assert.deepEqual(await failureOf(ultrahuman.fetchPage(ASK, context())), failure);
    });
  }
});

Deno.test("ultrahuman names the person under either name, in an envelope or without, with their zone", async () => {
  const named = async (body: unknown) => {
    let profile;
    await withProvider(() => Response.json(body), async ({ requests, context }) => {
      profile = await link.fetchProfile(ACCOUNT, context());
      assert.equal(requests[0]?.url.pathname, "/api/partners/v1/user_data/user_info");
    });
    return profile;
  };
  const timezone = "Asia/Kolkata";
  const zoned = { externalUserId: "7", timeZone: timezone };
  assert.deepEqual(await named({ user_id: 7, id: 8, timezone }), zoned);
  assert.deepEqual(await named({ data: { id: 7, timezone } }), zoned);
  assert.deepEqual(await named({ id: "7" }), { externalUserId: "7" });
});

Deno.test("ultrahuman is asked for consent by its own spelling, and told who gives a grant back", async () => {
  const url = link.authorizeUrl({ clientId: "c", state: "s", redirectUri: "https://a.example/" });
  assert.equal(url.origin + url.pathname, "https://auth.ultrahuman.com/authorise");
  await withProvider(() => new Response(), async ({ requests, context }) => {
    await link.revokeTokens?.(
      { accessToken: ACCOUNT.accessToken ?? assert.fail() },
      ACCOUNT,
      context(),
    );
    const [request] = requests;
    assert.equal(request?.url.href, "https://partner.ultrahuman.com/api/partners/oauth/revoke");
    const form = new URLSearchParams(request?.body);
    assert.equal(form.get("token"), MARKED.accessToken);
    assert.equal(form.get("client_secret"), MARKED.clientSecret);
  });
});

Deno.test("ultrahuman's entries that are not read may have any shape; those that are may not", () => {
  const read = (metric_data: readonly unknown[]) =>
    ultrahuman.normalise("metrics", { data: { metric_data } });
  assert.equal(
    read([{ type: "tags", object: "x" }, { type: "new", object: null }]).unidentified,
    2,
  );
  for (
    const broken of [
      { type: "hr", object: { day_start_timestamp: 1, values: "many" } },
      { type: "Sleep", object: { bedtime_start: 1 } },
      { type: "vo2_max", object: { day_start_timestamp: 1, value: "high" } },
    ]
  ) assert.throws(() => read([broken]), { name: "ProviderError" });
});

import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import type { WidgetLink } from "@shared/providers/link.ts";
import spike from "@shared/providers/spike.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";

const REFERENCE = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";
/** SHA-256 of the reference, by another hand. */
const USER = "09bd6825af46f792e21c04884ab9440770c17132bc624a36426da2967603165b";
const RETURN_URL = `https://project.test/functions/v1/oauth-callback/spike?state=${REFERENCE}`;
const PAGE = "https://app-api.spikeapi.com/v3/providers/fitbit/integration/init/ic/la54y";

function link(): WidgetLink {
  assert.ok(spike.link.kind === "widget");
  return spike.link;
}

/** Spike itself: a token for everybody, and `answer` to what is asked with it. */
function withSpike(answer: unknown, use: Parameters<typeof withProvider>[1]): Promise<void> {
  return withProvider(
    ({ url, method }) => {
      if (url.pathname === "/v3/auth/hmac") return Response.json({ access_token: "jwt" });
      return method === "DELETE" ? new Response(null, { status: 204 }) : Response.json(answer);
    },
    use,
  );
}

function userOf(id: string, services: readonly string[] | null) {
  const integrated_providers = services?.map((provider_slug) => ({ provider_slug })) ?? null;
  return { application_id: 1000, application_user_id: id, integrated_providers };
}

Deno.test("a token is asked for with the id as a number and our signature over the user's", () =>
  withSpike(userOf("my_application_user_123", []), async ({ requests, context }) => {
    // key and signature as computed apart from this code
    const client = { id: "9999", secret: new Secret("spike_test_hmac_key_0001") };
    const account = { externalUserId: "my_application_user_123" };
    await link().unlink?.(account, { ...context(), client });
    const [asked, next] = requests;
    assert.deepEqual(JSON.parse(asked?.body ?? ""), {
      application_id: 9999,
      application_user_id: "my_application_user_123",
      signature: "32a2c0f4cf7fa09e918c09ec38c4fce880b109c59946067356f315420265de0b",
    });
    assert.equal(asked?.headers.get("authorization"), null);
    assert.equal(next?.headers.get("authorization"), "Bearer jwt");
  }));

Deno.test("openSession() asks for the service's page, and the state comes back once", () =>
  withSpike({ provider_slug: "fitbit", path: PAGE }, async ({ requests, context }) => {
    const ask = { reference: REFERENCE, returnUrl: RETURN_URL, service: "fitbit" };
    assert.equal((await link().openSession(ask, context())).href, PAGE);
    const [asked, opened] = requests;
    assert.equal(JSON.parse(asked?.body ?? "").application_user_id, USER);
    assert.equal(opened?.url.pathname, "/v3/providers/fitbit/integration/init_url");
    const { redirect_uri = "", state } = Object.fromEntries(opened?.url.searchParams ?? []);
    assert.equal(redirect_uri, "https://project.test/functions/v1/oauth-callback/spike");
    assert.equal(state, REFERENCE);
    await assert.rejects(link().openSession({ ...ask, service: "" }, context()), ProviderError);
    assert.equal(requests.length, 2, "without a service nothing is asked");
  }));

Deno.test("openSession() sends nobody to another host", () =>
  withSpike({ path: "https://app-api.spikeapi.com.elsewhere.test/x" }, async ({ context }) => {
    const ask = { reference: REFERENCE, returnUrl: RETURN_URL, service: "fitbit" };
    await assert.rejects(link().openSession(ask, context()), ProviderError);
  }));

Deno.test("confirm() believes no redirect: the user must be ours and have a service", async () => {
  const confirm = (answer: unknown) => {
    let profile: unknown;
    return withSpike(answer, async ({ requests, context }) => {
      const callback = new URLSearchParams("user_id=another&provider_slug=garmin");
      profile = await link().confirm({ reference: REFERENCE, callback }, context());
      assert.equal(requests[1]?.url.pathname, "/v3/userinfo");
    }).then(() => profile);
  };
  assert.deepEqual(await confirm(userOf(USER, ["Oura"])), { externalUserId: USER, via: "oura" });
  for (const other of [userOf(USER, []), userOf(USER, null), userOf("another", ["oura"])]) {
    await assert.rejects(confirm(other), ProviderError);
  }
});

Deno.test("unlink() ends whatever the user has, and asks with a token each time", () =>
  withSpike(userOf(USER, ["oura", "garmin"]), async ({ requests, context }) => {
    await link().unlink?.({ externalUserId: USER }, context());
    assert.deepEqual(
      requests.map(({ method, url }) => `${method} ${url.pathname.slice("/v3".length)}`),
      [
        "POST /auth/hmac",
        "GET /userinfo",
        "POST /auth/hmac",
        "DELETE /providers/oura/integration",
        "POST /auth/hmac",
        "DELETE /providers/garmin/integration",
      ],
    );
    assert.ok(!JSON.stringify(requests.map(({ url }) => url)).includes(MARKED.clientSecret));
  }));

function addressOf(resource: string): URL {
  const found = spike.resources.find(({ name }) => name === resource);
  return new URL(found?.request?.({ account: ACCOUNT, window: WINDOW }).url ?? "about:blank");
}

Deno.test("days are asked for with one more on either side, lists as a name again and again", () => {
  const { pathname, searchParams } = addressOf("daily");
  assert.equal(pathname, "/v3/queries/statistics/daily");
  assert.equal(searchParams.get("from_date"), "2026-01-31");
  assert.equal(searchParams.get("to_date"), "2026-02-09");
  const types = searchParams.getAll("types");
  assert.ok(types.length >= 16 && types.includes("sleep_score"));
  assert.equal(addressOf("sleeps").searchParams.get("include_stages"), "true");
});

Deno.test("times are asked for in UTC and whole seconds, a series by its metric", () => {
  assert.equal(
    addressOf("heartrate").search,
    "?from_timestamp=2026-02-01T00%3A00%3A00Z&to_timestamp=2026-02-08T00%3A00%3A00Z&metric=heartrate",
  );
  const window = { from: new Date("2026-02-01T00:00:00.900Z"), to: new Date(1_769_904_001_001) };
  const workouts = spike.resources.find(({ name }) => name === "workouts");
  const asked = new URL(workouts?.request?.({ account: ACCOUNT, window }).url ?? "about:blank");
  assert.equal(asked.searchParams.get("from_timestamp"), "2026-02-01T00:00:00Z");
  assert.equal(asked.searchParams.get("to_timestamp"), "2026-02-01T00:00:02Z");
});

Deno.test("a series without values is null in its columns, and an empty page", () => {
  const none = { metric: "glucose", from_timestamp: "2026-02-01T00:00:00Z", offsets: null };
  assert.deepEqual(
    spike.normalise("glucose", { ...none, durations: null, values: null }).records,
    [],
  );
  const torn = { ...none, offsets: [null, 0], durations: null, values: [95, 96] };
  const { records, unidentified } = spike.normalise("glucose", torn);
  assert.deepEqual([records.length, unidentified], [1, 1]);
});

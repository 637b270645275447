import assert from "node:assert/strict";
import dexcom from "@shared/providers/dexcom.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import type { OAuth2Link, OAuthTokens } from "@shared/providers/link.ts";
import { Secret } from "@shared/core/secret.ts";
import { ACCOUNT, MARKED, withProvider } from "../../support/provider_server.ts";
import { readSharedText } from "../../support/shared_data.ts";

const ORIGINS = {
  us: "https://api.dexcom.com",
  eu: "https://api.dexcom.eu",
  jp: "https://api.dexcom.jp",
  sandbox: "https://sandbox-api.dexcom.com",
};

function link(): OAuth2Link {
  assert.equal(dexcom.link.kind, "oauth2");
  // SAFETY: asserted on the line above, which the compiler does not see through.
  return dexcom.link as OAuth2Link;
}

function addressOf(resource: string, window: { from: Date; to: Date }, region?: string): URL {
  const account = { ...ACCOUNT, ...(region === undefined ? {} : { region }) };
  const request = dexcom.resources.find(({ name }) => name === resource)?.request?.({
    account,
    window,
  });
  return new URL(request?.url ?? assert.fail(`${resource} cannot be asked for`));
}

/** What one record means: a metric as `[value, offsetMinutes]`, the rest by its reason or kind. */
function meaning(resource: string, record: Record<string, unknown>): unknown {
  const { records } = dexcom.normalise(resource, {
    records: [{ recordId: "1", systemTime: "2026-07-01T12:00:00Z", unit: "mg/dL", ...record }],
  });
  const [item] = records[0]?.items ?? [];
  if (item?.kind === "metric") return [item.value, item.offsetMinutes];
  return item?.kind === "quarantine" ? item.reason : item?.kind;
}

Deno.test("each region signs in, exchanges and answers at a host of its own", async () => {
  for (const [region, origin] of Object.entries(ORIGINS)) {
    const url = link().authorizeUrl({
      clientId: "id",
      state: "s",
      redirectUri: "https://app.example/cb",
      region,
    });
    assert.equal(url.origin + url.pathname, `${origin}/v3/oauth2/login`);
    assert.equal(url.searchParams.get("scope"), "offline_access");
    await withProvider(
      ({ method }) =>
        Response.json(
          method === "GET" ? { userId: "u-1", egvs: null } : {
            access_token: "a",
            refresh_token: "r",
            token_type: "Bearer",
            expires_in: 7_200,
            refresh_expires_in: 0,
          },
        ),
      async ({ requests, context }) => {
        const tokens: OAuthTokens = await link().exchangeCodeForTokens(
          { code: MARKED.code, redirectUri: "https://app.example/cb", region },
          context(),
        );
        const account = { externalUserId: "", accessToken: tokens.accessToken, region };
        await link().refreshTokens(
          { ...tokens, refreshToken: new Secret(MARKED.refreshToken) },
          account,
          context(),
        );
        assert.deepEqual(await link().fetchProfile(account, context()), { externalUserId: "u-1" });
        assert.deepEqual(requests.map(({ url }) => url.href), [
          `${origin}/v3/oauth2/token`,
          `${origin}/v3/oauth2/token`,
          `${origin}/v3/users/self/dataRange`,
        ]);
        const form = new URLSearchParams(requests[0]?.body);
        assert.equal(form.get("client_id"), MARKED.clientId);
        assert.equal(form.get("client_secret"), MARKED.clientSecret);
      },
    );
    const window = { from: new Date(0), to: new Date(1_000) };
    assert.equal(addressOf("egvs", window, region).origin, origin);
  }
  assert.deepEqual(dexcom.regions, ORIGINS);
});

Deno.test("without a region it is the US; an unknown one is refused, and never guessed", () => {
  const window = { from: new Date(0), to: new Date(1_000) };
  assert.equal(addressOf("egvs", window).origin, ORIGINS.us);
  for (const region of ["EU", "toString", "__proto__", ""]) {
    assert.throws(() => addressOf("egvs", window, region), ProviderError, region);
  }
});

Deno.test("a window is asked for in UTC without a zone, a second over, and never past 30 days", () => {
  const window = {
    from: new Date("2026-06-01T00:00:00.900Z"),
    to: new Date("2026-06-08T12:00:00.100Z"),
  };
  for (const resource of ["egvs", "events", "calibrations"]) {
    const url = addressOf(resource, window);
    assert.equal(url.pathname, `/v3/users/self/${resource}`);
    assert.equal(url.searchParams.get("startDate"), "2026-06-01T00:00:00");
    assert.equal(url.searchParams.get("endDate"), "2026-06-08T12:00:02");
  }
  const month = { from: new Date("2026-06-01T00:00:00Z"), to: new Date("2026-07-01T00:00:00Z") };
  assert.equal(addressOf("egvs", month).searchParams.get("endDate"), "2026-07-01T00:00:00");
  assert.ok(dexcom.history && dexcom.history.pageDays < 30);
});

Deno.test("a code that lives 60 seconds cannot wait for the ticket; a refresh token is used once", () => {
  assert.equal(link().codeLifetimeSeconds, 60);
  assert.deepEqual(link().rotation, { kind: "single_use" });
  assert.equal(link().pkce, false);
  assert.equal(link().revokeTokens, undefined);
});

Deno.test("the offset is what a phone writes, else the half hour nearest to a receiver's clock", () => {
  const offset = (displayTime: string | null) => meaning("egvs", { value: 100, displayTime });
  assert.deepEqual(offset("2026-07-01T17:30:00+05:30"), [100, 330]);
  assert.deepEqual(offset("2026-07-01T09:00:02-03:00"), [100, -180]);
  assert.deepEqual(offset("2026-07-01T05:00:02-06:59:58"), [100, -420]);
  assert.deepEqual(offset("2026-07-01T17:26:41"), [100, 330]);
  assert.deepEqual(offset("2026-07-01T12:14:59"), [100, 0]);
  assert.deepEqual(offset("2026-06-30T23:02:10"), [100, -780]);
  // A receiver whose date was never set says nothing of the offset.
  assert.deepEqual(offset("2009-01-01T00:00:00"), [100, undefined]);
  assert.deepEqual(offset(null), [100, undefined]);
});

Deno.test("a reading beyond the sensor is a sentinel, in either unit and without a status", () => {
  for (
    const [value, unit, expected] of [
      [39, "mg/dL", "sentinel"],
      [401, "mg/dL", "sentinel"],
      [0, "mg/dL", "sentinel"],
      [40, "mg/dL", [40, undefined]],
      [400, "mg/dL", [400, undefined]],
      [2.1, "mmol/L", "sentinel"],
      [22.3, "mmol/L", "sentinel"],
      [100, "unknown", "unknown_unit"],
      [100, "constructor", "unknown_unit"],
      [100, null, "unknown_unit"],
      [null, "mg/dL", undefined],
    ]
  ) assert.deepEqual(meaning("egvs", { value, unit }), expected, `${value} ${unit}`);
});

Deno.test("an event's text is a number only where it is one, in the unit of its type", () => {
  const event = (eventType: string, value: string | null, unit: string | null) =>
    meaning("events", { eventType, eventStatus: "created", value, unit });
  assert.deepEqual(event("carbs", " 45 ", "grams"), [45, undefined]);
  assert.deepEqual(event("insulin", "0", "units"), [0, undefined]);
  assert.equal(event("carbs", "", "grams"), undefined);
  assert.equal(event("carbs", null, null), undefined);
  for (const text of ["1e3", "0x10", "Infinity", "-5", "about 40", "4,5"]) {
    assert.equal(event("carbs", text, "grams"), "implausible", text);
  }
  assert.equal(event("insulin", "4", "grams"), "unknown_unit");
  assert.equal(event("carbs", "45", null), "unknown_unit");
  assert.equal(event("notes", "45", "grams"), undefined);
});

Deno.test("a deleted event takes its record back, whatever else it says", () => {
  const record = { eventStatus: "deleted", eventType: "carbs", value: "about 40", unit: null };
  assert.equal(meaning("events", record), "deletion");
});

Deno.test("a record without a time is kept aside", () => {
  for (const resource of ["egvs", "calibrations"]) {
    assert.equal(meaning(resource, { value: 100, systemTime: "yesterday" }), "no_time");
  }
});

Deno.test("the polls of 10,000 people fit into the hour's calls", () => {
  const calls = dexcom.resources.map(({ poll }) => 60 / (poll?.everyMinutes ?? assert.fail()));
  const perHour = 10_000 * calls.reduce((sum, one) => sum + one, 0);
  assert.ok(perHour <= (dexcom.limits?.[0]?.requests ?? 0), `${perHour}`);
});

const example = readSharedText("provider-payloads/dexcom/v3_egvs_docs_shape.json");
Deno.test({
  name: "Dexcom's own example, a low, is a sentinel",
  ignore: example === undefined,
  fn() {
    const { records } = dexcom.normalise("egvs", JSON.parse(example ?? ""));
    assert.deepEqual(records.map(({ items }) => items), [[{
      kind: "quarantine",
      reason: "sentinel",
    }]]);
  },
});

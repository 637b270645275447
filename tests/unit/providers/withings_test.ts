import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { findProvider } from "@shared/providers/mod.ts";
import type { OAuth2Link } from "@shared/providers/link.ts";
import withings from "@shared/providers/withings.ts";
import { signed } from "@shared/providers/withings_api.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";

// SAFETY: the laws assert that the link is OAuth's.
const link = withings.link as OAuth2Link;
const TOKENS = {
  accessToken: new Secret(MARKED.accessToken),
  refreshToken: new Secret(MARKED.refreshToken),
};
const ASK = { account: ACCOUNT, window: WINDOW, resource: "measures" };

/** The failure of a data call answered with this inner status. */
async function dataFailure(status: number): Promise<unknown> {
  let failure: unknown;
  const answer = () => Response.json({ status, body: {}, error: "test-leak" });
  await withProvider(answer, async ({ context }) => {
    await assert.rejects(withings.fetchPage(ASK, context()), (error) => {
      failure = error instanceof Error && "failure" in error ? error.failure : error;
      assert.doesNotMatch(Deno.inspect(error), /test-leak/);
      return true;
    });
  });
  return failure;
}

Deno.test("withings' inner statuses are what a status would have been", async () => {
  for (
    const [status, kind] of [
      [100, "reauthorize"],
      [102, "reauthorize"],
      [200, "reauthorize"],
      [401, "reauthorize"],
      [214, "rejected"],
      [2555, "rejected"],
      [201, "rejected"],
      [213, "rejected"],
      [250, "rejected"],
      [293, "rejected"],
      [342, "rejected"],
      [400, "rejected"],
      [503, "rejected"],
      [524, "rejected"],
      [2554, "rejected"],
      [3018, "rejected"],
      [601, "rate_limited"],
      [522, "unavailable"],
      [253, "unavailable"],
      [9999, "unavailable"],
    ] as const
  ) {
    const failure = await dataFailure(status);
    assert.ok(typeof failure === "object" && failure !== null && "kind" in failure);
    assert.equal(failure.kind, kind, String(status));
  }
  assert.deepEqual(await dataFailure(601), { kind: "rate_limited", retryAfter: 60 });
});

Deno.test("withings' tokens are in the body, with who the person is", async () => {
  for (const userid of [12345678, "12345678"]) {
    const body = {
      userid,
      access_token: "a",
      refresh_token: "r",
      expires_in: 10_800,
      scope: "user.activity,user.metrics",
      csrf_token: "c",
      token_type: "Bearer",
    };
    await withProvider(() => Response.json({ status: 0, body }), async ({ requests, context }) => {
      const tokens = await link.exchangeCodeForTokens(
        { code: "c", redirectUri: "https://a.example/" },
        context(),
      );
      assert.equal(tokens.externalUserId, "12345678");
      assert.equal(tokens.accessToken.reveal(), "a");
      assert.equal(tokens.refreshToken?.reveal(), "r");
      assert.deepEqual(tokens.scopes, ["user.activity", "user.metrics"]);
      assert.deepEqual(tokens.expiresAt, new Date("2026-03-01T15:00:00Z"));
      const form = new URLSearchParams(requests[0]?.body);
      assert.equal(form.get("action"), "requesttoken");
      assert.equal(form.get("client_secret"), MARKED.clientSecret);
    });
  }
});

Deno.test("withings' token refusals, outages and nonsense are told apart", async () => {
  for (
    const [body, kind] of [
      [{ status: 503, body: {}, error: "Invalid Params: invalid refresh_token" }, "reauthorize"],
      [{ status: 401, body: {} }, "reauthorize"],
      [{ status: 601, body: {} }, "rate_limited"],
      [{ status: 522, body: {} }, "unavailable"],
      [{ status: 0, body: {} }, "contract"],
      [{ status: 0 }, "contract"],
      [{ status: 2555, body: {} }, "rejected"],
    ] as const
  ) {
    await withProvider(() => Response.json(body), async ({ context }) => {
      await assert.rejects(
        link.refreshTokens(TOKENS, ACCOUNT, context()),
        ({ failure }) => failure.kind === kind,
        JSON.stringify(body),
      );
    });
  }
});

/** The client of the documentation, whose signatures are computed here by its rule. */
const DOCUMENTED = {
  id: "7573fd4a4c421ddd102dac406dc6e0e0e22f683c4a5e81ff0a5caf8b65abed67",
  secret: new Secret("d9286311451fc6ed71b372a075c58c5058be158f56a77865e43ab3783255424f"),
};
const NONCE = "c455541b8f9111689adb647d32fac07a6ffe462d";

Deno.test("signed() gets a nonce with a signed timestamp and signs with it", async () => {
  const answer = () => Response.json({ status: 0, body: { nonce: NONCE } });
  await withProvider(answer, async ({ requests, context }) => {
    const ctx = { ...context({ now: new Date(1_594_245_600_000) }), client: DOCUMENTED };
    assert.deepEqual(await signed("revoke", ctx), {
      client_id: DOCUMENTED.id,
      nonce: NONCE,
      signature: "cf52424c86f686c598ee597a2e4bfe33483cd3bc2ac454fdb6355138480120bb",
    });
    const form = new URLSearchParams(requests[0]?.body);
    assert.equal(form.get("action"), "getnonce");
    assert.equal(form.get("timestamp"), "1594245600");
    assert.equal(
      form.get("signature"),
      "d0cfbb066e15231acdc57f2bc1fabb632da429e37a672faa03548ae399a13573",
    );
  });
});

Deno.test("withings is asked by forms: seconds, the person's days, one day at a time", async () => {
  const forms = async (resource: string, window = WINDOW) => {
    const seen: Record<string, string>[] = [];
    await withProvider(({ body }) => {
      seen.push(Object.fromEntries(new URLSearchParams(body)));
      return Response.json({ status: 0, body: { series: [], measuregrps: [], activities: [] } });
    }, async ({ context }) => {
      const batches = withings.fetchLatestMetrics(
        { account: ACCOUNT, window, resource },
        context(),
      );
      for await (const _ of batches) { /* to the end */ }
    });
    return seen;
  };
  const [measures] = await forms("measures");
  assert.equal(measures?.["action"], "getmeas");
  assert.equal(measures["category"], "1");
  assert.equal(measures["startdate"], "1769904000");
  assert.equal(measures["enddate"], "1770508800");
  assert.match(measures["meastypes"] ?? "", /^1,4,5,/);
  const [days] = await forms("activity");
  assert.equal(days?.["startdateymd"], "2026-01-31");
  assert.equal(days["enddateymd"], "2026-02-09");
  const window = { from: WINDOW.from, to: new Date("2026-02-02T12:00:00Z") };
  for (const resource of ["intraday", "sleep_stages"]) {
    assert.deepEqual(
      (await forms(resource, window)).map(({ startdate, enddate }) => [startdate, enddate]),
      [["1769904000", "1769990400"], ["1769990400", "1770033600"]],
    );
  }
});

Deno.test("subscribePerson() makes what lacks or ends soon, unsigned, and nothing twice", async () => {
  const callbackUrl = "https://app.example/functions/v1/webhooks/withings/secret";
  const now = new Date("2026-03-01T12:00:00Z");
  const inDays = (days: number) => now.getTime() / 1_000 + days * 86_400;
  const profiles = [
    ...[1, 2].map((appli) => ({ appli, callbackurl: callbackUrl })),
    { appli: 4, callbackurl: callbackUrl, expires: inDays(15) },
    { appli: 16, callbackurl: callbackUrl, expires: inDays(13) },
    { appli: 44, callbackurl: callbackUrl, expires: null },
  ];
  const others = [{ appli: 54, callbackurl: "https://elsewhere.example/" }];
  const made: (string | undefined)[] = [];
  await withProvider(({ url, body, headers }) => {
    const form = new URLSearchParams(body);
    assert.equal(url.pathname, "/notify");
    assert.equal(headers.get("authorization"), `Bearer ${MARKED.accessToken}`);
    if (form.get("action") === "list") {
      return Response.json({ status: 0, body: { profiles: [...profiles, ...others] } });
    }
    const { appli, ...rest } = Object.fromEntries(form);
    assert.deepEqual(rest, { action: "subscribe", callbackurl: callbackUrl });
    made.push(appli);
    return Response.json({ status: 0, body: {} });
  }, async ({ context }) => {
    await withings.webhook?.subscribePerson?.({ callbackUrl, account: ACCOUNT }, context({ now }));
  });
  assert.deepEqual(made, ["16", "54", "46"]);
});

Deno.test("withings is known by its former name too", () => {
  assert.deepEqual(findProvider("nokia_health"), { kind: "driver", driver: withings });
});

import assert from "node:assert/strict";
import nightscout from "@shared/providers/nightscout.ts";
import type { CredentialsLink } from "@shared/providers/link.ts";
import { ACCOUNT, MARKED, WINDOW, withProvider } from "../../support/provider_server.ts";

const TYPED = { site: "My.Site.example.org/?token=x", token: MARKED.accessToken };

function link(): CredentialsLink {
  assert.equal(nightscout.link.kind, "credentials");
  // SAFETY: asserted on the line above, which the compiler does not see through.
  return nightscout.link as CredentialsLink;
}

/** A site as it answers; `message` of older ones is the word alone. */
const site = (message: unknown, profile: Response = Response.json([])) => ({ url }: { url: URL }) =>
  url.pathname === "/api/v1/verifyauth" ? Response.json({ status: 200, message }) : profile;

Deno.test("signIn() proves the token at the site, and finds the person's zone there", () =>
  withProvider(
    site(
      { canRead: true, message: "OK" },
      Response.json([
        { defaultProfile: "Day", store: { Day: { timezone: "Europe/Oslo" }, Night: {} } },
        { defaultProfile: "Old", store: { Old: { timezone: "Asia/Tokyo" } } },
      ]),
    ),
    async ({ requests, context }) => {
      const { tokens, site, ...about } = await link().signIn(TYPED, context());
      assert.deepEqual(about, {
        externalUserId: "my.site.example.org",
        timeZone: "Europe/Oslo",
      });
      assert.equal(site?.href, "https://my.site.example.org/");
      assert.equal(tokens.accessToken.reveal(), MARKED.accessToken);
      assert.deepEqual([tokens.refreshToken, tokens.expiresAt], [undefined, undefined]);
      assert.deepEqual(requests.map(({ url }) => url.pathname), [
        "/api/v1/verifyauth",
        "/api/v1/profile.json",
      ]);
      for (const { headers } of requests) {
        assert.equal(headers.get("api-secret"), MARKED.accessToken);
      }
    },
  ));

Deno.test("signIn() takes the answer of an older site, and no zone that is none", async () => {
  const zones = [
    Response.json([{ defaultProfile: "Day", store: { Day: { timezone: "Middle-earth" } } }]),
    Response.json([{ defaultProfile: "Gone", store: {} }]),
    new Response("{}", { status: 401 }),
  ];
  for (const profile of zones) {
    await withProvider(site("OK", profile), async ({ context }) => {
      assert.equal((await link().signIn(TYPED, context())).timeZone, undefined);
    });
  }
});

Deno.test("signIn() believes the verdict and not the status, which is 200 for anybody", async () => {
  for (const message of ["UNAUTHORIZED", { canRead: false, message: "UNAUTHORIZED" }]) {
    await withProvider(site(message), async ({ requests, context }) => {
      await assert.rejects(
        link().signIn(TYPED, context()),
        /^ProviderError: Cannot call nightscout: the person must link again \(token_rejected\)$/,
      );
      assert.equal(requests.length, 1);
    });
  }
});

Deno.test("fetchLatestMetrics() asks the account's own site for a window, and goes on at its oldest row", () => {
  const at = (n: number) => new Date(WINDOW.to.getTime() - (n + 1) * 60_000);
  const row = (n: number) => ({ _id: `t${n}`, created_at: at(n).toISOString(), carbs: 10 });
  const full = Array.from({ length: 500 }, (_, n) => row(n));
  return withProvider(
    ({ url }) => Response.json(url.searchParams.has("find[created_at][$lte]") ? [row(499)] : full),
    async ({ requests, context }) => {
      const ask = { account: ACCOUNT, window: WINDOW, resource: "treatments" };
      const sizes = [];
      for await (const { records } of nightscout.fetchLatestMetrics(ask, context())) {
        sizes.push(records.length);
      }
      assert.deepEqual(sizes, [500, 1]);
      const asked = requests.map(({ url }) => Object.fromEntries(url.searchParams));
      const from = { count: "500", "find[created_at][$gte]": WINDOW.from.toISOString() };
      assert.deepEqual(asked, [
        { ...from, "find[created_at][$lt]": WINDOW.to.toISOString() },
        { ...from, "find[created_at][$lte]": at(499).toISOString() },
      ]);
      assert.equal(requests[0]?.url.host, ACCOUNT.site?.host);
    },
  );
});

import assert from "node:assert/strict";
import { ACCOUNT, withProvider } from "../support/provider_server.ts";
import { failureOf } from "./calls.ts";
import { personFixtureOf, revocationOf } from "./fixtures.ts";
import type { Law } from "./law.ts";
import { EXCHANGE, linkOf, REDIRECT_URI, TOKENS } from "./oauth_link.ts";
import { GOOD } from "./token_answers.ts";

/** How a driver asks for consent, learns who gave it, and gives it back. */
const LAWS: readonly Law[] = [
  {
    name: "the authorize address has what the person's consent is bound to",
    check(driver) {
      const link = linkOf(driver);
      const url = link.authorizeUrl({
        clientId: "id 1",
        state: "s&1",
        redirectUri: REDIRECT_URI,
        codeChallenge: "challenge",
      });
      assert.equal(url.protocol, "https:");
      assert.equal(url.searchParams.get("response_type"), "code");
      assert.equal(url.searchParams.get("client_id"), "id 1");
      assert.equal(url.searchParams.get("state"), "s&1");
      assert.equal(url.searchParams.get("redirect_uri"), REDIRECT_URI);
      const scope = url.searchParams.get("scope") ?? "";
      assert.ok(link.scopes.every((name) => scope.split(/[ ,+]/).includes(name)), scope);
      assert.equal(url.searchParams.get("code_challenge"), link.pkce ? "challenge" : null);
      assert.equal(url.searchParams.get("code_challenge_method"), link.pkce ? "S256" : null);
    },
  },
  {
    name: "scopes are what was granted: by the answer, else by the callback",
    appliesTo: ({ link }) => link.kind === "oauth2" && link.scopes.length > 0,
    check: (driver) =>
      withProvider(() => Response.json(GOOD), async ({ context }) => {
        const link = linkOf(driver);
        const granted = link.scopes.slice(0, 1);
        const bare = await link.exchangeCodeForTokens(EXCHANGE, context());
        assert.equal(bare.scopes, undefined);
        const tokens = await link.exchangeCodeForTokens(
          { ...EXCHANGE, grantedScope: granted.join(" ") },
          context(),
        );
        assert.deepEqual(tokens.scopes, granted);
      }),
  },
  {
    name: "a link ends with the person's own id, wherever the provider says it",
    check: async (driver) => {
      const { answers, profile } = personFixtureOf(driver);
      const left = [...answers];
      await withProvider(() => Response.json(left.shift()), async ({ context }) => {
        const link = linkOf(driver);
        const { accessToken, externalUserId = "" } = await link.exchangeCodeForTokens(
          EXCHANGE,
          context(),
        );
        const found = await link.fetchProfile({ externalUserId, accessToken }, context());
        assert.deepEqual(found, profile);
        assert.deepEqual(left, [], "more answers in person.json than the link asks for");
      });
    },
  },
  {
    name: "a profile without an id of its own is refused",
    check: async (driver) => {
      for (const body of [{}, { id: "" }, { id: null }, { userId: "  " }, []]) {
        await withProvider(() => Response.json(body), async ({ context }) => {
          // Nor did the token answer name anybody.
          const nobody = { ...ACCOUNT, externalUserId: "" };
          const call = linkOf(driver).fetchProfile(nobody, context());
          assert.equal((await failureOf(call)).kind, "contract");
        });
      }
    },
  },
  {
    name: "revocation succeeds on 200, fails on 500, and puts no token in the address",
    appliesTo: ({ link }) => link.kind === "oauth2" && link.revokeTokens !== undefined,
    check: async (driver) => {
      const { revokeTokens } = linkOf(driver);
      const answers = revocationOf(driver);
      const left = [...answers];
      const next = () => left[0] === null ? new Response(null) : Response.json(left[0]);
      await withProvider(() => {
        const answer = next();
        left.shift();
        return answer;
      }, async ({ requests, context }) => {
        await revokeTokens?.(TOKENS, ACCOUNT, context());
        assert.equal(requests.length, answers.length);
        for (const { url } of requests) assert.doesNotMatch(String(url), /test-leak/);
      });
      await withProvider(() => new Response(null, { status: 500 }), async ({ context }) => {
        const call = revokeTokens?.(TOKENS, ACCOUNT, context()) ?? Promise.resolve();
        assert.equal((await failureOf(call)).kind, "unavailable");
      });
    },
  },
];

export const OAUTH_LAWS: readonly Law[] = LAWS.map((law) => ({
  ...law,
  appliesTo: (driver) => driver.link.kind === "oauth2" && (law.appliesTo?.(driver) ?? true),
}));

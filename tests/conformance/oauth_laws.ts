import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import type { OAuth2Link, OAuthTokens } from "@shared/providers/link.ts";
import { ACCOUNT, MARKED, withProvider } from "../support/provider_server.ts";
import { personFixtureOf, revocationOf } from "./fixtures.ts";
import type { Law } from "./law.ts";
import { GOOD, MALFORMED } from "./token_answers.ts";
import { failureOf } from "./transport_laws.ts";

const REDIRECT_URI = "https://app.example/functions/v1/oauth-callback/x";
const TOKENS: OAuthTokens = {
  accessToken: new Secret(MARKED.accessToken),
  refreshToken: new Secret(MARKED.refreshToken),
  scopes: ["kept"],
};
const EXCHANGE = {
  code: MARKED.code,
  redirectUri: REDIRECT_URI,
  codeVerifier: "v".repeat(43),
};
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
    name: "a code becomes tokens, and the client's secret goes nowhere but into that request",
    check: (driver) =>
      withProvider(() => Response.json(GOOD), async ({ requests, context }) => {
        const link = linkOf(driver);
        const tokens = await link.exchangeCodeForTokens(EXCHANGE, context());
        assert.equal(tokens.accessToken.reveal(), GOOD.access_token);
        assert.equal(tokens.refreshToken?.reveal(), GOOD.refresh_token);
        assert.equal(tokens.expiresAt?.toISOString(), "2026-03-01T13:00:00.000Z");
        const [request] = requests;
        const form = new URLSearchParams(request?.body);
        assert.equal(form.get("grant_type"), "authorization_code");
        assert.equal(form.get("code"), MARKED.code);
        assert.equal(form.get("redirect_uri"), REDIRECT_URI);
        assert.equal(form.get("code_verifier"), link.pkce ? EXCHANGE.codeVerifier : null);
        assert.ok(driver.hosts.includes(request?.url.host ?? ""));
        assert.doesNotMatch(String(request?.url), /test-leak/);
        const basic = atob(request?.headers.get("authorization")?.replace("Basic ", "") ?? "");
        assert.ok(`${request?.body}${basic}`.includes(MARKED.clientSecret));
      }),
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
    name: "a refresh sends the current token, and keeps what the answer leaves out",
    check: (driver) =>
      withProvider(
        () => Response.json({ access_token: "test-leak-a2", token_type: "Bearer" }),
        async ({ requests, context }) => {
          const tokens = await linkOf(driver).refreshTokens(TOKENS, ACCOUNT, context());
          assert.equal(tokens.accessToken.reveal(), "test-leak-a2");
          assert.equal(tokens.refreshToken?.reveal(), MARKED.refreshToken);
          assert.deepEqual(tokens.scopes, ["kept"]);
          const form = new URLSearchParams(requests[0]?.body);
          assert.equal(form.get("grant_type"), "refresh_token");
          assert.equal(form.get("refresh_token"), MARKED.refreshToken);
        },
      ),
  },
  ...[400, 401].map((status): Law => ({
    name: `invalid_grant with ${status} means: link again`,
    check: (driver) =>
      withProvider(
        () => Response.json({ error: "invalid_grant" }, { status }),
        async ({ context }) => {
          const link = linkOf(driver);
          for (
            const call of [
              link.exchangeCodeForTokens(EXCHANGE, context()),
              link.refreshTokens(TOKENS, ACCOUNT, context()),
            ]
          ) assert.equal((await failureOf(call)).kind, "reauthorize");
        },
      ),
  })),
  {
    name: "a token endpoint in trouble is no refusal",
    check: async (driver) => {
      for (
        const [status, kind] of [[429, "rate_limited"], [500, "unavailable"], [
          503,
          "unavailable",
        ]] as const
      ) {
        await withProvider(
          () => Response.json({ error: "invalid_grant" }, { status }),
          async ({ context }) => {
            const call = linkOf(driver).refreshTokens(TOKENS, ACCOUNT, context());
            assert.equal((await failureOf(call)).kind, kind);
          },
        );
      }
    },
  },
  {
    name: "a malformed token answer is refused, and no part of it is shown",
    check: async (driver) => {
      for (const [body, status = 200] of MALFORMED) {
        await withProvider(
          () => new Response(body, { status, headers: { "content-type": "application/json" } }),
          async ({ context }) => {
            const call = linkOf(driver).exchangeCodeForTokens(EXCHANGE, context());
            const { kind } = await failureOf(call);
            assert.ok(kind === "contract" || kind === "rejected", `${kind}: ${body.slice(0, 60)}`);
          },
        );
      }
    },
  },
  {
    name: "a redirect of the token endpoint does not get the client's secret",
    check: (driver) =>
      withProvider(
        () => new Response(null, { status: 307, headers: { location: "/evil" } }),
        async ({ requests, context }) => {
          const call = linkOf(driver).exchangeCodeForTokens(EXCHANGE, context());
          assert.equal((await failureOf(call)).kind, "contract");
          assert.equal(requests.length, 1);
        },
      ),
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

function linkOf({ link }: ProviderDriver): OAuth2Link {
  assert.equal(link.kind, "oauth2");
  // SAFETY: asserted on the line above, which the compiler does not see through.
  return link as OAuth2Link;
}

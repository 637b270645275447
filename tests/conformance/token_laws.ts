import assert from "node:assert/strict";
import type { DriverContext, ProviderDriver } from "@shared/providers/driver.ts";
import { ACCOUNT, MARKED, type SeenRequest, withProvider } from "../support/provider_server.ts";
import { broken, endless } from "./answers.ts";
import { failureOf } from "./calls.ts";
import type { Law } from "./law.ts";
import { EXCHANGE, linkOf, REDIRECT_URI, TOKENS } from "./oauth_link.ts";
import { GOOD, MALFORMED } from "./token_answers.ts";

/** What a driver makes of the token endpoint's answers. */
const LAWS: readonly Law[] = [
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
  {
    name: "a refresh that hands out another refresh token ends the old one",
    check: (driver) =>
      withProvider(() => Response.json(GOOD), async ({ context }) => {
        const tokens = await linkOf(driver).refreshTokens(TOKENS, ACCOUNT, context());
        assert.equal(tokens.accessToken.reveal(), GOOD.access_token);
        assert.equal(tokens.refreshToken?.reveal(), GOOD.refresh_token);
        assert.equal(tokens.expiresAt?.toISOString(), "2026-03-01T13:00:00.000Z");
      }),
  },
  {
    name: "tokens without a refresh token are taken, and not refreshed",
    check: (driver) =>
      withProvider(
        () => Response.json({ access_token: "test-leak-a2", token_type: "Bearer" }),
        async ({ requests, context }) => {
          const link = linkOf(driver);
          const tokens = await link.exchangeCodeForTokens(EXCHANGE, context());
          assert.equal(tokens.accessToken.reveal(), "test-leak-a2");
          assert.equal(tokens.refreshToken, undefined);
          assert.equal(tokens.expiresAt, undefined);
          const failure = await failureOf(link.refreshTokens(tokens, ACCOUNT, context()));
          assert.deepEqual(failure, { kind: "reauthorize", cause: "no_refresh_token" });
          assert.equal(requests.length, 1);
        },
      ),
  },
  {
    name: "a token answer that names nobody links nobody",
    check: (driver) =>
      withProvider(
        (request) => Response.json(isTokenCall(request) ? GOOD : {}),
        async ({ context }) => {
          const link = linkOf(driver);
          const { externalUserId = "", accessToken } = await link.exchangeCodeForTokens(
            EXCHANGE,
            context(),
          );
          assert.equal(externalUserId, "");
          const failure = await failureOf(
            link.fetchProfile({ externalUserId, accessToken }, context()),
          );
          assert.equal(failure.kind, "contract");
        },
      ),
  },
  ...[400, 401].map((status): Law => ({
    name: `invalid_grant with ${status} means: link again`,
    check: (driver) =>
      withProvider(
        () => Response.json({ error: "invalid_grant" }, { status }),
        async ({ context }) => {
          for (const call of tokenCallsOf(driver, context)) {
            assert.equal((await failureOf(call())).kind, "reauthorize");
          }
        },
      ),
  })),
  ...[400, 401, 403, 404, 409, 410].map((status): Law => ({
    name: `${status} from the token endpoint without a word does not end the grant`,
    check: (driver) =>
      withProvider(
        () => Response.json({ message: "marked-value" }, { status }),
        async ({ context }) => {
          for (const call of tokenCallsOf(driver, context)) {
            const own = driver.statuses?.[status];
            assert.deepEqual(await failureOf(call()), own ?? { kind: "rejected", status });
          }
        },
      ),
  })),
  ...([429, 500, 502, 503, 504] as const).map((status): Law => ({
    name: `${status} from the token endpoint is no refusal, whatever it says`,
    check: (driver) =>
      withProvider(
        () => Response.json({ error: "invalid_grant" }, { status }),
        async ({ context }) => {
          for (const call of tokenCallsOf(driver, context)) {
            assert.deepEqual(
              await failureOf(call()),
              status === 429
                ? { kind: "rate_limited", retryAfter: 60 }
                : { kind: "unavailable", status },
            );
          }
        },
      ),
  })),
  {
    name: "a token answer that breaks off is no refusal",
    check: (driver) =>
      withProvider(broken, async ({ context }) => {
        for (const call of tokenCallsOf(driver, context)) {
          assert.equal((await failureOf(call())).kind, "unavailable");
        }
      }),
  },
  {
    name: "a malformed token answer is refused, and no part of it is shown",
    check: async (driver) => {
      for (const [body, status = 200] of MALFORMED) {
        await withProvider(
          () => new Response(body, { status, headers: { "content-type": "application/json" } }),
          async ({ context }) => {
            for (const call of tokenCallsOf(driver, context)) {
              const { kind } = await failureOf(call());
              const isGood = kind === "contract" || kind === "rejected";
              assert.ok(isGood, `${kind}: ${body.slice(0, 60)}`);
            }
          },
        );
      }
    },
  },
  {
    name: "a token answer without an end is not read to it",
    check: (driver) =>
      withProvider(endless, async ({ context }) => {
        const call = linkOf(driver).exchangeCodeForTokens(EXCHANGE, context());
        assert.equal((await failureOf(call)).kind, "contract");
      }),
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
];

export const TOKEN_LAWS: readonly Law[] = LAWS.map((law) => ({
  ...law,
  appliesTo: (driver) => driver.link.kind === "oauth2" && (law.appliesTo?.(driver) ?? true),
}));

/** The two that speak with the token endpoint. */
function tokenCallsOf(driver: ProviderDriver, context: () => DriverContext) {
  const link = linkOf(driver);
  return [
    () => link.exchangeCodeForTokens(EXCHANGE, context()),
    () => link.refreshTokens(TOKENS, ACCOUNT, context()),
  ];
}

function isTokenCall({ body }: SeenRequest): boolean {
  return new URLSearchParams(body).has("grant_type");
}

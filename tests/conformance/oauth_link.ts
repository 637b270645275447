/** What the laws of OAuth links are tried with; every token in it is marked. */
import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import type { OAuth2Link, OAuthTokens } from "@shared/providers/link.ts";
import { MARKED } from "../support/provider_server.ts";

export const REDIRECT_URI = "https://app.example/functions/v1/oauth-callback/x";

export const TOKENS: OAuthTokens = {
  accessToken: new Secret(MARKED.accessToken),
  refreshToken: new Secret(MARKED.refreshToken),
  scopes: ["kept"],
};

export const EXCHANGE = {
  code: MARKED.code,
  redirectUri: REDIRECT_URI,
  codeVerifier: "v".repeat(43),
};

export function linkOf({ link }: ProviderDriver): OAuth2Link {
  assert.equal(link.kind, "oauth2");
  // SAFETY: asserted on the line above, which the compiler does not see through.
  return link as OAuth2Link;
}

import assert from "node:assert/strict";
import type { AccountRef, DriverContext } from "@shared/providers/driver.ts";
import type { Link, OAuth2Link, WidgetLink } from "@shared/providers/link.ts";
import { answerConsent } from "../../../dev/sandbox/visitor.ts";

const REDIRECT_URI = "http://127.0.0.1:9/functions/v1/oauth-callback/contract";

export interface LinkedPerson {
  readonly account: AccountRef;
  /** New tokens, where the person has any. */
  refresh(): Promise<void>;
  unlink(): Promise<void>;
}

/** A person who says yes on the provider's page; `relocated` is where that stands. */
export async function linked(
  link: Link,
  relocated: (url: URL) => URL,
  ctx: DriverContext,
): Promise<LinkedPerson> {
  assert.ok(link.kind === "oauth2" || link.kind === "widget");
  return await (link.kind === "oauth2"
    ? byOAuth(link, relocated, ctx)
    : byWidget(link, relocated, ctx));
}

async function byOAuth(
  oauth: OAuth2Link,
  relocated: (url: URL) => URL,
  ctx: DriverContext,
): Promise<LinkedPerson> {
  const codeVerifier = "v".repeat(43);
  const page = oauth.authorizeUrl({
    clientId: ctx.client.id,
    state: "state-of-the-contract",
    redirectUri: REDIRECT_URI,
    codeChallenge: codeVerifier,
  });
  const back = await answerConsent(relocated(page), { person: "demo" });
  const code = back.searchParams.get("code") ?? "";
  let tokens = await oauth.exchangeCodeForTokens(
    { code, redirectUri: REDIRECT_URI, codeVerifier },
    ctx,
  );
  const asked: AccountRef = {
    externalUserId: tokens.externalUserId ?? "",
    accessToken: tokens.accessToken,
  };
  const { externalUserId } = await oauth.fetchProfile(asked, ctx);
  const account = { ...asked, externalUserId };
  return {
    account,
    async refresh() {
      if (tokens.refreshToken) tokens = await oauth.refreshTokens(tokens, account, ctx);
    },
    async unlink() {
      const { accessToken } = tokens;
      await oauth.revokeTokens?.(tokens, { ...account, accessToken }, ctx);
    },
  };
}

async function byWidget(
  widget: WidgetLink,
  relocated: (url: URL) => URL,
  ctx: DriverContext,
): Promise<LinkedPerson> {
  const reference = "0f5b7c1e-8a3d-4e55-b7a2-1d2c3b4a5968";
  const returnUrl = `${REDIRECT_URI}?state=${reference}`;
  const page = await widget.openSession({ reference, returnUrl }, ctx);
  const back = await answerConsent(relocated(page), { person: "demo" });
  const account = await widget.confirm({ reference, callback: back.searchParams }, ctx);
  return {
    account,
    refresh: () => Promise.resolve(),
    unlink: async () => await widget.unlink?.(account, ctx),
  };
}

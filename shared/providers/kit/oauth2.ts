import * as oauth from "oauth4webapi";
import type { z } from "zod";
import type { AccountRef, DriverContext } from "../driver.ts";
import { ProviderError } from "../errors.ts";
import type { OAuth2Link, OAuthTokens, ProviderProfile, Rotation } from "../link.ts";
import { basicAuthentication, basicCredentials } from "./client_authentication.ts";
import { callProvider, discard, failureOf, type ProviderIdentity, readJson, send } from "./http.ts";
import { readTokens, scopesOf } from "./token_answer.ts";

/** An address, or how to find it for a region. */
export type Endpoint = string | ((region?: string) => string);

/** What is odd about a provider's OAuth goes into a slot here; the flow itself is never forked. */
export interface OAuth2Spec {
  readonly provider: ProviderIdentity;
  readonly authorize: Endpoint;
  readonly token: Endpoint;
  /** RFC 7009, unless `revocation` says otherwise. */
  readonly revoke?: Endpoint;
  readonly scopes: readonly string[];
  readonly scopeSeparator?: string;
  /** A granted scope in our spelling, where the provider has several for one. */
  scopeName?(granted: string): string;
  readonly clientAuth: "post" | "basic";
  readonly pkce: boolean;
  readonly rotation: Rotation;
  readonly codeLifetimeSeconds: number;
  readonly authorizeParams?: Readonly<Record<string, string>>;
  readonly tokenParams?: Readonly<Record<string, string>>;
  /** Beside `tokenParams`, on a refresh only: WHOOP wants `scope=offline` again. */
  readonly refreshParams?: Readonly<Record<string, string>>;
  /** Turns the provider's token answer into one of RFC 6749 (section 5.1, or 400 and 5.2). */
  conform?(response: Response): Promise<Response>;
  /** Who the person is, where the token answer says it: Polar's `x_user_id`, Withings' `userid`. */
  readonly externalUserId?: z.ZodType<string | undefined>;
  /** Where to ask who the person is; absent only beside `externalUserId`. */
  readonly profile?: {
    request(account: AccountRef): Request;
    /** How the request proves whose it is; default `Authorization: Bearer`. */
    authenticate?(request: Request, account: AccountRef): Request;
    readonly schema: z.ZodType<ProviderProfile>;
  };
  /** Makes the person known before anything can be read: Polar's `POST /v3/users`. Safe to repeat. */
  readonly enrol?: {
    request(account: AccountRef): Request;
    /** Statuses that mean it is done, now or before. */
    readonly done: readonly number[];
  };
  readonly revocation?: {
    request(tokens: OAuthTokens, client: DriverContext["client"], region?: string): Request;
    /** Statuses that mean the grant is gone, now or before. */
    readonly done: readonly number[];
  };
}

/** A token call may have rotated the refresh token before it answers: it is waited for, not cut off. */
const TOKEN_TIMEOUT_MILLISECONDS = 45_000;

export function oauth2(spec: OAuth2Spec): OAuth2Link {
  const { provider } = spec;

  async function requestTokens(
    grantType: "authorization_code" | "refresh_token",
    params: Record<string, string>,
    region: string | undefined,
    ctx: DriverContext,
  ): Promise<OAuthTokens> {
    const server = { issuer: provider.slug, token_endpoint: resolve(spec.token, region) };
    const client = { client_id: ctx.client.id };
    const authentication = spec.clientAuth === "basic"
      ? basicAuthentication(ctx.client)
      : oauth.ClientSecretPost(ctx.client.secret.reveal());
    const askedAt = ctx.now();
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      authentication,
      grantType,
      { ...spec.tokenParams, ...params },
      {
        [oauth.customFetch]: (url, init) =>
          send(provider, new Request(url, init), ctx, init.signal),
        signal: () => AbortSignal.timeout(TOKEN_TIMEOUT_MILLISECONDS),
      },
    );
    return readTokens(spec, server, client, response, { at: askedAt, now: ctx.now() });
  }

  const revoke = spec.revocation || spec.revoke ? revokeTokens : undefined;

  async function revokeTokens(
    tokens: OAuthTokens,
    account: AccountRef,
    ctx: DriverContext,
  ): Promise<void> {
    const request = spec.revocation?.request(tokens, ctx.client, account.region) ??
      revocationRequest(spec, tokens, ctx.client, account.region);
    const response = await send(provider, request, ctx);
    await discard(response);
    if ((spec.revocation?.done ?? [200]).includes(response.status)) return;
    const failure = failureOf(response, ctx.now(), provider);
    if (failure) throw new ProviderError(provider.slug, failure, "revoke grant at");
  }

  async function enrol(account: AccountRef, ctx: DriverContext): Promise<void> {
    if (!spec.enrol) return;
    const request = bearer(provider, spec.enrol.request(account), account);
    await discard(await callProvider(provider, request, ctx, spec.enrol.done));
  }

  async function profileOf(account: AccountRef, ctx: DriverContext): Promise<ProviderProfile> {
    const { externalUserId } = account;
    if (!spec.profile) return { externalUserId };
    const asked = spec.profile.request(account);
    const request = spec.profile.authenticate?.(asked, account) ?? bearer(provider, asked, account);
    const response = await callProvider(provider, request, ctx);
    return await readJson(provider, response, spec.profile.schema);
  }

  return {
    kind: "oauth2",
    scopes: spec.scopes,
    rotation: spec.rotation,
    pkce: spec.pkce,
    codeLifetimeSeconds: spec.codeLifetimeSeconds,

    authorizeUrl(p) {
      const url = new URL(resolve(spec.authorize, p.region));
      const challenge = spec.pkce ? p.codeChallenge : undefined;
      if (spec.pkce && challenge === undefined) {
        throw new TypeError(`Cannot authorize at ${provider.slug}: code challenge missing`);
      }
      const scopes = p.scopes ?? spec.scopes;
      const params = {
        ...spec.authorizeParams,
        response_type: "code",
        client_id: p.clientId,
        redirect_uri: p.redirectUri,
        // RFC 6749 appendix A.4 knows no empty scope: where none is asked for there is none.
        ...(scopes.length > 0 ? { scope: scopes.join(spec.scopeSeparator ?? " ") } : {}),
        state: p.state,
        ...(challenge === undefined
          ? {}
          : { code_challenge: challenge, code_challenge_method: "S256" }),
      };
      for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
      return url;
    },

    async exchangeCodeForTokens(p, ctx) {
      const tokens = await requestTokens(
        "authorization_code",
        {
          code: p.code,
          redirect_uri: p.redirectUri,
          ...(spec.pkce && p.codeVerifier !== undefined ? { code_verifier: p.codeVerifier } : {}),
        },
        p.region,
        ctx,
      );
      const granted = tokens.scopes ?? scopesOf(spec, p.grantedScope);
      return granted ? { ...tokens, scopes: granted } : tokens;
    },

    async refreshTokens(tokens, account, ctx) {
      if (!tokens.refreshToken) {
        throw new ProviderError(
          provider.slug,
          { kind: "reauthorize", cause: "no_refresh_token" },
          "refresh tokens of",
        );
      }
      const fresh = await requestTokens(
        "refresh_token",
        { ...spec.refreshParams, refresh_token: tokens.refreshToken.reveal() },
        account.region,
        ctx,
      );
      // An answer without a refresh token or scope leaves the old ones in force (RFC 6749 section 6).
      return {
        refreshToken: tokens.refreshToken,
        ...(tokens.scopes ? { scopes: tokens.scopes } : {}),
        ...fresh,
      };
    },

    ...(revoke ? { revokeTokens: revoke } : {}),

    async fetchProfile(account, ctx) {
      await enrol(account, ctx);
      const profile = await profileOf(account, ctx);
      // Without an id of its own, one person's webhooks would reach another.
      if (!/^[\x21-\x7e]{1,256}$/.test(profile.externalUserId)) {
        throw new ProviderError(provider.slug, {
          kind: "contract",
          issues: ["externalUserId: absent or malformed"],
        });
      }
      return profile;
    },
  };
}

/** `request` with the account's access token. Throws `reauthorize` where there is none. */
export function bearer(provider: ProviderIdentity, request: Request, account: AccountRef): Request {
  return withToken(provider, request, account, "authorization", "Bearer ");
}

/** The same in a header of the provider's own. Throws `reauthorize` where there is no token. */
export function withToken(
  provider: ProviderIdentity,
  request: Request,
  account: AccountRef,
  header: string,
  scheme = "",
): Request {
  if (!account.accessToken) {
    throw new ProviderError(provider.slug, { kind: "reauthorize", cause: "no_access_token" });
  }
  const headers = new Headers(request.headers);
  headers.set(header, `${scheme}${account.accessToken.reveal()}`);
  return new Request(request, { headers });
}

function resolve(endpoint: Endpoint, region: string | undefined): string {
  return typeof endpoint === "string" ? endpoint : endpoint(region);
}

function revocationRequest(
  spec: OAuth2Spec,
  tokens: OAuthTokens,
  client: DriverContext["client"],
  region: string | undefined,
): Request {
  const body = new URLSearchParams({
    token: (tokens.refreshToken ?? tokens.accessToken).reveal(),
  });
  const headers = new Headers();
  if (spec.clientAuth === "basic") {
    headers.set("authorization", basicCredentials(client));
  } else {
    body.set("client_id", client.id);
    body.set("client_secret", client.secret.reveal());
  }
  return new Request(resolve(spec.revoke ?? "", region), { method: "POST", headers, body });
}

import * as oauth from "oauth4webapi";
import type { z } from "zod";
import { Secret } from "../../core/secret.ts";
import { ProviderError, type ProviderFailure } from "../errors.ts";
import type { OAuthTokens } from "../link.ts";
import { discard, failureOf, type ProviderIdentity, readText } from "./http.ts";

const MAX_TOKEN_CHARS = 16_384;
/** No provider means more; far beyond, the date could not be stored. */
const MAX_EXPIRES_SECONDS = 10 * 365 * 86_400;

export interface TokenAnswerSpec {
  readonly provider: ProviderIdentity;
  scopeName?(granted: string): string;
  conform?(response: Response): Promise<Response>;
  readonly externalUserId?: z.ZodType<string | undefined>;
}

/**
 * A token endpoint's answer as `OAuthTokens`. Throws `ProviderError`: `invalid_grant` is
 * `reauthorize`, and what the library finds malformed `contract`. Its error is never passed on:
 * the cause holds the body, tokens included.
 */
export async function readTokens(
  spec: TokenAnswerSpec,
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  response: Response,
  asked: { readonly at: Date; readonly now: Date },
): Promise<OAuthTokens> {
  const answer = await plainAnswer(spec, response, asked.now);
  try {
    const body = await oauth.processGenericTokenEndpointResponse(server, client, answer);
    return tokensOf(spec, body, asked.at);
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw new ProviderError(spec.provider.slug, failureFrom(error, answer.status), "get tokens of");
  }
}

/** The scopes of an answer or a callback, in our spelling; nothing where it names none. */
export function scopesOf(
  spec: TokenAnswerSpec,
  text: string | undefined,
): readonly string[] | undefined {
  const names = text?.split(/[\s,]+/).filter(Boolean) ?? [];
  if (names.length === 0) return undefined;
  return [...new Set(names.map((name) => spec.scopeName?.(name) ?? name))];
}

/** The answer with what the library trips over taken away: nulls, an unread id token, odd headers. */
async function plainAnswer(
  spec: TokenAnswerSpec,
  response: Response,
  now: Date,
): Promise<Response> {
  await refuseOutage(spec.provider, response, now);
  const conformed = await spec.conform?.(response) ?? response;
  await refuseOutage(spec.provider, conformed, now);
  const text = await readText(spec.provider, conformed);
  const status = conformed.ok ? 200 : conformed.status;
  const json = plainJson(text);
  return new Response(json ?? text, {
    status,
    headers: { "content-type": json === undefined ? "text/plain" : "application/json" },
  });
}

async function refuseOutage(
  provider: ProviderIdentity,
  response: Response,
  now: Date,
): Promise<void> {
  const failure = failureOf(response, now, provider);
  // What a refusal means stands in its body, unless the driver knows it by the status.
  const isRefusal = failure?.kind === "rejected" || failure?.kind === "reauthorize";
  if (!failure || isRefusal && failure !== provider.statuses?.[response.status]) return;
  await discard(response);
  throw new ProviderError(provider.slug, failure, "get tokens of");
}

function plainJson(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
    // Who the person is comes from the profile: an id token is neither needed nor trusted here.
    const kept = Object.entries(body).filter(([key, value]) =>
      value !== null && key !== "id_token"
    );
    return JSON.stringify(Object.fromEntries(kept));
  } catch {
    return undefined;
  }
}

function tokensOf(
  spec: TokenAnswerSpec,
  body: oauth.TokenEndpointResponse,
  askedAt: Date,
): OAuthTokens {
  const scopes = scopesOf(spec, body.scope);
  const seconds = body.expires_in;
  if (seconds !== undefined && !(seconds >= 0 && seconds <= MAX_EXPIRES_SECONDS)) {
    throw malformed(spec.provider, "expires_in");
  }
  const externalUserId = spec.externalUserId?.safeParse(body).data;
  return {
    accessToken: tokenOf(spec.provider, "access_token", body.access_token),
    ...(externalUserId === undefined ? {} : { externalUserId }),
    ...(body.refresh_token === undefined
      ? {}
      : { refreshToken: tokenOf(spec.provider, "refresh_token", body.refresh_token) }),
    ...(seconds === undefined ? {} : { expiresAt: new Date(askedAt.getTime() + seconds * 1_000) }),
    ...(scopes ? { scopes } : {}),
  };
}

/** Visible ASCII only (RFC 6749 appendix A.12): a line break would write headers of its own. */
function tokenOf(provider: ProviderIdentity, name: string, text: string): Secret {
  if (text.length > MAX_TOKEN_CHARS || !/^[\x20-\x7e]+$/.test(text)) {
    throw malformed(provider, name);
  }
  return new Secret(text);
}

function malformed(provider: ProviderIdentity, name: string): ProviderError {
  return new ProviderError(
    provider.slug,
    { kind: "contract", issues: [`${name}: malformed`] },
    "get tokens of",
  );
}

function failureFrom(error: unknown, status: number): ProviderFailure {
  if (error instanceof oauth.ResponseBodyError) {
    switch (error.error) {
      case "invalid_grant":
        return { kind: "reauthorize", cause: "invalid_grant" };
      case "server_error":
      case "temporarily_unavailable":
        return { kind: "unavailable", status };
    }
  }
  if (status >= 400) return { kind: "rejected", status };
  // The library's own sentence names the property and no value.
  return { kind: "contract", issues: [error instanceof Error ? error.message : "token answer"] };
}

import { fromBase64, fromUtf8 } from "@shared/core/bytes.ts";
import { SECOND } from "@shared/core/time.ts";
import type { Clock } from "./clock.ts";
import type { Grant, Store } from "./store.ts";

export interface TokenAnswer {
  readonly status: 200 | 400 | 401;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What becomes of a used refresh token: real providers differ, and faults are made of it. */
export type Rotation =
  | { readonly kind: "none" }
  | { readonly kind: "single_use" }
  /** Reuse ends the whole grant. */
  | { readonly kind: "family" }
  | { readonly kind: "grace"; readonly seconds: number }
  /** The old one works until the new access token has been used. */
  | { readonly kind: "until_use" };

export interface OAuthClient {
  readonly id: string;
  readonly secret: string;
  /** Where codes may be sent; without a list any address is registered. */
  readonly redirectUris?: readonly string[];
}

export interface IssuerOptions {
  readonly issuer: string;
  readonly client: OAuthClient;
  readonly clock: Clock;
  readonly store: Store;
  readonly codeSeconds: number;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
  /** How the client may name itself at the token endpoint. */
  readonly clientAuth: readonly ("basic" | "body")[];
  readonly tokenType: string;
  /** Members that this provider adds to a token answer. */
  readonly extra?: Readonly<Record<string, unknown>> | ((grant: Grant) => Record<string, unknown>);
  /** Without this scope there is no refresh token (WHOOP). */
  readonly offlineScope?: string;
  /** The token endpoint does not ask for the redirect URI again (Strava). */
  readonly forgetsRedirectUri?: true;
  /** A refresh hands out the same tokens while the access token lasts longer than this (Strava). */
  readonly keepsAccessSeconds?: number;
}

/** What the issuer saw: the proof that a client never uses a refresh token twice. */
export interface IssuerCounts {
  codes: number;
  exchanges: number;
  refreshes: number;
  reuses: number;
  refusals: number;
}

export interface Issuer {
  readonly counts: IssuerCounts;
  setRotation(rotation: Rotation): void;
  issueCode(p: {
    readonly person: string;
    readonly redirectUri: string;
    readonly scopes: readonly string[];
  }): string;
  token(form: URLSearchParams, authorization: string | null): TokenAnswer;
  /** The grant of a live access token. */
  authenticate(authorization: string | null): Grant | undefined;
  /** Ends the grant of an access token; false where there is none. */
  revoke(accessToken: string): boolean;
  /** The person takes their consent back in the provider's own app. */
  revokePerson(person: string): void;
  /** Every access token is as if its time were over; refresh tokens live on. */
  expireAccess(): void;
  grants(): readonly Grant[];
}

interface Code {
  readonly person: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
}

export function createIssuer(options: IssuerOptions): Issuer {
  const { client, clock, store, issuer } = options;
  const codes = new Map<string, Code>();
  const counts: IssuerCounts = { codes: 0, exchanges: 0, refreshes: 0, reuses: 0, refusals: 0 };
  let rotation: Rotation = { kind: "single_use" };
  const mine = () => store.state.grants.filter((grant) => grant.issuer === issuer);
  const now = () => clock().getTime();

  function fresh(): Pick<Grant, "refresh"> & { readonly accessToken: Grant["access"][number] } {
    return {
      accessToken: { token: opaque(), expiresAt: now() + options.accessSeconds * SECOND },
      refresh: { token: opaque(), expiresAt: now() + options.refreshSeconds * SECOND },
    };
  }

  function answer(grant: Grant): TokenAnswer {
    store.save();
    const { offlineScope, extra } = options;
    const access = grant.access.at(-1);
    const isOffline = !offlineScope || grant.scopes.includes(offlineScope);
    const body = {
      token_type: options.tokenType,
      access_token: access?.token,
      expires_in: Math.round(((access?.expiresAt ?? 0) - now()) / SECOND),
      ...(isOffline ? { refresh_token: grant.refresh.token } : {}),
      ...(typeof extra === "function" ? extra(grant) : extra),
    };
    return { status: 200, body };
  }

  function refuse(error: string, status: 400 | 401 = 400): TokenAnswer {
    counts.refusals++;
    return { status, body: { error } };
  }

  function exchange(form: URLSearchParams): TokenAnswer {
    const name = form.get("code") ?? "";
    const code = codes.get(name);
    codes.delete(name);
    if (!code || code.expiresAt <= now()) return refuse("invalid_grant");
    const sameUri = options.forgetsRedirectUri || code.redirectUri === form.get("redirect_uri");
    if (!sameUri) return refuse("invalid_grant");
    counts.exchanges++;
    const { accessToken, refresh } = fresh();
    const grant: Grant = {
      id: crypto.randomUUID(),
      issuer,
      person: code.person,
      scopes: code.scopes,
      access: [accessToken],
      refresh,
      spent: [],
      revoked: false,
    };
    store.state.grants.push(grant);
    return answer(grant);
  }

  function refresh(form: URLSearchParams): TokenAnswer {
    const token = form.get("refresh_token") ?? "";
    const grant = mine().find((one) =>
      one.refresh.token === token || one.spent.some((spent) => spent.token === token)
    );
    if (!grant || grant.revoked || grant.refresh.expiresAt <= now()) return refuse("invalid_grant");
    const spent = grant.spent.find((one) => one.token === token);
    if (spent) {
      counts.reuses++;
      if (rotation.kind === "family") grant.revoked = true;
      const forgiven = rotation.kind === "until_use"
        ? !spent.ended && grant.spent.at(-1) === spent
        : rotation.kind === "grace" && now() - spent.at <= rotation.seconds * SECOND;
      if (!forgiven) return refuse("invalid_grant");
    }
    counts.refreshes++;
    const left = (grant.access.at(-1)?.expiresAt ?? 0) - now();
    if (left > (options.keepsAccessSeconds ?? Infinity) * SECOND) return answer(grant);
    const next = fresh();
    grant.access = [...grant.access.slice(-4), next.accessToken];
    if (rotation.kind !== "none") {
      if (!spent) grant.spent.push({ token, at: now() });
      grant.refresh = next.refresh;
    }
    return answer(grant);
  }

  return {
    counts,
    setRotation(next) {
      rotation = next;
    },
    issueCode(p) {
      counts.codes++;
      const code = opaque();
      codes.set(code, { ...p, expiresAt: now() + options.codeSeconds * SECOND });
      return code;
    },
    token(form, authorization) {
      if (!knows(client, options.clientAuth, form, authorization)) {
        return refuse("invalid_client", 401);
      }
      const grantType = form.get("grant_type");
      if (grantType === "authorization_code") return exchange(form);
      if (grantType === "refresh_token") return refresh(form);
      return refuse(grantType ? "unsupported_grant_type" : "invalid_request");
    },
    authenticate(authorization) {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
      const grant = mine().find((one) =>
        !one.revoked &&
        one.access.some((access) => access.token === token && access.expiresAt > now())
      );
      // The first use of the newest access token ends what `until_use` still forgave.
      if (grant && rotation.kind === "until_use" && grant.access.at(-1)?.token === token) {
        grant.spent = grant.spent.map((spent) => ({ ...spent, ended: true }));
      }
      return grant;
    },
    revoke(accessToken) {
      const grant = mine().find((one) =>
        !one.revoked && one.access.some((access) => access.token === accessToken)
      );
      if (!grant) return false;
      grant.revoked = true;
      store.save();
      return true;
    },
    revokePerson(person) {
      for (const grant of mine()) if (grant.person === person) grant.revoked = true;
      store.save();
    },
    expireAccess() {
      for (const grant of mine()) grant.access = [];
      store.save();
    },
    grants: mine,
  };
}

function knows(
  client: OAuthClient,
  ways: IssuerOptions["clientAuth"],
  form: URLSearchParams,
  authorization: string | null,
): boolean {
  const basic = /^Basic (\S+)$/i.exec(authorization ?? "")?.[1];
  if (basic) return ways.includes("basic") && basicEquals(basic, client);
  return ways.includes("body") && form.get("client_id") === client.id &&
    form.get("client_secret") === client.secret;
}

/** RFC 6749 section 2.3.1: both halves are form-encoded before they are joined. */
function basicEquals(encoded: string, client: OAuthClient): boolean {
  try {
    const [id = "", secret = ""] = fromUtf8(fromBase64(encoded)).split(":");
    return decode(id) === client.id && decode(secret) === client.secret;
  } catch {
    return false;
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

const opaque = () => `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll("-", "");

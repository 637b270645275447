import type { Secret } from "../core/secret.ts";
import type { AccountRef, DriverContext } from "./driver.ts";

export interface OAuthTokens {
  readonly accessToken: Secret;
  readonly refreshToken?: Secret;
  readonly expiresAt?: Date;
  /** What was granted, where the provider says; absent means "as asked". */
  readonly scopes?: readonly string[];
  /** Who the person is, where the token answer says it; `fetchProfile` is then given it. */
  readonly externalUserId?: string;
}

export interface ProviderProfile {
  readonly externalUserId: string;
  readonly timeZone?: string;
  /** The service behind an aggregator, lower case. */
  readonly via?: string;
}

/** What becomes of the old refresh token when a new one is handed out. */
export type Rotation =
  | { readonly kind: "none" }
  | { readonly kind: "single_use" }
  | { readonly kind: "grace"; readonly seconds: number }
  | { readonly kind: "until_use" };

/** How a person's account is linked: four honest shapes instead of one interface with methods that throw. */
export type Link = OAuth2Link | WidgetLink | CredentialsLink | BridgeLink;

export interface OAuth2Link {
  readonly kind: "oauth2";
  readonly scopes: readonly string[];
  readonly rotation: Rotation;
  /** Whether the provider takes PKCE; a verifier is made and kept only then. */
  readonly pkce: boolean;
  /** Shorter than the ticket means: exchanged in the callback, held pending until the ticket comes. */
  readonly codeLifetimeSeconds: number;
  authorizeUrl(p: AuthorizeRequest): URL;
  exchangeCodeForTokens(p: CodeExchange, ctx: DriverContext): Promise<OAuthTokens>;
  refreshTokens(tokens: OAuthTokens, account: AccountRef, ctx: DriverContext): Promise<OAuthTokens>;
  /** Absent where the provider has no revocation endpoint. */
  revokeTokens?(tokens: OAuthTokens, account: AccountRef, ctx: DriverContext): Promise<void>;
  /**
   * Who the person is, made known to the provider first where it wants that. `account` has the external
   * id that the token answer named, else an empty one. Throws `contract` where none is found.
   */
  fetchProfile(account: AccountRef, ctx: DriverContext): Promise<ProviderProfile>;
}

export interface AuthorizeRequest {
  readonly clientId: string;
  readonly state: string;
  readonly redirectUri: string;
  readonly codeChallenge?: string;
  readonly region?: string;
  /** In place of the driver's: how the operator's own registration spells them. */
  readonly scopes?: readonly string[];
}

export interface CodeExchange {
  readonly code: string;
  readonly redirectUri: string;
  readonly codeVerifier?: string;
  readonly region?: string;
  /** The callback's `scope` parameter: what the person left ticked. */
  readonly grantedScope?: string;
}

/** The provider's own page links the account and tells us by redirect and webhook (Terra). */
export interface WidgetLink {
  readonly kind: "widget";
  /**
   * The services behind it, lower case, where no page of the provider's lets the person choose (Spike):
   * the app asks, and `openSession` is given one of them.
   */
  readonly services?: readonly string[];
  /** `reference` is random and ours; `returnUrl` is where the page sends the person back. */
  openSession(
    p: { reference: string; returnUrl: string; service?: string },
    ctx: DriverContext,
  ): Promise<URL>;
  /** Asks the provider who came back: never believes the redirect. Throws `rejected` on a mismatch. */
  confirm(
    p: { reference: string; callback: URLSearchParams },
    ctx: DriverContext,
  ): Promise<ProviderProfile & { readonly scopes?: readonly string[] }>;
  unlink?(account: AccountRef, ctx: DriverContext): Promise<void>;
}

/** The person types what opens their account (Nightscout: their own site, and a token of it). */
export interface CredentialsLink {
  readonly kind: "credentials";
  /** What to ask for, all of it. */
  readonly needs: readonly CredentialField[];
  /**
   * Proves what was typed by asking the provider with it. Throws `reauthorize` where it is refused,
   * `rejected` with 400 where it cannot be used at all; neither names what was typed.
   */
  signIn(typed: Readonly<Record<string, string>>, ctx: DriverContext): Promise<SignedIn>;
}

/** A field of the form; a `secret` is masked, and remembered by nobody. */
export interface CredentialField {
  readonly name: "site" | "token";
  readonly kind: "url" | "secret";
}

export interface SignedIn extends ProviderProfile {
  readonly tokens: OAuthTokens;
  readonly scopes?: readonly string[];
  /** The person's own server: kept with the account, and the only host its requests may go to. */
  readonly site?: URL;
}

/** The person's phone pushes (HealthKit, Health Connect): one body with rows of every resource. */
export interface BridgeLink {
  readonly kind: "bridge";
  /** What the phone calls this store in the `provider` of its uploads and deletions. */
  readonly sender: string;
  /** Names that documents have for such a body: `mobile SDK batch`. */
  readonly aliases: readonly string[];
  /** The records that a deletions body names. Throws `contract`. */
  parseDeletions(body: unknown): readonly DeletedRecord[];
}

export interface DeletedRecord {
  readonly resource: string;
  readonly recordId: string;
}

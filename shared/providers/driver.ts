import type { Secret } from "../core/secret.ts";
import type { Window } from "../core/time.ts";
import type { ProviderFailure } from "./errors.ts";
import type { Link } from "./link.ts";
import type { MetricBatch, NormaliseContext, Resource } from "./resource.ts";
import type { Webhook } from "./webhook.ts";

/** What the operator registered with the provider. */
export interface Client {
  readonly id: string;
  readonly secret: Secret;
  /** A third credential, for drivers whose `env` names it: Suunto's subscription key. */
  readonly apiKey?: Secret;
}

/** Everything effectful a driver may touch: drivers read no env, no clock and no global fetch. */
export interface DriverContext {
  readonly client: Client;
  /** Follows no redirect, caps the body, knows where the sandbox is. */
  readonly fetch: typeof fetch;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** The linked account a call is made for. */
export interface AccountRef {
  readonly externalUserId: string;
  readonly accessToken?: Secret;
  /** Key into the driver's `regions`: a Dexcom token of one host is useless on another. */
  readonly region?: string;
  /** The person's own server, for self-hosted services only. */
  readonly site?: URL;
  /** The person's IANA zone, where known. */
  readonly timeZone?: string;
}

export interface Ask {
  readonly account: AccountRef;
  readonly window: Window;
  /** A page's `next`, handed back to resume after it. */
  readonly cursor?: string;
}

/** How far back the provider goes, and whether we read or ask it to send. */
export type History =
  | { readonly kind: "pull"; readonly maxDays: number; readonly pageDays: number }
  | {
    readonly kind: "request";
    readonly maxDays: number;
    readonly pageDays: number;
    /** Statuses that mean there is nothing to send, or that it was asked for before: no failure. */
    readonly refusals?: readonly number[];
    /** Asks the provider to send `window` by webhook. */
    request(ask: Ask, ctx: DriverContext): Promise<void>;
  };

/** What the provider's terms allow; the system enforces it. */
export interface Policy {
  readonly terms: string;
  /** Raw records are dropped after so many days; absent means no limit of theirs. */
  readonly rawDays?: number;
  readonly aiUse: "allowed" | "forbidden" | "unstated";
}

export interface RateLimit {
  readonly requests: number;
  readonly perSeconds: number;
  readonly scope: "app" | "account";
}

/** Where a provider's answers differ from what HTTP means; a slot each, absent where they do not. */
export interface CallQuirks {
  /** Turns an answer whose status hides its meaning into one that does not (`innerStatus`). */
  conform?(response: Response): Promise<Response>;
  /** What a status means here: 410 of an API that ended is `reauthorize`. */
  readonly statuses?: Readonly<Record<number, ProviderFailure>>;
  /** Seconds to wait after a 429 without `Retry-After` (`untilReset`). */
  retryAfter?(headers: Headers, now: Date): number | undefined;
}

/** One provider: a file of data over one engine. */
export interface ProviderDriver extends CallQuirks {
  readonly slug: string;
  readonly name: string;
  readonly docs: string;
  /**
   * Hosts the driver may speak to: requests elsewhere are refused. None where each person has a server
   * of their own (`AccountRef.site`), whose troubles then are nobody else's.
   */
  readonly hosts: readonly string[];
  /** Region to API origin, the first is the default; only where a person's account lives in one. */
  readonly regions?: Readonly<Record<string, string>>;
  /**
   * Where the API may stand, for the operator to choose by `<SLUG>_API_BASE`: a provider that moves.
   * Requests are written for the first, which is the default.
   */
  readonly apiBases?: readonly string[];
  /** Names of the credentials in the environment, where the convention `<SLUG>_CLIENT_ID` does not fit. */
  readonly env?: Readonly<Partial<Record<CredentialName, string>>>;
  readonly link: Link;
  readonly history?: History;
  readonly limits?: readonly RateLimit[];
  readonly policy: Policy;
  readonly resources: readonly Resource[];
  readonly webhook?: Webhook;
  /** One page of one resource: one job. Throws `ProviderError`. */
  fetchPage(
    ask: Ask & { readonly resource: string; readonly recordId?: string },
    ctx: DriverContext,
  ): Promise<MetricBatch>;
  /** All pages in turn, each with a checkpoint. Throws `ProviderError`. */
  fetchLatestMetrics(
    ask: Ask & { readonly resource: string },
    ctx: DriverContext,
  ): AsyncIterable<MetricBatch>;
  /** What a pushed body means. Throws `contract`. */
  normalise(resource: string, body: unknown, context?: NormaliseContext): MetricBatch;
}

export type CredentialName =
  | "clientId"
  | "clientSecret"
  | "apiKey"
  | "webhookSecret"
  | "verifyToken";

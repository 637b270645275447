import { z } from "zod";
import { ProblemError } from "../core/problems.ts";
import { readProviderId } from "./provider_ids.ts";

/** Bodies may name a provider as the app's database does, in capitals; paths are exact. */
const providerId = z.string().min(1).max(40)
  .transform((id) => readProviderId(id.toLowerCase()));

const redirectTo = z.string().max(512).optional();
const region = z.string().regex(/^[a-z]{2,8}$/, "Unknown region").optional();
const service = z.string().regex(/^[a-z\d_]{1,40}$/, "Unknown service").optional();
const days = z.number().int().min(1).max(3_650).optional();
const ticket = z.string().regex(/^[A-Za-z0-9_-]{20,128}$/, "Not a ticket");
/** Sent by the app's forms, without meaning here. */
const serviceName = z.string().max(100).optional();

/** What a person types where there is no page to link by; it is checked further by who reads it. */
const typed = {
  site: z.string().trim().min(1).max(2_048).optional(),
  token: z.string().trim().regex(/^[\x21-\x7e]{1,4096}$/, "Not a token").optional(),
};

/** `POST /connect/:provider`; `region`, `service`, `site` and `token` as `GET /connect/providers` says. */
export const beginBody = z.strictObject({ redirectTo, region, service, serviceName, ...typed });
/** `POST /connect/complete`. */
export const completeBody = z.strictObject({ ticket });
/** `POST /connect/:provider/sync`; `days` back from now, the whole catch-up where absent. */
export const syncBody = z.strictObject({ days });

/** Older callers say `provider_key`. */
const named = { provider: providerId.optional(), provider_key: providerId.optional() };

/** `POST /connect`: the routes above as one body, for `functions.invoke("connect", { body })`. */
export const connectBody = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("start").optional(), ...named, ...beginBody.shape }),
  z.strictObject({ action: z.literal("list") }),
  z.strictObject({ action: z.literal("providers") }),
  z.strictObject({ action: z.literal("sync"), ...named, ...syncBody.shape }),
  z.strictObject({ action: z.literal("disconnect"), ...named }),
  z.strictObject({ action: z.literal("complete"), ...completeBody.shape }),
]);

/** The provider of such a body. Throws `invalid_request` where it names none. */
export function providerOf(
  body: {
    readonly provider?: string | undefined;
    readonly provider_key?: string | undefined;
  },
): string {
  const id = body.provider ?? body.provider_key;
  if (!id) throw new ProblemError("invalid_request", 'Cannot read body: "provider" is missing');
  return id;
}

/** What of such a body the person typed; nothing where it asks for the provider's page. */
export function typedOf(
  { site, token }: { readonly site?: string | undefined; readonly token?: string | undefined },
): Readonly<Record<string, string>> | undefined {
  if (site === undefined && token === undefined) return undefined;
  return { ...(site === undefined ? {} : { site }), ...(token === undefined ? {} : { token }) };
}

/** A link that has begun: where the person goes now. */
export interface Begun {
  readonly authUrl: string;
  readonly kind: "oauth2" | "widget";
  readonly provider: string;
  readonly expiresAt: Date;
}

export type SourceStatus = "pending" | "active" | "error" | "disconnected";

/** A linked account. */
export interface Source {
  readonly id: string;
  readonly provider: string;
  /** The service behind an aggregator. */
  readonly via?: string;
  /** The tile's id that the person linked from, where it is not `provider`. */
  readonly uiId?: string;
  readonly status: SourceStatus;
  /** Why the status is `error` or `disconnected`. */
  readonly cause?: string;
  readonly connectedAt: Date;
  readonly lastSyncAt?: Date;
}

/** One tile of `GET /connect/providers`. */
export interface ProviderInfo {
  readonly slug: string;
  readonly name: string;
  readonly kind: "oauth2" | "widget" | "credentials" | "bridge";
  readonly status: "available" | "not_configured" | "unavailable";
  readonly docs: string;
  /** What linking takes: fields to fill in (`url`, `secret`), a `page`, a `choice`, a phone's `app`. */
  readonly needs: readonly {
    readonly name: string;
    readonly kind: "url" | "secret" | "page" | "choice" | "app";
    readonly choices?: readonly string[];
  }[];
  readonly metrics: readonly string[];
  readonly sessions: readonly string[];
  readonly webhook: boolean;
  readonly regions?: readonly string[];
}

/** The app's tiles know these words. */
const UI_STATUS: Readonly<Record<SourceStatus, string>> = {
  pending: "pending",
  active: "connected",
  error: "error",
  disconnected: "disconnected",
};

/** `authorization_url`, `url`, `session_id`, `expires_in` and `status` are for the app's older pages. */
export function presentBegun(begun: Begun, now: Date) {
  return {
    success: true,
    data: {
      authUrl: begun.authUrl,
      provider: begun.provider.toUpperCase(),
      slug: begun.provider,
      kind: begun.kind,
      expiresAt: begun.expiresAt.toISOString(),
    },
    authorization_url: begun.authUrl,
    url: begun.authUrl,
    session_id: null,
    expires_in: Math.max(0, Math.round((begun.expiresAt.getTime() - now.getTime()) / 1_000)),
    status: "success",
  } as const;
}

export function presentSource(source: Source) {
  return {
    id: source.id,
    provider: source.provider.toUpperCase(),
    slug: source.provider,
    service_type: source.uiId ?? source.provider,
    status: source.status.toUpperCase(),
    uiStatus: UI_STATUS[source.status],
    ...(source.via ? { via: source.via } : {}),
    error: source.cause ?? null,
    connectedAt: source.connectedAt.toISOString(),
    lastSyncAt: source.lastSyncAt?.toISOString() ?? null,
    deviceCount: source.status === "active" ? 1 : 0,
  } as const;
}

/** Jobs are queued, so nothing is ingested yet: `metrics_ingested` is what older pages add up. */
export function presentSync(provider: string, days: number | undefined, jobs: number) {
  return {
    success: true,
    status: "queued",
    provider,
    metrics_ingested: 0,
    days_synced: days ?? null,
    data: { jobs },
  } as const;
}

export function presentDisconnect(disconnected: number, revoked: "queued" | "unsupported") {
  return {
    success: true,
    data: {
      message: "Provider disconnected successfully",
      disconnected,
      revoked: revoked === "queued",
      revocation: revoked,
    },
  } as const;
}

import { z } from "zod";
import { ProblemError } from "../core/problems.ts";
import type { Told } from "./told.ts";
import type * as answers from "./connect_answers.ts";
import { readProviderId } from "./provider_ids.ts";

/** Bodies may name a provider as the app's database does, in capitals; paths are exact. */
const providerId = z.string().min(1).max(40)
  .meta({ description: "The provider: its slug or an id of the app's tiles", examples: ["oura"] })
  .transform((id) => readProviderId(id.toLowerCase()));

const redirectTo = z.string().max(512).optional().meta({
  description: "Where the person goes after the provider's page: an address of a listed origin; " +
    "the app's own where it is absent",
  examples: ["https://app.example.com/linked"],
});
const region = z.string().regex(/^[a-z]{2,8}$/, "Unknown region").optional().meta({
  description: "One of the provider's regions; its first where it is absent",
});
const service = z.string().regex(/^[a-z\d_]{1,40}$/, "Unknown service").optional().meta({
  description: "Which service to link behind an aggregator that has no page for it",
  examples: ["garmin"],
});
const days = z.number().int().min(1).max(3_650).optional().meta({
  description: "Days back from now; the last 7 where it is absent, and never more than the " +
    "provider's history",
});
const ticket = z.string().regex(/^[A-Za-z0-9_-]{20,128}$/, "Not a ticket").meta({
  description: "`connect_ticket` of the address that the person came back to; it works once",
});
const serviceName = z.string().max(100).optional().meta({
  description: "Sent by the app's forms, without meaning here",
});

/** What a person types where there is no page to link by; it is checked further by who reads it. */
const typed = {
  site: z.string().trim().min(1).max(2_048).optional().meta({
    description: "Address of the person's own server, where the provider needs one",
  }),
  token: z.string().trim().regex(/^[\x21-\x7e]{1,4096}$/, "Not a token").optional().meta({
    description: "What that server lets a reader in by",
  }),
};

/** `POST /connect/:provider`; `region`, `service`, `site` and `token` as `GET /connect/providers` says. */
export const beginBody = z.strictObject({ redirectTo, region, service, serviceName, ...typed });
/** `POST /connect/complete`. */
export const completeBody = z.strictObject({ ticket });
/** `POST /connect/:provider/sync`. */
export const syncBody = z.strictObject({ days });

/** Older callers say `provider_key`. */
const named = {
  provider: providerId.optional(),
  provider_key: providerId.optional().meta({ description: "Older name of `provider`" }),
};

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
export type ProviderInfo = Told<typeof answers.providerInfo>;

/** The words of the answer, and those that the app's tiles know. */
const STATUS = {
  pending: ["PENDING", "pending"],
  active: ["ACTIVE", "connected"],
  error: ["ERROR", "error"],
  disconnected: ["DISCONNECTED", "disconnected"],
} as const satisfies Readonly<Record<SourceStatus, readonly [status: string, tile: string]>>;

/** `authorization_url`, `url`, `session_id`, `expires_in` and `status` are for the app's older pages. */
export function presentBegun(begun: Begun, now: Date): Told<typeof answers.begun> {
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
  };
}

export function presentLinked(source: Source): Told<typeof answers.linked> {
  return { success: true, data: presentSource(source) };
}

export function presentSources(sources: readonly Source[]): Told<typeof answers.sourceList> {
  return { success: true, data: sources.map(presentSource) };
}

function presentSource(source: Source): Told<typeof answers.source> {
  const [status, uiStatus] = STATUS[source.status];
  return {
    id: source.id,
    provider: source.provider.toUpperCase(),
    slug: source.provider,
    service_type: source.uiId ?? source.provider,
    status,
    uiStatus,
    ...(source.via ? { via: source.via } : {}),
    error: source.cause ?? null,
    connectedAt: source.connectedAt.toISOString(),
    lastSyncAt: source.lastSyncAt?.toISOString() ?? null,
    deviceCount: source.status === "active" ? 1 : 0,
  };
}

export function presentProviders(
  providers: readonly ProviderInfo[],
): Told<typeof answers.providerList> {
  return { success: true, data: providers };
}

/** Jobs are queued, so nothing is ingested yet: `metrics_ingested` is what older pages add up. */
export function presentSync(
  provider: string,
  days: number | undefined,
  jobs: number,
): Told<typeof answers.syncQueued> {
  return {
    success: true,
    status: "queued",
    provider,
    metrics_ingested: 0,
    days_synced: days ?? null,
    data: { jobs },
  };
}

export function presentDisconnect(
  disconnected: number,
  revocation: "queued" | "unsupported",
): Told<typeof answers.disconnected> {
  return {
    success: true,
    data: {
      message: "Provider disconnected successfully",
      disconnected,
      revoked: revocation === "queued",
      revocation,
    },
  };
}

/** Answers of `connect`: the source of their types and of docs/openapi.json; no function loads it. */
import { z } from "zod";
import { metricCode } from "./metric_code.ts";

const success = z.literal(true);
const slug = z.string().meta({ description: "The provider's slug", examples: ["oura"] });
const instant = (description: string) =>
  z.iso.datetime().meta({ description, examples: ["2026-01-01T08:00:00.000Z"] });

const KINDS = ["oauth2", "widget", "credentials", "bridge"] as const;

/** A link that has begun. */
export const begun = z.object({
  success,
  data: z.object({
    authUrl: z.url().meta({ description: "Where the person goes now: the provider's own page" }),
    provider: z.string().meta({ description: "The slug in capitals", examples: ["OURA"] }),
    slug,
    kind: z.enum(["oauth2", "widget"]).meta({ description: "What waits behind `authUrl`" }),
    expiresAt: instant("Until when the attempt can be completed"),
  }),
  authorization_url: z.url().meta({ description: "`data.authUrl`, for older pages" }),
  url: z.url().meta({ description: "`data.authUrl`, for older pages" }),
  session_id: z.null().meta({ description: "Always null, for older pages" }),
  expires_in: z.number().int().min(0).meta({
    description: "Seconds until `data.expiresAt`, for older pages",
    examples: [600],
  }),
  status: z.literal("success").meta({ description: "For older pages" }),
}).meta({ id: "Begun", description: "A link that has begun: send the person to `data.authUrl`" });

/** A linked account. */
export const source = z.object({
  id: z.uuid().meta({ description: "The account's id" }),
  provider: z.string().meta({ description: "The slug in capitals", examples: ["OURA"] }),
  slug,
  service_type: z.string().meta({
    description: "The id of the tile that the person linked from, else the slug",
    examples: ["oura_ring"],
  }),
  status: z.enum(["PENDING", "ACTIVE", "ERROR", "DISCONNECTED"]),
  uiStatus: z.enum(["pending", "connected", "error", "disconnected"]).meta({
    description: "`status` in the words of the app's tiles",
  }),
  via: z.string().optional().meta({
    description: "The service behind an aggregator",
    examples: ["fitbit"],
  }),
  error: z.string().nullable().meta({
    description: "Why the status is ERROR or DISCONNECTED, as far as it is known",
    examples: ["revoked"],
  }),
  connectedAt: instant("When it was linked"),
  lastSyncAt: instant("When its newest data came").nullable(),
  deviceCount: z.number().int().min(0).meta({
    description: "1 where it is active, for older pages",
  }),
}).meta({ id: "Account", description: "An account at a provider that the person has linked" });

export const linked = z.object({ success, data: source }).meta({
  id: "Linked",
  description: "The account that was linked",
});

export const sourceList = z.object({ success, data: z.array(source) }).meta({
  id: "AccountList",
  description: "The person's accounts, newest first",
});

/** One tile of `GET /connect/providers`. */
export const providerInfo = z.object({
  slug,
  name: z.string().meta({ examples: ["Oura"] }),
  kind: z.enum(KINDS).meta({
    description:
      "How it is linked: by a page of the provider's (`oauth2`, `widget`), by what the " +
      "person types (`credentials`), or by an app on the phone (`bridge`)",
  }),
  status: z.enum(["available", "not_configured", "unavailable"]).meta({
    description: "Whether this deployment can link it; `unavailable` are phones' bridges, whose " +
      "endpoint is not there yet",
  }),
  docs: z.url().meta({ description: "The provider's documentation" }),
  needs: z.array(
    z.object({
      name: z.string().meta({ examples: ["consent"] }),
      kind: z.enum(["url", "secret", "page", "choice", "app"]).meta({
        description:
          "A field to fill in (`url`, `secret`), a page to visit, a choice, a phone's app",
      }),
      choices: z.array(z.string()).optional(),
    }),
  ).meta({ description: "What linking takes" }),
  metrics: z.array(metricCode).meta({
    description: "Catalog codes that it may bring, those derived from sleeps and workouts left out",
    examples: [["heart_rate", "steps"]],
  }),
  sessions: z.array(z.enum(["sleep", "workout"])),
  webhook: z.boolean().meta({
    description: "Whether news comes by itself; otherwise it is polled",
  }),
  regions: z.array(z.string()).optional().meta({
    description: "Regions to choose from, the default first",
  }),
}).meta({ id: "ProviderInfo", description: "A provider, and what linking it takes" });

export const providerList = z.object({ success, data: z.array(providerInfo) }).meta({
  id: "ProviderList",
  description: "Every provider there is",
});

export const syncQueued = z.object({
  success,
  status: z.literal("queued"),
  provider: slug,
  metrics_ingested: z.literal(0).meta({
    description: "Nothing is read yet: older pages add it up",
  }),
  days_synced: z.number().int().nullable().meta({
    description: "The days asked for; null where none were, which means the last 7",
  }),
  data: z.object({ jobs: z.number().int().min(0).meta({ description: "Jobs that were queued" }) }),
}).meta({ id: "SyncQueued", description: "What was queued; the data follows" });

export const disconnected = z.object({
  success,
  data: z.object({
    message: z.literal("Provider disconnected successfully"),
    disconnected: z.number().int().min(1).meta({ description: "Accounts that were cut" }),
    revoked: z.boolean().meta({ description: "Whether the provider will be told" }),
    revocation: z.enum(["queued", "unsupported"]),
  }),
}).meta({ id: "Disconnected", description: "What was cut; what was read before stays" });

/** Junction's events, delivered by Svix; quirks in `junction.ts`. */
import { z } from "zod";
import { parseInstant } from "../core/time.ts";
import { maybeText } from "./junction_api.ts";
import { standardWebhook } from "./kit/signature.ts";
import { parseJson } from "./kit/webhook.ts";
import type { Resource } from "./resource.ts";
import type { Webhook, WebhookEvent } from "./webhook.ts";

/** `client_user_id` is no UUID to Junction, whatever its specification says; ours is. */
const envelope = z.looseObject({
  event_type: z.string().min(1),
  user_id: maybeText,
  client_user_id: maybeText,
  data: z.unknown(),
});
type Envelope = z.output<typeof envelope>;

const pulled = z.looseObject({ start_date: z.string(), end_date: z.string() });
const connected = z.looseObject({ provider: z.looseObject({ slug: z.string() }) });
const failed = z.looseObject({ error_type: z.string() });

/** What we hand out as a reference; a user made by another hand links nobody. */
const REFERENCE = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Svix delivers; the secret is `whsec_` and base64. */
export function junctionWebhook(resources: readonly Resource[]): Webhook {
  const names = new Map(
    resources.flatMap(({ name, aliases }) => [name, ...aliases].map((one) => [one, name] as const)),
  );
  return {
    // Samples of a day come in one delivery.
    maxBytes: 5 * 1_024 * 1_024,
    signedWith: "webhook",
    verifyWebhook: standardWebhook("svix"),
    /** The same for every try of a delivery. */
    deliveryKey({ headers }) {
      const id = headers.get("svix-id");
      return id && id.length <= 200 ? id : undefined;
    },
    parseWebhook: (request) => [eventOf(parseJson({ slug: "junction" }, request, envelope), names)],
  };
}

function eventOf(body: Envelope, names: ReadonlyMap<string, string>): WebhookEvent {
  const { event_type: type, data } = body;
  const externalUserId = body.user_id ?? "";
  const ignored: WebhookEvent = { kind: "ignored", externalUserId, type };
  if (externalUserId === "") return ignored;
  const [, kind, word = ""] = /^(daily|historical)\.data\.(\w+)\.\w+$/.exec(type) ?? [];
  const resource = names.get(word);
  if (kind === "daily" && resource) {
    return { kind: "push", externalUserId, resource, body: data };
  }
  if (kind === "historical" && resource) {
    const window = windowOf(data);
    return window ? { kind: "notify", externalUserId, resource, window } : ignored;
  }
  if (type === "provider.connection.created") return linkedEvent(body, externalUserId) ?? ignored;
  const isRevoked = type === "provider.connection.error" &&
    failed.safeParse(data).data?.error_type === "deregistered_per_provider";
  return isRevoked ? { kind: "revoked", externalUserId } : ignored;
}

function windowOf(data: unknown) {
  const span = pulled.safeParse(data).data;
  const from = parseInstant(span?.start_date ?? "")?.instant;
  const to = parseInstant(span?.end_date ?? "")?.instant;
  return from && to && from < to ? { from, to } : undefined;
}

function linkedEvent(body: Envelope, externalUserId: string): WebhookEvent | undefined {
  const reference = body.client_user_id ?? "";
  if (!REFERENCE.test(reference)) return undefined;
  const via = connected.safeParse(body.data).data?.provider.slug.toLowerCase();
  return { kind: "linked", externalUserId, reference, ...(via ? { via } : {}) };
}

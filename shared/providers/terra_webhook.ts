/** Terra's events: data, and what becomes of a connection; quirks in `terra.ts`. */
import { z } from "zod";
import { hmacSignature, parseJson } from "./kit/webhook.ts";
import { maybeText } from "./terra_samples.ts";
import type { RawRequest, Webhook, WebhookEvent } from "./webhook.ts";

/** Types whose `data` our resources read; the resource has the type's name. */
const DATA_TYPES: ReadonlySet<string> = new Set([
  "activity",
  "body",
  "daily",
  "menstruation",
  "nutrition",
  "sleep",
]);

const user = z.looseObject({
  user_id: z.string().min(1),
  provider: maybeText,
  reference_id: maybeText,
  /** `ACTIVITY_EXPORT,HEALTH_EXPORT` */
  scopes: maybeText,
});
type User = z.output<typeof user>;

/** What every delivery has; `data` is the resource's to check, when the job runs. */
const envelope = z.looseObject({
  type: z.string().min(1),
  status: maybeText,
  reference_id: maybeText,
  user: user.nullish(),
  new_user: user.nullish(),
  old_user: user.nullish(),
});
type Envelope = z.output<typeof envelope>;

/**
 * What we hand out as a reference: a UUID, or 32 random bytes in base64url. Any other was made by
 * another hand, in the dashboard or by an older app, and links nobody.
 */
const REFERENCE = /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\w-]{43})$/i;

/** Unix milliseconds; what was ordered later wins, whichever arrives first. */
const ORDER_HEADER = "x-terra-ordering-timestamp";

const verify = (header: string) =>
  hmacSignature({
    hash: "SHA-256",
    header,
    encoding: "hex",
    list: { timestamp: "t", signature: "v1" },
    timestamp: { unit: "s", toleranceSeconds: 300 },
    message: ({ body }, timestamp) => [`${timestamp}.`, body],
  });
const verifyPlain = verify("terra-signature");
const verifyPrefixed = verify("x-terra-signature");

export const terraWebhook: Webhook = {
  // Large requests come in chunks of up to 10 MB, measured by Terra before the envelope.
  maxBytes: 12 * 1_024 * 1_024,
  signedWith: "webhook",
  keepHeaders: [ORDER_HEADER],

  verifyWebhook: (request, secrets, now) =>
    (request.headers.has("terra-signature") ? verifyPlain : verifyPrefixed)(request, secrets, now),

  /**
   * One id for a delivery and its retries; a chunk has its own (`<id>:chunk:3`). `terra-reference` is
   * shared by all chunks of a request, and equal bodies may be a value set back: neither is a key.
   */
  deliveryKey(request) {
    const trace = request.headers.get("x-terra-trace-id")?.trim();
    return trace && trace.length <= 200 ? trace : undefined;
  },

  parseWebhook(request) {
    const body = parseJson({ slug: "terra" }, request, envelope);
    const occurredAt = orderOf(request);
    const event = eventOf(body);
    return [occurredAt ? { ...event, occurredAt } : event];
  },
};

function eventOf(body: Envelope): WebhookEvent {
  const { type } = body;
  const who = body.new_user ?? body.user;
  const ignored: WebhookEvent = { kind: "ignored", externalUserId: who?.user_id ?? "", type };
  if (!who) return ignored;
  const externalUserId = who.user_id;
  if (DATA_TYPES.has(type)) return { kind: "push", externalUserId, resource: type, body };
  switch (type) {
    case "auth":
      return linkedEvent(body, who) ?? ignored;
    case "deauth":
    case "access_revoked":
      return { kind: "revoked", externalUserId };
    case "user_reauth": {
      const previousExternalUserId = body.old_user?.user_id;
      if (!previousExternalUserId || !body.new_user) return ignored;
      return { kind: "relinked", externalUserId, previousExternalUserId };
    }
    case "permission_change":
      return { kind: "scopes_changed", externalUserId, granted: scopesOf(who) ?? [] };
    default:
      // `connection_error` too: the grant stands, and Terra says `access_revoked` when it falls.
      return ignored;
  }
}

function linkedEvent(body: Envelope, who: User): WebhookEvent | undefined {
  const reference = body.reference_id ?? who.reference_id ?? "";
  // An older form of a failure is `auth` with the status `error`.
  if ((body.status ?? "success") !== "success" || !REFERENCE.test(reference)) return undefined;
  const via = who.provider?.toLowerCase();
  const scopes = scopesOf(who);
  return {
    kind: "linked",
    externalUserId: who.user_id,
    reference,
    ...(via ? { via } : {}),
    ...(scopes ? { scopes } : {}),
  };
}

/** The scopes as a list; nothing where Terra names none. */
export function scopesOf(who: { readonly scopes?: string | null | undefined }) {
  return who.scopes?.split(",").map((scope) => scope.trim()).filter(Boolean);
}

/** When Terra ordered the delivery: Unix milliseconds, and not always sent. */
function orderOf({ headers }: RawRequest): Date | undefined {
  const order = headers.get(ORDER_HEADER) ?? "";
  return /^\d{13}$/.test(order) ? new Date(Number(order)) : undefined;
}

/** ROOK's news of documents; quirks in `rook.ts`. */
import { z } from "zod";
import { parseJson as readJson } from "../core/json.ts";
import { addDays, localDateOf, startOfLocalDate, type Window } from "../core/time.ts";
import { hmacSignature, parseJson } from "./kit/webhook.ts";
import type { Resource } from "./resource.ts";
import { dateOf, maybeText, ROOK, timeOf } from "./rook_api.ts";
import { eventName } from "./rook_events.ts";
import type { RawRequest, Webhook, WebhookEvent } from "./webhook.ts";

/** A document as `GET` answers it, of which only whose, what and when is read. */
const delivery = z.looseObject({
  data_structure: z.string().min(1),
  client_uuid: z.string().min(1),
  user_id: z.string().min(1),
  datetime: maybeText.catch(undefined),
});
type Delivery = z.output<typeof delivery>;

/** What ROOK takes for an id, and ours is. */
const USER_ID = /^[a-z\d-]{1,50}$/i;

export function rookWebhook(resources: readonly Pick<Resource, "name">[]): Webhook {
  const names = new Set(resources.map(({ name }) => name));
  return {
    // Readings of a whole day come with it; no cap of theirs is documented.
    maxBytes: 5 * 1_024 * 1_024,
    signedWith: "webhook",
    // Signed is whose document it is and when it is of: what it holds is never believed, but fetched.
    unproven: ["time", "body"],

    verifyWebhook: hmacSignature({
      hash: "SHA-256",
      header: "x-rook-hash",
      encoding: "hex",
      message: signedParts,
    }),

    /** The hash is the same for each version of a document, and nothing else names a delivery. */
    deliveryKey: () => undefined,

    parseWebhook: (request) => [eventOf(parseJson(ROOK, request, delivery), names)],
  };
}

/** `client_uuid`, `user_id` and the time, with nothing between them. */
function signedParts({ body }: RawRequest): readonly string[] | undefined {
  let document: Delivery | undefined;
  try {
    document = delivery.safeParse(readJson(body)).data;
  } catch {
    return undefined;
  }
  const time = document?.datetime ?? timeIn(document);
  return document && time ? [document.client_uuid, document.user_id, time] : undefined;
}

/** How far down metadata stands: `physical_health`, `events`, `activity_event`, the first of them. */
const DEPTH = 4;

const documented = z.looseObject({ metadata: z.looseObject({ datetime_string: z.string() }) });

/** The time of the first metadata there is: of a summary, of an event, of a score. */
function timeIn(value: unknown, depth = DEPTH): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const own = documented.safeParse(value).data?.metadata.datetime_string;
  if (own !== undefined || depth === 0) return own;
  for (const member of Array.isArray(value) ? value.slice(0, 1) : Object.values(value)) {
    const found = timeIn(member, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function eventOf(body: Delivery, names: ReadonlySet<string>): WebhookEvent {
  const { data_structure: type, user_id: externalUserId } = body;
  const resource = eventName("physical_health" in body ? "physical_health" : "body_health", type);
  const window = windowOf(timeIn(body) ?? body.datetime);
  if (!USER_ID.test(externalUserId)) return { kind: "ignored", externalUserId: "", type };
  if (!names.has(resource) || !window) return { kind: "ignored", externalUserId, type };
  return { kind: "notify", externalUserId, resource, action: "update", window };
}

/** The day as it is written and UTC's: which of them an event is filed under is not documented. */
function windowOf(time: string | null | undefined): Window | undefined {
  const written = dateOf(time);
  if (written === undefined) return undefined;
  const at = timeOf(time)?.start;
  const [first = written, last = first] = [written, at ? localDateOf(at) : written].sort();
  return { from: startOfLocalDate(first), to: startOfLocalDate(addDays(last, 1)) };
}

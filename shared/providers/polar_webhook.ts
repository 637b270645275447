/** Polar's events, and the PING before them; quirks in `polar.ts`. */
import { z } from "zod";
import { parseJson as parseStrictJson } from "../core/json.ts";
import { addDays, parseInstant, startOfLocalDate, type Window } from "../core/time.ts";
import { hmacSignature, parseJson } from "./kit/webhook.ts";
import { POLAR } from "./polar_api.ts";
import type { RawRequest, Webhook, WebhookEvent } from "./webhook.ts";

const delivery = z.looseObject({
  event: z.string().min(1),
  user_id: z.union([z.number(), z.string().min(1)]),
  timestamp: z.string().nullish(),
  entity_id: z.union([z.number(), z.string().min(1)]).nullish(),
  date: z.iso.date().nullish(),
});

/** What an event is about. A night's recharge has no event of its own. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  EXERCISE: ["exercises"],
  SLEEP: ["sleep", "nightly_recharge"],
  CONTINUOUS_HEART_RATE: ["continuous_heart_rate"],
  ACTIVITY_SUMMARY: ["activities"],
  PHYSICAL_INFORMATION: ["physical_info"],
};

export const polarWebhook: Webhook = {
  signedWith: "webhook",
  unproven: ["time"],

  /** Sent before its sender tells the secret, with each change of the subscription. */
  greet({ method, body }) {
    return method === "POST" && isPing(body) ? new Response(null, { status: 200 }) : undefined;
  },

  verifyWebhook: hmacSignature({
    hash: "SHA-256",
    header: "polar-webhook-signature",
    encoding: "hex",
    message: ({ body }) => [body],
  }),

  deliveryKey(request) {
    const { event, user_id, entity_id, date, timestamp } = read(request);
    return timestamp == null
      ? undefined
      : [event, user_id, entity_id ?? date ?? "", timestamp].join(":");
  },

  /** The `url` inside is not followed: what it names is asked for at Polar's own address. */
  parseWebhook(request, { receivedAt }) {
    const { event, user_id, entity_id, date, timestamp } = read(request);
    const at = timestamp == null ? undefined : parseInstant(timestamp)?.instant;
    const about = { externalUserId: String(user_id), ...(at ? { occurredAt: at } : {}) };
    const recordId = event === "EXERCISE" ? entity_id : date;
    const day = date ?? (at ?? receivedAt).toISOString().slice(0, 10);
    return RESOURCES[event]?.map((resource): WebhookEvent => ({
      ...about,
      kind: "notify",
      resource,
      action: "create",
      dataType: event.toLowerCase(),
      window: around(day),
      ...(recordId == null ? {} : { recordId: String(recordId) }),
    })) ?? [{ ...about, kind: "ignored", type: event }];
  },
};

function read(request: RawRequest): z.output<typeof delivery> {
  return parseJson(POLAR, request, delivery);
}

const ping = z.looseObject({ event: z.literal("PING") });

function isPing(body: RawRequest["body"]): boolean {
  // A ping is short: what is longer is not read before its signature.
  if (body.length > 256) return false;
  try {
    return ping.safeParse(parseStrictJson(body)).success;
  } catch {
    return false;
  }
}

function around(day: string): Window {
  return { from: startOfLocalDate(day), to: startOfLocalDate(addDays(day, 1)) };
}

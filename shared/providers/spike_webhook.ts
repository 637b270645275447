/** Spike's news of records, and of links that ended; quirks in `spike.ts`. */
import { z } from "zod";
import { HOUR, parseInstant } from "../core/time.ts";
import { present } from "./kit/measure.ts";
import { hmacSignature, parseJson } from "./kit/webhook.ts";
import type { Resource } from "./resource.ts";
import { maybeText, SPIKE } from "./spike_api.ts";
import type { Webhook, WebhookEvent } from "./webhook.ts";

const SIGNATURE = "x-body-signature";

const event = z.looseObject({
  application_user_id: z.string().min(1),
  event_type: z.string().min(1),
  timestamp: maybeText,
  metrics: z.array(z.string()).nullish(),
  activity_types: z.array(z.string()).nullish(),
  earliest_record_start_at: maybeText,
  latest_record_end_at: maybeText,
});
type Event = z.output<typeof event>;

/** Activities that are no workout. */
const NO_WORKOUT: ReadonlySet<string> = new Set(["sedentary", "sleep"]);

/** One delivery holds events of many people. */
export function spikeWebhook(resources: readonly Resource[]): Webhook {
  const names = new Set(resources.map(({ name }) => name));
  return {
    // How many events come at once is not documented; one of them is about 500 bytes.
    maxBytes: 1_024 * 1_024,
    signedWith: "webhook",
    unproven: ["time"],
    verifyWebhook: hmacSignature({
      hash: "SHA-256",
      header: SIGNATURE,
      encoding: "hex",
      message: ({ body }) => [body],
    }),
    // Every event has its nanosecond: an equal body is the same delivery, tried or played again.
    deliveryKey: ({ headers }) => headers.get(SIGNATURE)?.toLowerCase(),
    parseWebhook: (request) =>
      parseJson(SPIKE, request, z.array(event)).flatMap((one) => {
        const occurredAt = parseInstant(one.timestamp ?? "")?.instant;
        return eventsOf(one, names).map((told) => ({ ...told, ...present({ occurredAt }) }));
      }),
  };
}

function eventsOf(one: Event, names: ReadonlySet<string>): readonly WebhookEvent[] {
  const { application_user_id: externalUserId, event_type: type } = one;
  switch (type) {
    case "record_change":
      return newsOf(one, names);
    case "provider_integration_deleted":
      // The user is of one link, and so is its only service.
      return [{ kind: "revoked", externalUserId }];
    default:
      return [{ kind: "ignored", externalUserId, type }];
  }
}

/** No value comes along. The day's statistics are made of every record, so they change with any. */
function newsOf(one: Event, names: ReadonlySet<string>): readonly WebhookEvent[] {
  const { application_user_id: externalUserId, event_type: type } = one;
  const from = parseInstant(one.earliest_record_start_at ?? "")?.instant;
  const to = parseInstant(one.latest_record_end_at ?? "")?.instant;
  if (!from || !to || to < from) return [{ kind: "ignored", externalUserId, type }];
  // Whole hours: what changes again and again within one is read once.
  const hour = (at: Date) => Math.floor(at.getTime() / HOUR) * HOUR;
  const window = { from: new Date(hour(from)), to: new Date(hour(to) + HOUR) };
  return resourcesOf(one, names).map((resource) => ({
    kind: "notify",
    externalUserId,
    resource,
    window,
  }));
}

function resourcesOf(
  { metrics, activity_types }: Event,
  names: ReadonlySet<string>,
): readonly string[] {
  const told = metrics ?? [];
  const activities = activity_types ?? [];
  const hasSleep = activities.includes("sleep") ||
    told.some((metric) => /^(sleep|bedtime)_/.test(metric));
  return [
    "daily",
    ...(hasSleep ? ["sleeps"] : []),
    ...(activities.some((activity) => !NO_WORKOUT.has(activity)) ? ["workouts"] : []),
    ...new Set(told.filter((metric) => names.has(metric))),
  ];
}

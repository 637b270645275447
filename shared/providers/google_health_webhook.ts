/** Google's news of what changed, and the checks of an address; quirks in `google_health.ts`. */
import { z } from "zod";
import { parseJson as readJson } from "../core/json.ts";
import { addDays, DAY, HOUR, parseInstant, startOfLocalDate, type Window } from "../core/time.ts";
import { civil, GOOGLE_HEALTH, localDateIn, maybeText } from "./google_health_points.ts";
import { oneOrMany } from "./kit/page.ts";
import { every, headerSecret } from "./kit/signature.ts";
import { tinkSignature } from "./kit/tink.ts";
import { parseJson } from "./kit/webhook.ts";
import type { Resource } from "./resource.ts";
import type { RawRequest, Webhook, WebhookEvent } from "./webhook.ts";

/** The documented name, and the one it had in the documents before, under which deliveries came. */
const SIGNATURES = ["google-health-api-signature", "x-healthapi-signature"] as const;

const authorization = headerSecret("authorization");

const signature: Webhook["verifyWebhook"] = (request, ...rest) => {
  const header = SIGNATURES.find((name) => request.headers.has(name)) ?? SIGNATURES[0];
  return tinkSignature(header)(request, ...rest);
};

const texts = z.looseObject({ startTime: maybeText, endTime: maybeText });

const span = z.looseObject({
  physicalTimeInterval: texts.nullish(),
  civilIso8601TimeInterval: texts.nullish(),
  civilDateTimeInterval: z.looseObject({
    startDateTime: civil.nullish(),
    endDateTime: civil.nullish(),
  }).nullish(),
});

const notification = z.looseObject({
  data: z.looseObject({
    healthUserId: z.string().min(1),
    operation: z.string(),
    dataType: z.string().min(1),
    /** Of a type whose points have names. */
    recordId: maybeText,
    intervals: z.array(span).nullish(),
  }),
});

type Notification = z.output<typeof notification>["data"];

/** One object, as documented, or many in an array, as they come. */
const delivery = oneOrMany(notification);

/** What a data type that changed is read by: itself and its days, as far as `resources` have them. */
export function googleHealthWebhook(resources: readonly Pick<Resource, "name">[]): Webhook {
  const names = new Set(resources.map(({ name }) => name));

  function eventsOf(news: Notification, receivedAt: Date): readonly WebhookEvent[] {
    const { healthUserId: externalUserId, dataType, operation, recordId } = news;
    const name = dataType.replaceAll("-", "_");
    const affected = [name, `${name}_per_day`].filter((one) => names.has(one));
    if (affected.length === 0) return [{ kind: "ignored", externalUserId, type: dataType }];
    if (operation === "DELETE" && recordId) {
      const id = recordId.split("/").at(-1) ?? recordId;
      return [{ kind: "deleted", externalUserId, resource: name, recordId: id, dataType }];
    }
    const action = operation === "DELETE" ? "delete" : "update";
    return windowsOf(news, receivedAt).flatMap((window) =>
      affected.map((resource): WebhookEvent => (
        { kind: "notify", externalUserId, resource, action, dataType, window }
      ))
    );
  }

  return {
    signedWith: "webhook",
    keyset: "https://www.gstatic.com/googlehealthapi/webhooks/webhooks_public_keyset.json",
    unproven: ["time"],
    acknowledge: 204,

    /** Two checks of a new address: with the secret and without; only the first may succeed. */
    async handshake(request, secrets) {
      if (request.method !== "POST" || !isVerification(request)) return undefined;
      const isOurs = await authorization(request, secrets, new Date(0));
      return new Response(null, { status: isOurs ? 201 : 401 });
    },

    verifyWebhook: every(authorization, signature),

    /** Nothing tells one delivery from another, and equal ones may be two changes of one hour. */
    deliveryKey: () => undefined,

    parseWebhook: (request, { receivedAt }) =>
      parseJson(GOOGLE_HEALTH, request, delivery)
        .flatMap(({ data }) => eventsOf(data, receivedAt)),
  };
}

function isVerification({ body }: RawRequest): boolean {
  // A delivery is longer by far, and is not read twice.
  if (body.length > 256) return false;
  try {
    return z.looseObject({ type: z.literal("verification") }).safeParse(readJson(body)).success;
  } catch {
    return false;
  }
}

/** One for each interval; where none can be read, the week before. */
function windowsOf({ intervals }: Notification, receivedAt: Date): readonly Window[] {
  const windows = (intervals ?? []).map(windowOf).filter((window) => window !== undefined);
  if (windows.length > 0) return windows;
  return [wholeHours({ from: new Date(receivedAt.getTime() - 7 * DAY), to: receivedAt })];
}

/** By instants, else by what clocks showed: some clock on earth, for no zone stands beside it. */
function windowOf(interval: z.output<typeof span>): Window | undefined {
  const { physicalTimeInterval, civilIso8601TimeInterval, civilDateTimeInterval } = interval;
  const physical = between(physicalTimeInterval?.startTime, physicalTimeInterval?.endTime);
  if (physical) return wholeHours(physical);
  const local = between(civilIso8601TimeInterval?.startTime, civilIso8601TimeInterval?.endTime) ??
    daysBetween(civilDateTimeInterval?.startDateTime, civilDateTimeInterval?.endDateTime);
  return local && wholeHours({
    from: new Date(local.from.getTime() - 14 * HOUR),
    to: new Date(local.to.getTime() + 12 * HOUR),
  });
}

type Text = string | null | undefined;

/** Both ends as instants; a time without a zone as UTC's, a day as its midnight. */
function between(start: Text, end: Text): Window | undefined {
  const [from, to] = [start, end].map((text) => {
    const time = /^\d{4}-\d\d-\d\d$/.test(text ?? "") ? `${text}T00:00` : text ?? "";
    return parseInstant(time)?.instant;
  });
  return from && to && from <= to ? { from, to } : undefined;
}

type Civil = z.output<typeof civil> | null | undefined;

function daysBetween(start: Civil, end: Civil): Window | undefined {
  const [first, last] = [start, end].map((at) => at ? localDateIn(at.date) : undefined);
  if (first === undefined || last === undefined || first > last) return undefined;
  return { from: startOfLocalDate(first), to: startOfLocalDate(addDays(last, 1)) };
}

/** Whole hours let the news of a few minutes share a request; what ends with one is in it. */
function wholeHours({ from, to }: Window): Window {
  return {
    from: new Date(Math.floor(from.getTime() / HOUR) * HOUR),
    to: new Date(Math.floor(to.getTime() / HOUR + 1) * HOUR),
  };
}

/** Oura's news, and its subscriptions; quirks in `oura.ts`. */
import { z } from "zod";
import {
  addDays,
  DAY,
  localDateOf,
  parseInstant,
  startOfLocalDate,
  type Window,
} from "../core/time.ts";
import type { DriverContext } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { callProvider, discard, pathSegment, readJson } from "./kit/http.ts";
import { echoChallenge, hmacSignature, parseJson } from "./kit/webhook.ts";
import { OURA, OURA_API } from "./oura_collection.ts";
import type { RawRequest, Webhook, WebhookEvent } from "./webhook.ts";

/** Data types that Oura tells of and that we read; each is the name of a resource. */
const DATA_TYPES = [
  "daily_activity",
  "daily_sleep",
  "daily_readiness",
  "daily_spo2",
  "daily_stress",
  "daily_resilience",
  "daily_cardiovascular_age",
  "vo2_max",
  "sleep",
  "workout",
  "session",
] as const;
const EVENTS = ["create", "update", "delete"] as const;

/** News of these comes with heart rates of their own, of which Oura does not tell. */
const BRINGS_HEART_RATES: ReadonlySet<string> = new Set(["sleep", "daily_activity", "workout"]);

const notification = z.looseObject({
  event_type: z.enum(EVENTS),
  data_type: z.string().min(1),
  user_id: z.string().min(1),
  object_id: z.string().min(1).nullish(),
  event_time: z.string().nullish(),
});

export const ouraWebhook: Webhook = {
  signedWith: "client",
  keepHeaders: ["x-oura-timestamp"],

  handshake: echoChallenge({ token: "verification_token", challenge: "challenge" }),

  verifyWebhook: hmacSignature({
    hash: "SHA-256",
    header: "x-oura-signature",
    encoding: "hex",
    // No tolerance is documented, and ten retries may take an hour: replays inside the day are caught
    // by the delivery key.
    timestamp: { header: "x-oura-timestamp", unit: "either", toleranceSeconds: DAY / 1_000 },
    message: ({ body }, timestamp) => body[0] === "{".charCodeAt(0) ? [timestamp, body] : undefined,
  }),

  deliveryKey(request) {
    const { event_type, data_type, user_id, object_id, event_time } = read(request);
    if (object_id == null || event_time == null) return undefined;
    return [event_type, data_type, user_id, object_id, event_time].join(":");
  },

  parseWebhook(request) {
    const { event_type, data_type, user_id, object_id, event_time } = read(request);
    const occurredAt = (event_time == null ? undefined : parseInstant(event_time)?.instant) ??
      signedAt(request);
    const about = { externalUserId: user_id, ...(occurredAt ? { occurredAt } : {}) };
    const isKnown = DATA_TYPES.some((type) => type === data_type);
    const recordId = object_id ?? undefined;
    if (!isKnown || recordId === undefined && (event_type === "delete" || !occurredAt)) {
      return [{ ...about, kind: "ignored", type: `${data_type} ${event_type}` }];
    }
    if (event_type === "delete" && recordId !== undefined) {
      return [{ ...about, kind: "deleted", resource: data_type, recordId, dataType: data_type }];
    }
    const action = event_type === "create" ? "create" : "update";
    const window = daysAround(occurredAt ?? new Date(0));
    const news: WebhookEvent = {
      ...about,
      kind: "notify",
      resource: data_type,
      window,
      action,
      dataType: data_type,
      ...(recordId === undefined ? {} : { recordId }),
    };
    if (!BRINGS_HEART_RATES.has(data_type)) return [news];
    return [news, { ...about, kind: "notify", resource: "heartrate", window }];
  },

  subscribe,
};

function read(request: RawRequest): z.output<typeof notification> {
  return parseJson(OURA, request, notification);
}

/** The signed header stands in where the body has no time. */
function signedAt(request: RawRequest): Date | undefined {
  const text = request.headers.get("x-oura-timestamp") ?? "";
  if (!/^\d{10}(\d{3})?$/.test(text)) return undefined;
  return new Date(Number(text.padEnd(13, "0")));
}

/** Whole days, so that the day's many notifications ask for one window. */
function daysAround(at: Date): Window {
  const day = localDateOf(at);
  return { from: startOfLocalDate(addDays(day, -1)), to: startOfLocalDate(addDays(day, 1)) };
}

const SUBSCRIPTIONS = `${OURA_API}/v2/webhook/subscription`;
/** They last about 90 days; a fortnight leaves room for an outage of ours. */
const RENEW_WITHIN_MILLISECONDS = 14 * DAY;

const subscriptions = z.array(z.looseObject({
  id: z.string(),
  callback_url: z.string(),
  event_type: z.string(),
  data_type: z.string(),
  expiration_time: z.string(),
}));

/** One subscription for each data type and event, none of them near its end. */
async function subscribe(
  { callbackUrl, verifyToken }: Parameters<NonNullable<Webhook["subscribe"]>>[0],
  ctx: DriverContext,
): Promise<void> {
  const listed = await callProvider(OURA, asApp(ctx, SUBSCRIPTIONS), ctx);
  const existing = (await readJson(OURA, listed, subscriptions))
    .filter((one) => one.callback_url === callbackUrl);
  const renewBefore = ctx.now().getTime() + RENEW_WITHIN_MILLISECONDS;
  for (const data_type of DATA_TYPES) {
    for (const event_type of EVENTS) {
      const found = existing.find((one) =>
        one.data_type === data_type && one.event_type === event_type
      );
      if (!found) {
        await createSubscription(ctx, {
          callback_url: callbackUrl,
          verification_token: verifyToken.reveal(),
          event_type,
          data_type,
        });
      } else if ((parseInstant(found.expiration_time)?.instant.getTime() ?? 0) < renewBefore) {
        const url = `${SUBSCRIPTIONS}/renew/${pathSegment(OURA, found.id)}`;
        await discard(await callProvider(OURA, asApp(ctx, url, { method: "PUT" }), ctx));
      }
    }
  }
}

async function createSubscription(
  ctx: DriverContext,
  subscription: Readonly<Record<string, string>>,
): Promise<void> {
  const request = asApp(ctx, SUBSCRIPTIONS, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(subscription),
  });
  try {
    await discard(await callProvider(OURA, request, ctx));
  } catch (error) {
    // 409: another process of ours was quicker.
    const exists = error instanceof ProviderError && error.failure.kind === "rejected" &&
      error.failure.status === 409;
    if (!exists) throw error;
  }
}

/** Subscriptions belong to the app and not to a person. */
function asApp(ctx: DriverContext, url: string, init: RequestInit = {}): Request {
  const headers = new Headers(init.headers);
  headers.set("x-client-id", ctx.client.id);
  headers.set("x-client-secret", ctx.client.secret.reveal());
  return new Request(url, { ...init, headers });
}

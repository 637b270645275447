/** WHOOP's news of sleeps, workouts and recoveries; quirks in `whoop.ts`. */
import { z } from "zod";
import { addDays, HOUR, localDateOf, SECOND, startOfLocalDate, type Window } from "../core/time.ts";
import { hmacSignature, parseJson } from "./kit/webhook.ts";
import type { RawRequest, Webhook, WebhookEvent } from "./webhook.ts";
import { WHOOP } from "./whoop_collection.ts";

const SIGNATURE = "x-whoop-signature";
const TIMESTAMP = "x-whoop-signature-timestamp";

const delivery = z.looseObject({
  user_id: z.union([z.number(), z.string().min(1)]),
  id: z.union([z.string().min(1), z.number()]),
  type: z.string().min(1),
  trace_id: z.string().min(1).nullish(),
});

/** What WHOOP tells of. A creation is told as `updated` too. */
const TYPE = /^(sleep|workout|recovery)\.(updated|deleted)$/;

export const whoopWebhook: Webhook = {
  signedWith: "client",
  keepHeaders: [TIMESTAMP],

  verifyWebhook: hmacSignature({
    hash: "SHA-256",
    header: SIGNATURE,
    encoding: "base64",
    // Retries go on for about an hour, and whether each is signed anew is not documented; replays
    // inside two hours are caught by the delivery key.
    timestamp: { header: TIMESTAMP, unit: "ms", toleranceSeconds: 2 * HOUR / SECOND },
    message: ({ body }, timestamp) => body[0] === "{".charCodeAt(0) ? [timestamp, body] : undefined,
  }),

  deliveryKey: (request) => read(request).trace_id ?? undefined,

  parseWebhook(request, { receivedAt }) {
    const { user_id, id, type } = read(request);
    const occurredAt = signedAt(request);
    const about = { externalUserId: String(user_id), ...(occurredAt ? { occurredAt } : {}) };
    const [, dataType, verb] = TYPE.exec(type) ?? [];
    if (dataType === undefined) return [{ ...about, kind: "ignored", type }];
    const record = { resource: dataType, recordId: String(id), dataType };
    if (verb === "deleted") return [{ ...about, kind: "deleted", ...record }];
    const window = lastDays(occurredAt ?? receivedAt);
    const news: WebhookEvent = { ...about, kind: "notify", ...record, action: "update", window };
    if (!occurredAt) return [news];
    return [news, { ...about, kind: "notify", resource: "cycle", window }];
  },
};

function read(request: RawRequest): z.output<typeof delivery> {
  return parseJson(WHOOP, request, delivery);
}

/** The signed header: bodies have no time. */
function signedAt(request: RawRequest): Date | undefined {
  const text = request.headers.get(TIMESTAMP) ?? "";
  return /^\d{13}$/.test(text) ? new Date(Number(text)) : undefined;
}

/** People correct the nights of the week behind them; whole days let many events share a request. */
function lastDays(at: Date): Window {
  const day = localDateOf(at);
  return { from: startOfLocalDate(addDays(day, -7)), to: startOfLocalDate(addDays(day, 2)) };
}

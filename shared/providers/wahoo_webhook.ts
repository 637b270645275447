/** Wahoo's news of a workout; quirks in `wahoo.ts`. */
import { z } from "zod";
import { DAY, parseInstant } from "../core/time.ts";
import { bodySecret } from "./kit/signature.ts";
import { parseJson } from "./kit/webhook.ts";
import { id, maybeText, WAHOO } from "./wahoo_api.ts";
import type { RawRequest, Webhook } from "./webhook.ts";

const delivery = z.looseObject({
  event_type: z.string().min(1),
  user: z.looseObject({ id }),
  workout_summary: z.looseObject({
    id: id.nullish(),
    updated_at: maybeText,
    workout: z.looseObject({ id, starts: maybeText }).nullish(),
  }).nullish(),
});

const token = z.looseObject({ webhook_token: z.string() });

export const wahooWebhook: Webhook = {
  signedWith: "webhook",
  // Nothing is signed: the token says who sends, and no more.
  unproven: ["time", "body"],

  verifyWebhook: bodySecret((body) => token.safeParse(body).data?.webhook_token),

  deliveryKey(request) {
    const { workout_summary: summary } = read(request);
    return summary?.id == null || summary.updated_at == null
      ? undefined
      : `${summary.id}:${summary.updated_at}`;
  },

  /** A summary that is new or changed: asked for with the person's own token. */
  parseWebhook(request, { receivedAt }) {
    const { event_type: type, user, workout_summary: summary } = read(request);
    const occurredAt = parseInstant(summary?.updated_at ?? "")?.instant;
    const about = { externalUserId: String(user.id), ...(occurredAt ? { occurredAt } : {}) };
    if (type !== "workout_summary") return [{ ...about, kind: "ignored", type }];
    const starts = parseInstant(summary?.workout?.starts ?? "")?.instant ?? receivedAt;
    const recordId = summary?.workout?.id;
    return [{
      ...about,
      kind: "notify",
      resource: "workouts",
      action: "update",
      dataType: type,
      ...(recordId == null ? {} : { recordId: String(recordId) }),
      window: { from: new Date(starts.getTime() - DAY), to: new Date(starts.getTime() + DAY) },
    }];
  },
};

function read(request: RawRequest): z.output<typeof delivery> {
  return parseJson(WAHOO, request, delivery);
}

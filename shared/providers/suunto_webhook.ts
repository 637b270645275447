/** Suunto's deliveries, samples included; quirks in `suunto.ts`. */
import { z } from "zod";
import { DAY } from "../core/time.ts";
import { hmacSignature, parseJson } from "./kit/webhook.ts";
import { maybeNumber, maybeText, SUUNTO } from "./suunto_api.ts";
import type { RawRequest, Webhook } from "./webhook.ts";

const SIGNATURE = "x-hmac-sha256-signature";

const delivery = z.looseObject({
  type: z.string().min(1),
  username: z.string().min(1),
  workout: z.looseObject({ workoutKey: maybeText, startTime: maybeNumber }).nullish(),
  /** In place of `workout`, from apps that were set up long ago. */
  workoutid: maybeText,
  samples: z.array(z.unknown()).nullish(),
});

const SAMPLES = /^SUUNTO_247_(SLEEP|ACTIVITY|RECOVERY)_CREATED$/;

export const suuntoWebhook: Webhook = {
  signedWith: "webhook",
  // A watch that was away for a week sends all of it, a sample each ten minutes.
  maxBytes: 1_024 * 1_024,
  unproven: ["time"],

  verifyWebhook: hmacSignature({
    hash: "SHA-256",
    header: SIGNATURE,
    encoding: "hex",
    message: ({ body }) => [body],
  }),

  /** The signature is the body's fingerprint: samples that came before would undo what came since. */
  deliveryKey: (request) =>
    SAMPLES.test(read(request).type)
      ? request.headers.get(SIGNATURE)?.toLowerCase() ?? undefined
      : undefined,

  parseWebhook(request, { receivedAt }) {
    const { type, username, workout, workoutid, samples } = read(request);
    const about = { externalUserId: username };
    const resource = SAMPLES.exec(type)?.[1]?.toLowerCase();
    if (resource) return [{ ...about, kind: "push", resource, body: samples ?? [] }];
    if (type !== "WORKOUT_CREATED") return [{ ...about, kind: "ignored", type }];
    // Asked for by its key: what is told of it is less than what there is.
    const recordId = workout?.workoutKey ?? workoutid;
    const at = workout?.startTime ?? receivedAt.getTime();
    return [{
      ...about,
      kind: "notify",
      resource: "workouts",
      action: "create",
      dataType: "workout",
      ...(recordId == null ? {} : { recordId }),
      window: { from: new Date(at - DAY), to: new Date(at + DAY) },
    }];
  },
};

function read(request: RawRequest): z.output<typeof delivery> {
  return parseJson(SUUNTO, request, delivery);
}

/** Strava's events, and the one subscription of an app; quirks in `strava.ts`. */
import { z } from "zod";
import { DAY, SECOND } from "../core/time.ts";
import type { DriverContext } from "./driver.ts";
import { callProvider, discard, readJson } from "./kit/http.ts";
import { pathSecret } from "./kit/signature.ts";
import { echoChallenge, hmacSignature, parseJson } from "./kit/webhook.ts";
import { STRAVA, STRAVA_API } from "./strava_api.ts";
import type { RawRequest, Webhook, WebhookEvent } from "./webhook.ts";

const id = z.union([z.number(), z.string().min(1)]);

const event = z.looseObject({
  object_type: z.string().min(1),
  object_id: id,
  aspect_type: z.string().min(1),
  owner_id: id,
  subscription_id: id.nullish(),
  event_time: z.number().nullish(),
  updates: z.record(z.string(), z.unknown()).nullish(),
});

const isSigned = hmacSignature({
  hash: "SHA-256",
  header: "x-strava-signature",
  encoding: "hex",
  list: { timestamp: "t", signature: "v1" },
  timestamp: { unit: "s", toleranceSeconds: 300 },
  message: ({ body }, timestamp) => [`${timestamp}.`, body],
});
const isAtSecretPath = pathSecret();

export const stravaWebhook: Webhook = {
  signedWith: "webhook",
  hasSecretPath: true,

  handshake: echoChallenge({ token: "hub.verify_token", challenge: "hub.challenge" }),

  /** The address is the proof; a signature is one too, where Strava has given its key. */
  async verifyWebhook(...delivery) {
    const [secretPath, signed] = await Promise.all([
      isAtSecretPath(...delivery),
      isSigned(...delivery),
    ]);
    return secretPath || signed;
  },

  deliveryKey(request) {
    const { object_type, object_id, aspect_type, event_time, updates } = read(request);
    if (event_time == null) return undefined;
    // Two changes may share a second.
    const changes = Object.entries(updates ?? {}).sort().map((change) => JSON.stringify(change));
    return [object_type, object_id, aspect_type, event_time, ...changes].join(":");
  },

  /** All of it hints: what an event says is asked of the API with the person's own token. */
  parseWebhook(request, { receivedAt }) {
    const { object_type, object_id, aspect_type, owner_id, event_time, updates } = read(request);
    const occurredAt = event_time == null ? undefined : new Date(event_time * SECOND);
    const about = { externalUserId: String(owner_id), ...(occurredAt ? { occurredAt } : {}) };
    const action = ACTIONS.find((one) => one === aspect_type);
    if (object_type === "activity" && action) {
      const at = (occurredAt ?? receivedAt).getTime();
      const news: WebhookEvent = {
        ...about,
        kind: "notify",
        resource: "activities",
        recordId: String(object_id),
        dataType: object_type,
        action,
        window: { from: new Date(at - DAY), to: new Date(at + DAY) },
      };
      return [news];
    }
    if (object_type === "athlete" && String(updates?.["authorized"]) === "false") {
      return [{ ...about, kind: "revoked" }];
    }
    return [{ ...about, kind: "ignored", type: `${object_type} ${aspect_type}` }];
  },

  subscribe,
};

const ACTIONS = ["create", "update", "delete"] as const;

function read(request: RawRequest): z.output<typeof event> {
  return parseJson(STRAVA, request, event);
}

const SUBSCRIPTIONS = `${STRAVA_API}/push_subscriptions`;

const subscriptions = z.array(z.looseObject({ id, callback_url: z.string() }));

/** An app has one subscription: one that leads elsewhere is somebody's, and is left to them. */
async function subscribe(
  { callbackUrl, verifyToken }: Parameters<NonNullable<Webhook["subscribe"]>>[0],
  ctx: DriverContext,
): Promise<void> {
  const client = { client_id: ctx.client.id, client_secret: ctx.client.secret.reveal() };
  // Documented with the secret in the query only.
  const url = `${SUBSCRIPTIONS}?${new URLSearchParams(client)}`;
  const listed = await callProvider(STRAVA, new Request(url), ctx);
  const existing = await readJson(STRAVA, listed, subscriptions);
  if (existing.some(({ callback_url }) => callback_url === callbackUrl)) return;
  const body = new URLSearchParams({
    ...client,
    callback_url: callbackUrl,
    verify_token: verifyToken.reveal(),
  });
  const request = new Request(SUBSCRIPTIONS, { method: "POST", body });
  await discard(await callProvider(STRAVA, request, ctx));
}

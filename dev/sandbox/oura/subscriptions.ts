import { utf8 } from "@shared/core/bytes.ts";
import { toHex } from "@shared/core/bytes.ts";
import { DAY } from "@shared/core/time.ts";
import { Hono } from "hono";
import { z } from "zod";
import type { OuraSubscription } from "../store.ts";
import type { SandboxClient, World } from "../world.ts";

const DATA_TYPES = [
  "tag",
  "enhanced_tag",
  "workout",
  "session",
  "sleep",
  "daily_sleep",
  "daily_readiness",
  "daily_activity",
  "daily_spo2",
  "sleep_time",
  "rest_mode_period",
  "ring_configuration",
  "daily_stress",
  "daily_cardiovascular_age",
  "daily_resilience",
  "vo2_max",
  "meal",
];
const LIFETIME_DAYS = 90;

const creation = z.object({
  callback_url: z.url(),
  verification_token: z.string().min(1),
  event_type: z.enum(["create", "update", "delete"]),
  data_type: z.enum(DATA_TYPES),
});
const change = creation.partial().required({ verification_token: true });

/** `/v2/webhook/subscription`: the app's, not a person's; it covers everyone who is linked. */
export function subscriptionRoutes(world: World, client: SandboxClient): Hono {
  const app = new Hono();
  const { state } = world.store;
  const find = (id: string) => state.subscriptions.find((one) => one.id === id);
  const expiry = () => world.clock().getTime() + LIFETIME_DAYS * DAY;

  app.use(async (c, next) => {
    const known = c.req.header("x-client-id") === client.id &&
      c.req.header("x-client-secret") === client.secret;
    if (!known) return c.json({ detail: "Invalid client credentials" }, 401);
    await next();
    return undefined;
  });
  app.get("/", (c) => c.json(live(world).map(shown)));
  app.post("/", async (c) => {
    const body = creation.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return c.json({ detail: details(body.error) }, 422);
    const { callback_url, verification_token, event_type, data_type } = body.data;
    const taken = live(world).some((one) =>
      one.eventType === event_type && one.dataType === data_type
    );
    if (taken) return c.json({ detail: "Subscription already exists" }, 409);
    if (!await shakeHands(callback_url, verification_token)) {
      return c.json({ detail: "Callback verification failed" }, 400);
    }
    const subscription: OuraSubscription = {
      id: crypto.randomUUID(),
      callbackUrl: callback_url,
      verificationToken: verification_token,
      eventType: event_type,
      dataType: data_type,
      expiresAt: expiry(),
    };
    state.subscriptions.push(subscription);
    world.store.save();
    return c.json(shown(subscription), 201);
  });
  app.put("/renew/:id", (c) => {
    const subscription = find(c.req.param("id"));
    if (!subscription) return c.json({ detail: "Forbidden" }, 403);
    subscription.expiresAt = expiry();
    world.store.save();
    return c.json(shown(subscription));
  });
  app.get("/:id", (c) => {
    const subscription = find(c.req.param("id"));
    return subscription ? c.json(shown(subscription)) : c.json({ detail: "Forbidden" }, 403);
  });
  app.put("/:id", async (c) => {
    const subscription = find(c.req.param("id"));
    if (!subscription) return c.json({ detail: "Forbidden" }, 403);
    const body = change.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return c.json({ detail: details(body.error) }, 422);
    const url = body.data.callback_url ?? subscription.callbackUrl;
    if (!await shakeHands(url, body.data.verification_token)) {
      return c.json({ detail: "Callback verification failed" }, 400);
    }
    subscription.callbackUrl = url;
    subscription.verificationToken = body.data.verification_token;
    subscription.eventType = body.data.event_type ?? subscription.eventType;
    subscription.dataType = body.data.data_type ?? subscription.dataType;
    world.store.save();
    return c.json(shown(subscription));
  });
  app.delete("/:id", (c) => {
    if (!find(c.req.param("id"))) return c.json({ detail: "Forbidden" }, 403);
    state.subscriptions = state.subscriptions.filter((one) => one.id !== c.req.param("id"));
    world.store.save();
    return c.body(null, 204);
  });
  return app;
}

/** Tells each live subscription about one record. */
export function notify(world: World, client: SandboxClient, event: {
  readonly eventType: "create" | "update" | "delete";
  readonly dataType: string;
  readonly objectId: string;
  readonly userId: string;
}): void {
  const at = world.clock();
  const body = JSON.stringify({
    event_type: event.eventType,
    data_type: event.dataType,
    object_id: event.objectId,
    event_time: at.toISOString().replace("Z", "+00:00"),
    user_id: event.userId,
  });
  for (const subscription of live(world)) {
    if (subscription.eventType !== event.eventType) continue;
    if (subscription.dataType !== event.dataType) continue;
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "oura",
      url: subscription.callbackUrl,
      body,
      headers: () => signed(client.secret, String(Math.floor(at.getTime() / 1_000)), body),
      timeoutSeconds: 10,
      attempts: 10,
      onStatus: (status) => {
        // 410 Gone is how a receiver ends a subscription.
        if (status === 410) drop(world, subscription.id);
      },
    });
  }
}

/** Upper-case hex of HMAC-SHA256 with the client secret over timestamp and raw body, unseparated. */
async function signed(secret: string, timestamp: string, body: string) {
  const key = await crypto.subtle.importKey(
    "raw",
    utf8(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign("HMAC", key, utf8(timestamp + body));
  return {
    "x-oura-signature": toHex(new Uint8Array(mac)).toUpperCase(),
    "x-oura-timestamp": timestamp,
  };
}

/** The receiver proves that it knows the token by saying the challenge back. */
async function shakeHands(callbackUrl: string, token: string): Promise<boolean> {
  const url = new URL(callbackUrl);
  const challenge = crypto.randomUUID();
  url.searchParams.set("verification_token", token);
  url.searchParams.set("challenge", challenge);
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
    const answer: unknown = await response.json();
    return response.status === 200 && typeof answer === "object" && answer !== null &&
      "challenge" in answer && answer.challenge === challenge;
  } catch {
    return false;
  }
}

function live(world: World): readonly OuraSubscription[] {
  const now = world.clock().getTime();
  return world.store.state.subscriptions.filter((one) => one.expiresAt > now);
}

function drop(world: World, id: string): void {
  const { state } = world.store;
  state.subscriptions = state.subscriptions.filter((one) => one.id !== id);
  world.store.save();
}

function shown(subscription: OuraSubscription) {
  return {
    id: subscription.id,
    callback_url: subscription.callbackUrl,
    event_type: subscription.eventType,
    data_type: subscription.dataType,
    expiration_time: new Date(subscription.expiresAt).toISOString(),
  };
}

function details(error: z.ZodError) {
  return error.issues.map((issue) => ({
    type: "value_error",
    loc: ["body", ...issue.path.map(String)],
    msg: issue.message,
  }));
}

import { addDays } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { localDateIn } from "../clock.ts";
import type { Issuer } from "../oauth.ts";
import type { PretendProvider } from "../provider.ts";
import { personIn, type SandboxClient, type World } from "../world.ts";
import { athleteId, listActivities } from "./activities.ts";

/** `/api/v3/push_subscriptions`: one an app, and the app is named in every request. */
export function subscriptionRoutes(world: World, client: SandboxClient): Hono {
  const app = new Hono();
  const { state } = world.store;
  const isClient = (from: { get(name: string): unknown }) =>
    from.get("client_id") === client.id && from.get("client_secret") === client.secret;
  const query = (c: Context) => new URL(c.req.url).searchParams;

  app.post("/", async (c) => {
    const form = await c.req.formData();
    if (!isClient(form)) return c.json(problem("Application", "client_id", "invalid"), 400);
    const callbackUrl = String(form.get("callback_url") ?? "");
    if (!URL.canParse(callbackUrl) || callbackUrl.length > 255) {
      return c.json(problem("PushSubscription", "callback url", "invalid"), 400);
    }
    if (state.stravaSubscription) {
      return c.json(problem("PushSubscription", "PushSubscription", "already exists"), 400);
    }
    if (!await shakeHands(callbackUrl, String(form.get("verify_token") ?? ""))) {
      return c.json(problem("PushSubscription", "callback url", "not verifiable"), 400);
    }
    state.stravaSubscription = { id: 100_000 + ++state.serial, callbackUrl };
    world.store.save();
    return c.json({ id: state.stravaSubscription.id }, 201);
  });
  app.get("/", (c) => {
    if (!isClient(query(c))) return c.json(problem("Application", "client_id", "invalid"), 400);
    const one = state.stravaSubscription;
    const times = { created_at: state.historyStart, updated_at: state.historyStart };
    return c.json(
      one
        ? [{
          id: one.id,
          application_id: 1,
          callback_url: one.callbackUrl,
          resource_state: 2,
          ...times,
        }]
        : [],
    );
  });
  app.delete("/:id", (c) => {
    if (!isClient(query(c))) return c.json(problem("Application", "client_id", "invalid"), 400);
    if (String(state.stravaSubscription?.id) !== c.req.param("id")) {
      return c.json(problem("PushSubscription", "id", "invalid"), 404);
    }
    delete state.stravaSubscription;
    world.store.save();
    return c.body(null, 204);
  });
  return app;
}

export function problem(resource: string, field: string, code: string) {
  return { message: "Bad Request", errors: [{ resource, field, code }] };
}

/** Strava waits two seconds for JSON that says the challenge back. */
async function shakeHands(callbackUrl: string, token: string): Promise<boolean> {
  const url = new URL(callbackUrl);
  const challenge = crypto.randomUUID();
  url.searchParams.set("hub.mode", "subscribe");
  url.searchParams.set("hub.challenge", challenge);
  url.searchParams.set("hub.verify_token", token);
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2_000) });
    const isJson = /^application\/json/.test(response.headers.get("content-type") ?? "");
    const answer: unknown = await response.json();
    return response.status === 200 && isJson && typeof answer === "object" && answer !== null &&
      "hub.challenge" in answer && answer["hub.challenge"] === challenge;
  } catch {
    return false;
  }
}

/** Events: unsigned, tried three times, and no more than hints. */
export function createHooks(
  world: World,
  issuer: Issuer,
): Pick<PretendProvider, "tell" | "announce" | "revoked"> {
  function send(
    person: string,
    event: { readonly object_type: string; readonly object_id: number; aspect_type: string },
    updates: Readonly<Record<string, string>> = {},
  ): void {
    const subscription = world.store.state.stravaSubscription;
    if (!subscription) return;
    const body = JSON.stringify({
      ...event,
      updates,
      owner_id: athleteId(world, personIn(world, person)),
      subscription_id: subscription.id,
      event_time: Math.floor(world.clock().getTime() / 1_000),
    });
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "strava",
      url: subscription.callbackUrl,
      body,
      headers: () => Promise.resolve({}),
      timeoutSeconds: 2,
      attempts: 3,
    });
  }

  return {
    tell({ person, action, recordId }) {
      if (action === "delete") {
        const externalUserId = String(athleteId(world, personIn(world, person)));
        for (const resource of ["activities", "streams"]) {
          const of = { provider: "strava", person, externalUserId, resource };
          world.ledger.serve(of, [{ id: recordId, facts: [] }]);
        }
      }
      const event = { object_type: "activity", object_id: Number(recordId), aspect_type: action };
      send(person, event, action === "update" ? { title: "Messy" } : {});
    },
    announce(since, until) {
      const people = new Set(
        issuer.grants().filter(({ revoked }) => !revoked).map(({ person }) => person),
      );
      for (const id of people) {
        const person = personIn(world, id);
        const today = localDateIn(person.zone, until);
        for (const activity of listActivities(world, person, addDays(today, -1), today)) {
          if (activity.availableAt <= since || activity.availableAt > until) continue;
          send(id, { object_type: "activity", object_id: activity.id, aspect_type: "create" });
        }
      }
    },
    revoked(person) {
      const object_id = athleteId(world, personIn(world, person));
      send(person, { object_type: "athlete", object_id, aspect_type: "update" }, {
        authorized: "false",
      });
    },
  };
}

import { type Context, Hono } from "hono";
import { z } from "zod";
import { consentPage, refusalPage } from "../consent_page.ts";
import { isPersonId, PEOPLE } from "../person.ts";
import type { TerraConnection } from "../store.ts";
import type { World } from "../world.ts";
import { shownUser, type TerraHooks } from "./connections.ts";

const SESSION_SECONDS = 900;
const SERVICES = ["GARMIN", "FITBIT", "OURA", "WITHINGS", "POLAR"];
const WIDGET = "https://widget.tryterra.co";

const parameters = z.object({
  providers: z.string().optional(),
  language: z.string().optional(),
  reference_id: z.string().optional(),
  auth_success_redirect_url: z.url().optional(),
  auth_failure_redirect_url: z.url().optional(),
});

interface Session {
  readonly id: string;
  readonly services: readonly string[];
  readonly referenceId: string | null;
  readonly success?: string | undefined;
  readonly failure?: string | undefined;
  readonly expiresAt: number;
}

/** Terra's own page, where a person chooses a device and links it. */
export function createWidget(world: World, hooks: TerraHooks) {
  const sessions = new Map<string, Session>();
  const pages = new Hono();
  const { state } = world.store;

  function open(input: unknown): Session | undefined {
    const parsed = parameters.safeParse(input);
    if (!parsed.success) return undefined;
    const asked = parsed.data.providers?.split(",").map((name) => name.trim()).filter(Boolean);
    const session = {
      id: crypto.randomUUID(),
      services: asked?.length ? asked : SERVICES,
      referenceId: parsed.data.reference_id ?? null,
      success: parsed.data.auth_success_redirect_url,
      failure: parsed.data.auth_failure_redirect_url,
      expiresAt: world.clock().getTime() + SESSION_SECONDS * 1_000,
    };
    sessions.set(session.id, session);
    return session;
  }

  function link(session: Session, person: string, provider: string): TerraConnection {
    const connection: TerraConnection = {
      userId: crypto.randomUUID(),
      person,
      provider,
      referenceId: session.referenceId,
      createdAt: world.clock().toISOString(),
      scopes: "ACTIVITY_EXPORT,HEALTH_EXPORT",
      active: true,
      lastWebhookUpdate: null,
    };
    const before = state.connections.find((one) =>
      one.active && one.person === person && one.provider === provider &&
      one.referenceId === session.referenceId
    );
    state.connections.push(connection);
    // Linking the same device again gives a new id, and ends the old one.
    if (before) {
      before.active = false;
      hooks.event({
        type: "user_reauth",
        status: "warning",
        message: "User has reauthenticated and old ID has been deleted",
        version: "2022-03-16",
        new_user: shownUser(connection),
        old_user: shownUser(before),
      });
    }
    world.store.save();
    hooks.event({
      type: "auth",
      status: "success",
      message: "User has successfully authenticated",
      widget_session_id: session.id,
      user: shownUser(connection),
    });
    return connection;
  }

  pages.on(["GET", "POST"], "/session/:id", async (c) => {
    const session = sessions.get(c.req.param("id"));
    if (!session || session.expiresAt <= world.clock().getTime()) {
      return c.html(refusalPage("Terra", "the session is over"), 404);
    }
    if (c.req.method === "GET") {
      const { services } = session;
      return c.html(
        consentPage({
          provider: "Terra",
          clientId: "The app",
          people: PEOPLE,
          scopes: [],
          services,
        }),
      );
    }
    const form = await c.req.formData();
    const person = String(form.get("person") ?? "");
    const resource = String(form.get("resource") ?? session.services[0]);
    if (form.get("decision") !== "allow" || !isPersonId(person)) {
      sessions.delete(session.id);
      hooks.event({
        type: "auth_cancelled",
        status: "error",
        reason: "access_denied",
        ...(session.referenceId ? { reference_id: session.referenceId } : {}),
      });
      return back(c, session.failure, {
        reference_id: session.referenceId,
        reason: "access_denied",
      });
    }
    if (!session.services.includes(resource)) {
      return c.html(refusalPage("Terra", "the device is not offered"), 400);
    }
    sessions.delete(session.id);
    const connection = link(session, person, resource);
    return back(c, session.success, {
      user_id: connection.userId,
      reference_id: session.referenceId,
      resource,
    });
  });

  return {
    pages,
    open,
    /** As Terra writes it: whoever opens it goes through the origin map. */
    pageUrl: (session: Session) => `${WIDGET}/session/${session.id}`,
    seconds: SESSION_SECONDS,
  };
}

function back(
  c: Context,
  target: string | undefined,
  params: Readonly<Record<string, string | null>>,
): Response {
  if (!target) return c.html(refusalPage("Terra", "you can close this page"), 200);
  const url = new URL(target);
  for (const [name, value] of Object.entries(params)) {
    if (value !== null) url.searchParams.set(name, value);
  }
  return c.redirect(url.href, 302);
}

import { fromBase64, toBase64, utf8 } from "@shared/core/bytes.ts";
import { Hono } from "hono";
import { consentPage, refusalPage } from "../consent_page.ts";
import { isPersonId, PEOPLE } from "../person.ts";
import type { JunctionUser } from "../store.ts";
import type { SandboxClient, World } from "../world.ts";

const SERVICES = ["garmin", "oura", "withings"];
const LINK = "https://link.tryvital.io";
const TOKEN_SECONDS = 3_600;

interface LinkSession {
  readonly userId: string;
  readonly redirectUrl: string | undefined;
  readonly expiresAt: number;
}

/** Whether Junction can know it: the operator's team, as the specification writes ids. */
export const TEAM = "6b74423d-0504-4470-9afb-477252ccf67a";

export function usersOf(world: World): JunctionUser[] {
  return world.store.state.junctionUsers ??= [];
}

function shownProvider(slug: string) {
  return { name: slug, slug, logo: `https://logo.example/${slug}.png` };
}

export function shownUser(user: JunctionUser) {
  const provider = user.provider && shownProvider(user.provider);
  return {
    user_id: user.userId,
    team_id: TEAM,
    client_user_id: user.clientUserId,
    created_on: user.createdOn,
    connected_sources: provider ? [{ provider, created_on: user.createdOn, source: provider }] : [],
    fallback_time_zone: null,
    fallback_birth_date: null,
    ingestion_start: null,
    ingestion_end: null,
  };
}

/** Sends what Junction sends, by Svix, to the endpoint that the team set in its dashboard. */
export function createSvix(world: World, client: SandboxClient) {
  return (user: JunctionUser, type: string, data: unknown) => {
    const { webhookUrl, webhookSecret } = client;
    if (!webhookUrl || !webhookSecret) return;
    const id = `msg_${crypto.randomUUID()}`;
    const body = JSON.stringify({
      event_type: type,
      user_id: user.userId,
      client_user_id: user.clientUserId,
      team_id: TEAM,
      data,
    });
    world.courier.send({
      id,
      provider: "junction",
      url: webhookUrl,
      body,
      headers: () => signed(webhookSecret, id, world.clock(), body),
      timeoutSeconds: 15,
      attempts: 8,
    });
  };
}

/** `v1,` and base64 of HMAC-SHA256 over `id.seconds.body`; the key is base64 after `whsec_`. */
async function signed(secret: string, id: string, now: Date, body: string) {
  const key = await crypto.subtle.importKey(
    "raw",
    fromBase64(secret.replace(/^whsec_/, "")),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const seconds = String(Math.floor(now.getTime() / 1_000));
  const mac = await crypto.subtle.sign("HMAC", key, utf8(`${id}.${seconds}.${body}`));
  return {
    "svix-id": id,
    "svix-timestamp": seconds,
    "svix-signature": `v1,${toBase64(new Uint8Array(mac))}`,
  };
}

/** Junction's page, where a person chooses a service and links it: a token opens it once. */
export function createLinkPage(world: World, linked: (user: JunctionUser) => void) {
  const sessions = new Map<string, LinkSession>();
  const pages = new Hono();

  pages.on(["GET", "POST"], "/connect", async (c) => {
    const token = c.req.query("token") ?? "";
    const session = sessions.get(token);
    const user = usersOf(world).find(({ userId }) => userId === session?.userId);
    if (!session || !user || session.expiresAt <= world.clock().getTime()) {
      return c.html(refusalPage("Junction", "the link token is over"), 404);
    }
    if (c.req.method === "GET") {
      return c.html(consentPage({
        provider: "Junction",
        clientId: "The app",
        people: PEOPLE,
        scopes: [],
        services: SERVICES,
      }));
    }
    const form = await c.req.formData();
    const person = String(form.get("person") ?? "");
    const service = String(form.get("resource") ?? SERVICES[0]);
    sessions.delete(token);
    const target = new URL(session.redirectUrl ?? "https://link.tryvital.io/done");
    if (form.get("decision") !== "allow" || !isPersonId(person) || !SERVICES.includes(service)) {
      target.searchParams.append("state", "error");
      target.searchParams.append("error_type", "user_cancelled");
      target.searchParams.append("error", "The person closed the page");
      return c.redirect(target.href, 307);
    }
    user.person = person;
    user.provider = service;
    world.store.save();
    linked(user);
    target.searchParams.append("state", "success");
    return c.redirect(target.href, 302);
  });

  return {
    pages,
    open(userId: string, redirectUrl: string | undefined) {
      const token = crypto.randomUUID();
      const expiresAt = world.clock().getTime() + TOKEN_SECONDS * 1_000;
      sessions.set(token, { userId, redirectUrl, expiresAt });
      return { link_token: token, link_web_url: `${LINK}/connect?token=${token}` };
    },
  };
}

/** What `provider.connection.created` carries. */
export function createdEvent(user: JunctionUser) {
  const provider = shownProvider(user.provider ?? "");
  return {
    user_id: user.userId,
    source: provider,
    provider,
    external_user_id: null,
    resource_availability: {},
  };
}

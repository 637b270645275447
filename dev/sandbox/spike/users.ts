import { fromBase64Url, fromUtf8, toBase64Url, toHex, utf8 } from "@shared/core/bytes.ts";
import { hmac } from "@shared/core/crypto.ts";
import { Hono } from "hono";
import { consentPage, refusalPage } from "../consent_page.ts";
import { isPersonId, PEOPLE } from "../person.ts";
import type { SpikeUser } from "../store.ts";
import type { SandboxClient, World } from "../world.ts";

export const ORIGIN = "https://app-api.spikeapi.com";
/** The slugs of its documentation that link by a page. */
export const SERVICES: readonly string[] = (
  "strava omron_eu omron_us fitbit garmin huawei dexcom whoop withings suunto freestyle_libre oura " +
  "polar coros ultrahuman luna"
).split(" ");
const PAGE_SECONDS = 3_600;

export function usersOf(world: World): SpikeUser[] {
  return world.store.state.spikeUsers ??= [];
}

/** The first authentication makes the user. */
export function userNamed(world: World, id: string): SpikeUser {
  const known = usersOf(world).find((one) => one.userId === id);
  if (known) return known;
  const user: SpikeUser = { userId: id, createdAt: world.clock().toISOString() };
  usersOf(world).push(user);
  world.store.save();
  return user;
}

/** Tokens as Spike shows one: HS256 over the application and the user, and no end. */
export function createTokens({ id, secret }: SandboxClient) {
  const sign = (text: string) => toBase64Url(hmac("SHA-256", secret, "token", text));
  return {
    of(userId: string): string {
      const parts = [{ alg: "HS256", typ: "JWT" }, { iss: id, sub: userId }]
        .map((part) => toBase64Url(utf8(JSON.stringify(part))));
      return `${parts.join(".")}.${sign(parts.join("."))}`;
    },
    userOf(authorization: string | undefined): string | undefined {
      const [head = "", payload = "", signature] = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1]
        ?.split(".") ?? [];
      if (signature !== sign(`${head}.${payload}`)) return undefined;
      return JSON.parse(fromUtf8(fromBase64Url(payload))).sub;
    },
    /** What the app must show for a user of its own. */
    isSigned: (userId: string, signature: string) =>
      signature === toHex(hmac("SHA-256", secret, userId)),
  };
}

/** What `GET /userinfo` tells. */
export function shownUser(client: SandboxClient, user: SpikeUser) {
  return {
    application_id: Number(client.id),
    application_user_id: user.userId,
    created_at: user.createdAt,
    integrated_providers: user.service
      ? [{
        created_at: user.createdAt,
        is_integration_broken: false,
        provider_integration_id: 1,
        provider_slug: user.service,
      }]
      : null,
  };
}

/** Sends events as Spike does: an array, signed over its bytes, with nothing in it but news. */
export function createSender(world: World, { webhookUrl, webhookSecret }: SandboxClient) {
  return (user: SpikeUser, type: string, news: Readonly<Record<string, unknown>> = {}) => {
    if (!webhookUrl || !webhookSecret) return;
    const body = JSON.stringify([{
      application_user_id: user.userId,
      // Nanoseconds.
      timestamp: world.clock().toISOString().replace("Z", "000001Z"),
      event_type: type,
      metrics: null,
      activity_types: null,
      provider_slug: user.service,
      ...news,
    }]);
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "spike",
      url: webhookUrl,
      body,
      headers: () =>
        Promise.resolve({ "x-body-signature": toHex(hmac("SHA-256", webhookSecret, body)) }),
      timeoutSeconds: 30,
      attempts: 10,
    });
  };
}

interface Visit {
  readonly user: SpikeUser;
  readonly service: string;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly expiresAt: number;
}

/** Where a person is sent to link one service: on to its consent, and back to the app. */
export function createLinkPages(world: World, linked: (user: SpikeUser) => void) {
  const visits = new Map<string, Visit>();
  const pages = new Hono();

  pages.on(["GET", "POST"], "/providers/:slug/integration/init/ic/:token", async (c) => {
    const visit = visits.get(c.req.param("token"));
    if (!visit || visit.expiresAt <= world.clock().getTime()) {
      return c.html(refusalPage("Spike", "the link is over"), 404);
    }
    if (c.req.method === "GET") {
      const clientId = `Spike, for ${visit.service}`;
      return c.html(consentPage({ provider: "Spike", clientId, people: PEOPLE, scopes: [] }));
    }
    const form = await c.req.formData();
    const person = String(form.get("person") ?? "");
    visits.delete(c.req.param("token"));
    const target = new URL(visit.redirectUri);
    if (visit.state !== undefined) target.searchParams.append("state", visit.state);
    target.searchParams.append("user_id", visit.user.userId);
    target.searchParams.append("provider_slug", visit.service);
    if (form.get("decision") !== "allow" || !isPersonId(person)) {
      target.searchParams.append("error", "the user has denied access");
      return c.redirect(target.href, 302);
    }
    visit.user.person = person;
    visit.user.service = visit.service;
    world.store.save();
    linked(visit.user);
    return c.redirect(target.href, 302);
  });

  return {
    pages,
    open(visit: Omit<Visit, "expiresAt">) {
      const token = crypto.randomUUID();
      visits.set(token, { ...visit, expiresAt: world.clock().getTime() + PAGE_SECONDS * 1_000 });
      const path = `/v3/providers/${visit.service}/integration/init/ic/${token}`;
      return { provider_slug: visit.service, path: `${ORIGIN}${path}` };
    },
  };
}

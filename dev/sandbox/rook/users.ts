import { toHex, utf8 } from "@shared/core/bytes.ts";
import { type Context, Hono } from "hono";
import { consentPage, refusalPage } from "../consent_page.ts";
import { isPersonId, PEOPLE } from "../person.ts";
import type { RookUser } from "../store.ts";
import type { SandboxClient, SandboxRecord, World } from "../world.ts";
import { documentOf, rookOf } from "./documents.ts";

/** What links by a page; all but Dexcom can be revoked. */
export const SERVICES = ["Garmin", "Oura", "Polar", "Fitbit", "Withings", "Whoop", "Dexcom"];
export const REVOCABLE = SERVICES.filter((service) => service !== "Dexcom");

/** Each service has a page of its own somewhere: these stand behind addresses of nobody. */
export const pageOrigin = (service: string) => `https://${service.toLowerCase()}.example`;

export function usersOf(world: World): RookUser[] {
  return world.store.state.rookUsers ??= [];
}

/** What of a delivery is signed: whose it is and when it is of, and nothing that it says. */
async function hash(secret: string, ...parts: readonly string[]): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    utf8(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return toHex(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(parts.join("")))));
}

/** Sends documents to the address that the app set in ROOK's portal. */
export function createDeliveries(world: World, client: SandboxClient) {
  return (user: RookUser, resource: string, record: SandboxRecord): void => {
    const { webhookUrl, webhookSecret, id: clientUuid } = client;
    const of = rookOf(world, user);
    const { userId } = user;
    const document = documentOf(of, { resource, clientUuid, userId, records: [record] });
    if (!webhookUrl || !webhookSecret || !document) return;
    const time = timeOf(record);
    world.courier.send({
      id: crypto.randomUUID(),
      provider: "rook",
      url: webhookUrl,
      body: JSON.stringify(document),
      headers: async () => ({
        "x-rook-hash": await hash(webhookSecret, clientUuid, userId, time),
      }),
      timeoutSeconds: 15,
      attempts: 4,
    });
  };
}

/** `metadata.datetime_string` of what is sent. */
function timeOf({ body }: SandboxRecord): string {
  const metadata = body["metadata"];
  const isObject = typeof metadata === "object" && metadata !== null;
  return isObject && "datetime_string" in metadata ? String(metadata.datetime_string) : "";
}

interface Asked {
  readonly userId: string;
  readonly service: string;
  readonly redirectUrl: string | undefined;
}

/** The pages where a person lets a service share, which end at the app's `redirect_url`. */
export function createPages(world: World, linked: (user: RookUser) => void) {
  const asked = new Map<string, Asked>();
  const pages = new Hono();

  pages.on(["GET", "POST"], "/authorize", async (c) => {
    const state = c.req.query("state") ?? "";
    const ask = asked.get(state);
    if (!ask) return c.html(refusalPage("ROOK", "nobody asked for this"), 404);
    const provider = `${ask.service} for ROOK`;
    if (c.req.method === "GET") {
      return c.html(consentPage({ provider, clientId: "ROOK", people: PEOPLE, scopes: [] }));
    }
    const form = await c.req.formData();
    const person = String(form.get("person") ?? "");
    asked.delete(state);
    if (form.get("decision") === "allow" && isPersonId(person)) linked(link(ask, person));
    return back(c, ask.redirectUrl);
  });

  function link({ userId, service }: Asked, person: string): RookUser {
    const users = usersOf(world);
    const known = users.find((one) => one.userId === userId);
    const user: RookUser = {
      userId,
      person,
      services: [...new Set([...known?.services ?? [], service])],
      linkedAt: known?.linkedAt ?? world.clock().toISOString(),
    };
    world.store.state.rookUsers = [...users.filter((one) => one !== known), user];
    world.store.save();
    return user;
  }

  return {
    pages,
    /** As ROOK writes it: whoever opens it goes through the origin map. */
    open(userId: string, service: string, redirectUrl: string | undefined): string {
      const state = crypto.randomUUID();
      asked.set(state, { userId, service, redirectUrl });
      return `${pageOrigin(service)}/authorize?response_type=code&state=${state}`;
    },
  };
}

/** ROOK's own page follows where none was asked for; a refusal is told in no documented way. */
function back(c: Context, redirectUrl: string | undefined): Response {
  return redirectUrl
    ? c.redirect(redirectUrl, 302)
    : c.html(refusalPage("ROOK", "you can close this page"), 200);
}

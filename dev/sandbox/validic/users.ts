import { Hono } from "hono";
import { consentPage, refusalPage } from "../consent_page.ts";
import { isPersonId, PEOPLE } from "../person.ts";
import { hexOf } from "../random.ts";
import type { ValidicUser } from "../store.ts";
import type { World } from "../world.ts";

const MARKETPLACE = "https://syncmydevice.com";
const SOURCES = ["fitbit", "garmin", "oura"];

export function usersOf(world: World): ValidicUser[] {
  return world.store.state.validicUsers ??= [];
}

/** Without fractions, as Validic writes the times of everything but versions. */
export function validicTime(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, "Z");
}

export function newToken(): string {
  return crypto.randomUUID().replaceAll("-", "").repeat(2);
}

/** What every answer about a user has. No place is known of one who was made without. */
export function shownUser(world: World, user: ValidicUser) {
  return {
    id: user.id,
    uid: user.uid,
    ...shownMarketplace(user),
    location: { timezone: null, country_code: null },
    sources: user.source
      ? [{
        type: user.source.type,
        connected_at: user.source.connectedAt,
        last_processed_at: validicTime(world.clock()),
      }]
      : [],
    created_at: user.createdAt,
    updated_at: user.source?.connectedAt ?? user.createdAt,
  };
}

export function shownMarketplace({ marketplaceToken: token }: ValidicUser) {
  return { marketplace: { token, url: `${MARKETPLACE}/?token=${token}` } };
}

/** The token by which the mobile SDK would speak for the user. */
export function shownMobile(world: World, { id }: ValidicUser) {
  return { mobile: { token: hexOf(32, world.seed, "validic mobile", id) } };
}

/** The Standard Marketplace: a page of the user's, which lives until its token is changed. */
export function marketplacePages(world: World): Hono {
  const pages = new Hono();

  pages.on(["GET", "POST"], "/*", async (c) => {
    const token = c.req.query("token");
    const user = usersOf(world).find((one) => one.marketplaceToken === token);
    if (!c.req.path.endsWith("/") || !user) {
      return c.html(refusalPage("Validic", "there is no such marketplace"), 404);
    }
    if (c.req.method === "GET") {
      return c.html(consentPage({
        provider: "Validic",
        clientId: "The app",
        people: PEOPLE,
        scopes: [],
        services: SOURCES,
      }));
    }
    const form = await c.req.formData();
    const person = String(form.get("person") ?? "");
    const type = String(form.get("resource") ?? SOURCES[0]);
    const target = new URL(c.req.query("redirect_uri") ?? `${MARKETPLACE}/?token=${token}`);
    if (form.get("decision") !== "allow" || !isPersonId(person) || !SOURCES.includes(type)) {
      target.searchParams.append("message", "access_denied");
      return c.redirect(target.href, 302);
    }
    user.person = person;
    user.source = { type, connectedAt: validicTime(world.clock()) };
    world.store.save();
    return c.redirect(target.href, 302);
  });

  return pages;
}

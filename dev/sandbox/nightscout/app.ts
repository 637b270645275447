import { addDays, DAY } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { localDateIn } from "../clock.ts";
import { createIssuer } from "../oauth.ts";
import { PEOPLE, type Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { hexOf } from "../random.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";
import { COLLECTIONS, listRecords, type NightscoutCollection } from "./records.ts";

const DEFAULT_ROWS = 10;
/** A list without any date goes back so far. */
const DEFAULT_SPAN = 4 * DAY;

/** The address of a person's own site. All lead here: who is asked for follows from the token. */
export function siteOf(person: string): string {
  return `https://${person}.nightscout.example`;
}

/** Stands for the sites of people who host Nightscout themselves: API v1, and the tokens' admin page. */
export function createNightscout(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  // There is no OAuth here: it issues nothing, and is what the control page counts.
  const issuer = createIssuer({
    issuer: "nightscout",
    client,
    clock,
    store,
    codeSeconds: 0,
    accessSeconds: 0,
    refreshSeconds: 0,
    clientAuth: [],
    tokenType: "none",
  });
  const deleted = new Set<string>();
  /** The subject's name and a digest, as the site makes them. */
  const tokenOf = (person: string) => `raphael-${hexOf(16, world.seed, "nightscout", person)}`;
  const subjectOf = (c: Context): Person | undefined => {
    const token = c.req.header("api-secret") ?? c.req.query("token");
    const found = PEOPLE.find((one) => !deleted.has(one) && tokenOf(one) === token);
    return found && personIn(world, found);
  };
  const app = new Hono();

  app.get(
    "/admin",
    (c) =>
      c.html(
        `<!doctype html><title>Nightscout</title><h1>Admin Tools: Subjects</h1><ul>${
          PEOPLE.map((one) => `<li>${siteOf(one)} <code id="${one}">${tokenOf(one)}</code></li>`)
            .join("")
        }</ul>`,
      ),
  );
  app.get("/api/v1/verifyauth", (c) => {
    const canRead = subjectOf(c) !== undefined;
    const message = {
      canRead,
      canWrite: false,
      isAdmin: false,
      message: canRead ? "OK" : "UNAUTHORIZED",
      rolefound: canRead ? "FOUND" : "NOTFOUND",
      permissions: canRead ? "ROLE" : "DEFAULT",
    };
    return c.json({ status: 200, message });
  });
  app.get("/api/v1/profile.json", (c) => {
    const person = subjectOf(c);
    if (!person) return unauthorized(c);
    const store = { Default: { dia: "5", timezone: person.zone, units: "mg/dl" } };
    return c.json([{ _id: hexOf(24, "profile"), defaultProfile: "Default", store }]);
  });
  for (const collection of ["entries", "treatments"] as const) {
    const field = collection === "entries" ? "date" : "created_at";
    app.get(`/api/v1/${collection}.json`, (c) => {
      const person = subjectOf(c);
      if (!person) return unauthorized(c);
      const bound = (operator: string) => c.req.query(`find[${field}][$${operator}]`);
      const from = timeOf(bound("gte")) ?? clock().getTime() - DEFAULT_SPAN;
      const to = timeOf(bound("lte") ?? bound("lt")) ?? clock().getTime() + DAY;
      const isLast = bound("lte") !== undefined;
      const rows = between(world, person, collection, from, to)
        .filter(({ availableAt }) => isLast || availableAt.getTime() < to).reverse()
        .slice(0, Number(c.req.query("count") ?? DEFAULT_ROWS));
      serve(world, person, collection, rows);
      return c.json(rows.map(({ body }) => body));
    });
  }

  return {
    name: "nightscout",
    origins: PEOPLE.map(siteOf),
    app,
    issuer,
    publishes: { entries: true },
    newId: (serial) => hexOf(24, world.seed, "nightscout published", serial),
    records: (person, collection, first, last) =>
      isCollection(collection) ? listRecords(world, person, collection, first, last) : [],
    tell: () => {},
    announce: () => {},
    revoked: (person) => deleted.add(person),
    limitHeaders: () => ({}),
  };
}

function isCollection(name: string): name is NightscoutCollection {
  return Object.hasOwn(COLLECTIONS, name);
}

/** From `from` to `to`, both included, oldest first. */
function between(
  world: World,
  person: Person,
  collection: NightscoutCollection,
  from: number,
  to: number,
): readonly SandboxRecord[] {
  const first = localDateIn(person.zone, new Date(from));
  const last = localDateIn(person.zone, new Date(Math.min(to, world.clock().getTime() + DAY)));
  return listRecords(world, person, collection, first, addDays(last, 1))
    .filter(({ availableAt: at }) => at.getTime() >= from && at.getTime() <= to);
}

function serve(
  world: World,
  person: Person,
  resource: NightscoutCollection,
  records: readonly SandboxRecord[],
): void {
  const externalUserId = new URL(siteOf(person.id)).host;
  world.ledger.serve(
    { provider: "nightscout", person: person.id, externalUserId, resource },
    records,
  );
}

/** Milliseconds, or ISO 8601. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}

function unauthorized(c: Context): Response {
  const message = { status: 401, message: "Unauthorized", description: "Invalid/Missing" };
  return c.json(message, 401);
}

import { addDays, DAY, type LocalDate } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { eachDay, localDateIn } from "../clock.ts";
import { createLimiter } from "../limits.ts";
import type { PretendProvider } from "../provider.ts";
import { hexOf } from "../random.ts";
import type { ValidicUser } from "../store.ts";
import {
  firstDay,
  personIn,
  type SandboxClient,
  type SandboxRecord,
  type World,
} from "../world.ts";
import { measurements, nutrition, summaries } from "./daily.ts";
import type { Maker, Validic } from "./records.ts";
import { cgm, intraday } from "./series.ts";
import { sleeps, workouts } from "./sessions.ts";
import {
  marketplacePages,
  newToken,
  shownMarketplace,
  shownMobile,
  shownUser,
  usersOf,
  validicTime,
} from "./users.ts";

const MAKERS: Readonly<Record<string, Maker>> = {
  summaries,
  measurements,
  nutrition,
  sleep: sleeps,
  workouts,
  intraday,
  cgm,
};

const MAX_DAYS = 30;
const CALLS_AN_HOUR = 2_000;

const provision = z.looseObject({ uid: z.string().min(1) });

/** Stands for https://api.v2.validic.com and the marketplace that people connect their sources on. */
export function createValidic(world: World, client: SandboxClient): PretendProvider {
  const { clock, ledger, store } = world;
  const hour = createLimiter(CALLS_AN_HOUR, 3_600);
  const app = new Hono();
  const api = new Hono();

  api.use("/:organization/*", async (c, next) => {
    if (c.req.query("token") !== client.secret) {
      return c.json({ message: "Invalid authentication credentials" }, 403);
    }
    if (c.req.param("organization") !== client.id) {
      return c.json({ errors: ["Token is not authorized to access organization"] }, 401);
    }
    const { allowed, limit, used } = hour(client.secret, clock());
    c.header("X-RateLimit-Limit", String(limit));
    c.header("X-RateLimit-Remaining", String(Math.max(0, limit - used)));
    if (!allowed) return c.json({ status: 429, error: "Too Many Requests" }, 429);
    await next();
    return undefined;
  });
  api.post("/:organization/users", async (c) => {
    const asked = provision.safeParse(await c.req.json().catch(() => null)).data;
    if (!asked) return badRequest(c);
    const { uid } = asked;
    if (usersOf(world).some((one) => one.uid === uid)) {
      return c.json({ errors: { uid: ["already exists"] } }, 422);
    }
    const user: ValidicUser = {
      id: hexOf(24, world.seed, "validic user", uid),
      uid,
      createdAt: validicTime(clock()),
      marketplaceToken: newToken(),
    };
    usersOf(world).push(user);
    store.save();
    return c.json(
      { ...shownUser(world, user), ...shownMobile(world, user), status: "active" },
      201,
    );
  });
  api.get("/:organization/users/:uid", (c) => {
    const user = find(c);
    return user ? c.json({ ...shownUser(world, user), ...shownMobile(world, user) }) : notFound(c);
  });
  api.delete("/:organization/users/:uid", (c) => {
    const user = find(c);
    if (!user) return notFound(c);
    store.state.validicUsers = usersOf(world).filter((one) => one !== user);
    store.save();
    const deleted_at = validicTime(clock());
    return c.json({ ...shownUser(world, user), sources: [], deleted_at });
  });
  api.post("/:organization/users/:uid/marketplace", (c) => {
    const user = find(c);
    if (!user) return notFound(c);
    user.marketplaceToken = newToken();
    store.save();
    return c.json(shownMarketplace(user), 201);
  });
  api.get("/:organization/users/:uid/:resource", (c) => {
    const user = find(c);
    const resource = c.req.param("resource");
    if (!user || !Object.hasOwn(MAKERS, resource)) return notFound(c);
    const today = clock().toISOString().slice(0, 10);
    const { start_date: first = today, end_date: last = today } = c.req.query();
    const days = (Date.parse(last) - Date.parse(first)) / DAY;
    if (!isDate(first) || !isDate(last) || !(days >= 0 && days <= MAX_DAYS)) return badRequest(c);
    const of = dataOf(user);
    const records = of ? recordsOf(of, resource, first, last) : [];
    ledger.serve({
      provider: "validic",
      person: user.person ?? "",
      externalUserId: user.uid,
      resource,
    }, records);
    return c.json({ data: records.map(({ body }) => body) });
  });
  app.route("/organizations", api);
  app.route("/", marketplacePages(world));

  /** By the app's own id of the user: Validic's is nobody here. */
  function find(c: Context): ValidicUser | undefined {
    return usersOf(world).find(({ uid }) => uid === c.req.param("uid"));
  }

  function dataOf(user: ValidicUser): Validic | undefined {
    return user.source && user.person !== undefined
      ? { world, person: personIn(world, user.person), user, organization: client.id }
      : undefined;
  }

  return {
    name: "validic",
    origins: ["https://api.v2.validic.com", "https://syncmydevice.com"],
    app,
    publishes: { workouts: true },
    newId: (serial) => hexOf(32, world.seed, "validic published", serial),
    records(person, resource, first, last) {
      const user = usersOf(world).find((one) => one.person === person.id);
      const of = user && dataOf(user);
      return of ? recordsOf(of, resource, first, last) : [];
    },
    // Its webhooks are set up by its staff, and how is not published.
    tell: () => {},
    announce: () => {},
    revoked(person) {
      for (const user of usersOf(world)) if (user.person === person) delete user.source;
      store.save();
    },
    limitHeaders: () => ({
      "X-RateLimit-Limit": String(CALLS_AN_HOUR),
      "X-RateLimit-Remaining": "0",
    }),
  };
}

/** What began on the UTC days from `first` to `last` and is there by now, oldest first. */
function recordsOf(
  of: Validic,
  resource: string,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const make = MAKERS[resource];
  const { world, person } = of;
  const now = world.clock();
  if (!make) return [];
  const known = firstDay(world, person);
  const begin = addDays(first, -1);
  const today = addDays(localDateIn(person.zone, now), 1);
  const end = addDays(last, 1);
  return [...eachDay(begin < known ? known : begin, end < today ? end : today)]
    .flatMap((date) => make(of, date))
    .filter(({ day, availableAt }) => day >= first && day <= last && availableAt <= now);
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

function notFound(c: Context): Response {
  return c.json({ errors: ["not found"] }, 404);
}

function badRequest(c: Context): Response {
  return c.json({ status: 400, error: "Bad Request" }, 400);
}

import { fromBase64, fromUtf8, toBase64, utf8 } from "@shared/core/bytes.ts";
import { addDays, localDateOf, parseInstant } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { localDateIn } from "../clock.ts";
import { daySpan, notebook } from "../ledger.ts";
import { type Allowance, createLimiter } from "../limits.ts";
import { createIssuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { uuidOf } from "../random.ts";
import type { Grant } from "../store.ts";
import {
  firstDay,
  personIn,
  type SandboxClient,
  type SandboxRecord,
  type World,
} from "../world.ts";
import { COLLECTIONS, listRecords, type WhoopResource } from "./collections.ts";
import { whoopUserId } from "./record.ts";
import { createHooks } from "./webhook.ts";

const SCOPES = [
  "offline",
  "read:recovery",
  "read:cycles",
  "read:workout",
  "read:sleep",
  "read:profile",
  "read:body_measurement",
];
const RESOURCES = Object.keys(COLLECTIONS) as readonly WhoopResource[];
const DEFAULT_ROWS = 10;
const MAX_ROWS = 25;

/** Stands for https://api.prod.whoop.com: Hydra's OAuth and API v2. */
export function createWhoop(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "whoop",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 3_600,
    refreshSeconds: 365 * 86_400,
    clientAuth: ["body"],
    tokenType: "bearer",
    offlineScope: "offline",
    extra: ({ scopes }) => ({ scope: scopes.join(" ") }),
  });
  const minute = createLimiter(100, 60);
  const day = createLimiter(10_000, 86_400);
  const app = new Hono();

  app.on(["GET", "POST"], "/oauth/oauth2/auth", (c) =>
    authorize(c, {
      provider: "WHOOP",
      client,
      issuer,
      scopes: SCOPES,
      partialScopes: false,
      minStateLength: 8,
      echoScope: true,
    }));
  app.post("/oauth/oauth2/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const answer = issuer.token(form, c.req.header("authorization") ?? null);
    return c.json(answer.body, answer.status);
  });

  /** Runs `answer` for the person whose token it is, within the limits. */
  const asPerson = (
    scope: string | undefined,
    answer: (c: Context, person: Person, grant: Grant) => Response,
  ) =>
  (c: Context): Response => {
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.body(null, 401);
    const allowance = [day(client.id, clock()), minute(client.id, clock())]
      .reduce((a, b) => a.allowed ? b : a);
    for (const [name, value] of Object.entries(limitHeaders(allowance, clock()))) {
      c.header(name, value);
    }
    if (!allowance.allowed) return c.body(null, 429);
    if (scope && !grant.scopes.includes(scope)) return c.body(null, 403);
    return answer(c, personIn(world, grant.person), grant);
  };
  const serve = (resource: string, person: Person, records: readonly SandboxRecord[]) =>
    world.ledger.serve({
      provider: "whoop",
      person: person.id,
      externalUserId: String(whoopUserId(world, person)),
      resource,
    }, records);
  /** Everything there is, newest first. */
  const all = (person: Person, resource: WhoopResource) => {
    const last = addDays(localDateIn(person.zone, clock()), 1);
    return listRecords(world, person, resource, firstDay(world, person), last).reverse();
  };

  for (const resource of RESOURCES) {
    const { path, scope } = COLLECTIONS[resource];
    app.get(
      `/developer${path}`,
      asPerson(scope, (c, person) => {
        const limit = Number(c.req.query("limit") ?? DEFAULT_ROWS);
        const window = readWindow(c, clock());
        const offset = readToken(c.req.query("nextToken"));
        const isRead = window && offset !== undefined && Number.isInteger(limit);
        if (!isRead || limit < 1 || limit > MAX_ROWS) return c.body(null, 400);
        const rows = all(person, resource).filter(({ body }) => overlaps(body, window));
        const size = Math.min(limit, world.pageSize);
        const page = rows.slice(offset, offset + size);
        serve(resource, person, page);
        const more = offset + size < rows.length;
        return c.json({
          records: page.map(({ body }) => body),
          ...(more ? { next_token: toBase64(utf8(String(offset + size))) } : {}),
        });
      }),
    );
    if (resource === "recovery") continue;
    app.get(
      `/developer${path}/:id`,
      asPerson(scope, (c, person) => {
        const found = all(person, resource).find(({ id }) => id === c.req.param("id"));
        if (!found) return c.body(null, 404);
        serve(resource, person, [found]);
        return c.json(found.body);
      }),
    );
  }
  for (const resource of ["recovery", "sleep"] as const) {
    app.get(
      `/developer/v2/cycle/:cycleId/${resource}`,
      asPerson(COLLECTIONS[resource].scope, (c, person) => {
        const found = all(person, resource).find(({ body }) =>
          String(body["cycle_id"]) === c.req.param("cycleId") && body["nap"] !== true
        );
        if (!found) return c.body(null, 404);
        serve(resource, person, [found]);
        return c.json(found.body);
      }),
    );
  }
  app.get(
    "/developer/v2/user/profile/basic",
    asPerson("read:profile", (c, person) => {
      const [first_name = "", last_name = ""] = person.name.split(" ");
      const email = `${person.id}@example.com`;
      return c.json({ user_id: whoopUserId(world, person), email, first_name, last_name });
    }),
  );
  app.get(
    "/developer/v2/user/measurement/body",
    asPerson("read:body_measurement", (c, person) => {
      const today = localDateOf(clock());
      const { note, facts } = notebook(daySpan(today));
      const body = {
        height_meter: note("height", person.heightCm / 100, {
          value: (person.heightCm / 100) * 1_000 / 10,
        }),
        weight_kilogram: note("body_weight", person.weightKg),
        max_heart_rate: 220 - person.age,
      };
      serve("body_measurement", person, [
        { id: today, day: today, availableAt: clock(), body, facts },
      ]);
      return c.json(body);
    }),
  );
  app.delete(
    "/developer/v2/user/access",
    asPerson(undefined, (c, person) => {
      issuer.revokePerson(person.id);
      return c.body(null, 204);
    }),
  );

  return {
    name: "whoop",
    origins: ["https://api.prod.whoop.com"],
    app,
    issuer,
    publishes: { cycle: false, recovery: false, sleep: true, workout: true },
    newId: (serial) => uuidOf(world.seed, "whoop", "published", serial),
    records: (person, resource, first, last) =>
      isResource(resource) ? listRecords(world, person, resource, first, last) : [],
    ...createHooks(world, client, issuer),
    limitHeaders: () => limitHeaders(minute(client.id, clock()), clock()),
  };
}

export function isResource(text: string): text is WhoopResource {
  return Object.hasOwn(COLLECTIONS, text);
}

function limitHeaders(
  { limit, used, windowSeconds, resetAt }: Allowance,
  now: Date,
): Readonly<Record<string, string>> {
  return {
    "x-ratelimit-limit": `${limit}, 100;window=60, 10000;window=86400`,
    "x-ratelimit-remaining": String(Math.max(0, limit - used)),
    "x-ratelimit-reset": String(
      Math.min(windowSeconds, resetAt - Math.floor(now.getTime() / 1_000)),
    ),
  };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Inclusive start, exclusive end; absent ends are open. */
function readWindow(c: Context, now: Date): Range | undefined {
  const time = (name: string, otherwise: number) => {
    const text = c.req.query(name);
    return text === undefined ? otherwise : parseInstant(text)?.instant.getTime() ?? NaN;
  };
  const range = { start: time("start", 0), end: time("end", now.getTime()) };
  return range.start < range.end ? range : undefined;
}

/** What overlaps an edge of the window is in it. */
function overlaps(body: SandboxRecord["body"], { start, end }: Range): boolean {
  const from = Date.parse(String(body["start"] ?? body["created_at"]));
  const to = body["end"] === undefined ? from : Date.parse(String(body["end"]));
  return from < end && to >= start;
}

function readToken(token: string | undefined): number | undefined {
  if (token === undefined) return 0;
  try {
    const offset = Number(fromUtf8(fromBase64(token)));
    return Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
  } catch {
    return undefined;
  }
}

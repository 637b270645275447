import { addDays, DAY } from "@shared/core/time.ts";
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "@shared/core/bytes.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { localDateIn } from "../clock.ts";
import { createLimiter } from "../limits.ts";
import { createIssuer, type Issuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { Grant } from "../store.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";
import {
  ALL_SCOPES,
  COLLECTIONS,
  EMAIL_SCOPES,
  findRecord,
  HEART_RATE_SCOPES,
  LEGACY_SCOPES,
  listRecords,
  ouraUserId,
  PERSONAL_SCOPES,
  ringConfigurations,
} from "./collections.ts";
import { batteryLevels, heartRates } from "./series.ts";
import { subscriptionRoutes } from "./subscriptions.ts";

/** Stands for both https://cloud.ouraring.com and https://api.ouraring.com. */
export function createOura(world: World, client: SandboxClient): {
  readonly app: Hono;
  readonly issuer: Issuer;
} {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "oura",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 86_400,
    refreshSeconds: 365 * 86_400,
    clientAuth: ["basic", "body"],
    tokenType: "bearer",
  });
  const limit = createLimiter(5_000, 300);
  const app = new Hono();

  app.on(["GET", "POST"], "/oauth/authorize", (c) => {
    const asked = new URL(c.req.url).searchParams.get("scope");
    return authorize(c, {
      provider: "Oura",
      client,
      issuer,
      scopes: asked ? ALL_SCOPES : LEGACY_SCOPES,
      partialScopes: true,
      echoScope: true,
    });
  });
  app.post("/oauth/token", async (c) => {
    const answer = issuer.token(
      new URLSearchParams(await c.req.text()),
      c.req.header("authorization") ?? null,
    );
    return c.json(answer.body, answer.status);
  });
  app.post("/oauth/revoke", (c) => {
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const token = bearer ?? c.req.query("access_token") ?? "";
    return issuer.revoke(token) ? c.body(null, 200) : c.json({ error: "invalid_token" }, 401);
  });
  app.route("/v2/webhook/subscription", subscriptionRoutes(world, client));

  /** Runs `answer` for the person whose token it is, within the limits. */
  const asPerson = (
    scopes: readonly string[],
    answer: (c: Context, person: Person, grant: Grant) => Response,
  ) =>
  (c: Context): Response => {
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.json({ detail: "Unauthorized" }, 401);
    const allowance = limit(grant.id, clock());
    if (!allowance.allowed) {
      c.header("retry-after", String(allowance.resetAt - Math.floor(clock().getTime() / 1_000)));
      for (const [name, value] of Object.entries(rateHeaders(allowance))) c.header(name, value);
      return c.json({ detail: "Rate limit exceeded" }, 429);
    }
    if (scopes.length && !scopes.some((scope) => grant.scopes.includes(scope))) {
      return c.json({ detail: "Forbidden" }, 403);
    }
    return answer(c, personIn(world, grant.person), grant);
  };
  const serve = (path: string, person: Person, records: readonly SandboxRecord[]) =>
    world.ledger.serve({
      provider: "oura",
      person: person.id,
      externalUserId: ouraUserId(world, person),
      resource: path,
    }, records);
  const page = (
    c: Context,
    path: string,
    person: Person,
    all: readonly SandboxRecord[],
    size: number,
  ) => {
    const offset = readToken(c.req.query("next_token"));
    if (offset === undefined) return c.json({ detail: "Invalid next_token" }, 400);
    const rows = all.slice(offset, offset + size);
    const fields = c.req.query("fields")?.split(",");
    if (!fields) serve(path, person, rows);
    const more = offset + size < all.length;
    return c.json({
      data: rows.map((row) => fields ? only(row.body, fields) : row.body),
      next_token: more ? toBase64Url(utf8(String(offset + size))) : null,
    });
  };

  app.get(
    "/v2/usercollection/personal_info",
    asPerson([], (c, person, grant) => {
      const may = (scopes: readonly string[]) => scopes.some((one) => grant.scopes.includes(one));
      const { age, weightKg, heightCm, sex } = person;
      return c.json({
        id: ouraUserId(world, person),
        ...(may(PERSONAL_SCOPES)
          ? { age, weight: weightKg, height: heightCm / 100, biological_sex: sex }
          : {}),
        ...(may(EMAIL_SCOPES) ? { email: `${person.id}@example.com` } : {}),
      });
    }),
  );
  const series = [
    ["heartrate", HEART_RATE_SCOPES, heartRates],
    ["ring_battery_level", [], batteryLevels],
  ] as const;
  for (const [path, scopes, make] of series) {
    app.get(
      `/v2/usercollection/${path}`,
      asPerson(scopes, (c, person) => {
        const now = clock();
        const to = instant(c.req.query("end_datetime"), now);
        const from = instant(c.req.query("start_datetime"), new Date(now.getTime() - DAY));
        if (!from || !to || from > to) return invalid(c, "start_datetime");
        if (to.getTime() - from.getTime() > 31 * DAY) {
          return c.json({ detail: "The time range may be 30 days at most" }, 400);
        }
        const rows = make(world, person, from, to);
        const latest = c.req.query("latest") === "true" ? rows.slice(-1) : rows;
        return page(c, path, person, latest, world.pageSize * 20);
      }),
    );
  }
  app.get(
    "/v2/usercollection/ring_configuration",
    asPerson(
      [],
      (c, person) => c.json({ data: ringConfigurations(world, person), next_token: null }),
    ),
  );
  for (const [path, collection] of Object.entries(COLLECTIONS)) {
    app.get(
      `/v2/usercollection/${path}`,
      asPerson(collection.scopes, (c, person) => {
        const today = localDateIn(person.zone, clock());
        const first = date(c.req.query("start_date"), addDays(today, -1));
        const last = date(c.req.query("end_date"), today);
        if (!first || !last || first > last) return invalid(c, "start_date");
        const end = collection.endExclusive ? addDays(last, -1) : last;
        const records = listRecords(world, person, path, first, end);
        return page(c, path, person, records, world.pageSize);
      }),
    );
    app.get(
      `/v2/usercollection/${path}/:id`,
      asPerson(collection.scopes, (c, person) => {
        const record = findRecord(world, person, path, c.req.param("id") ?? "");
        if (!record) return c.json({ detail: "Document not found." }, 404);
        serve(path, person, [record]);
        return c.json(record.body);
      }),
    );
  }
  return { app, issuer };
}

export function rateHeaders(p: {
  readonly limit: number;
  readonly windowSeconds: number;
  readonly resetAt: number;
}): Readonly<Record<string, string>> {
  return {
    "x-ratelimit-limit": String(p.limit),
    "x-ratelimit-window": String(p.windowSeconds),
    "x-ratelimit-reset": String(p.resetAt),
    "x-ratelimit-tier": "access_token",
  };
}

/** `YYYY-MM-DD`, of which a date-time is accepted too. */
function date(text: string | undefined, otherwise: string): string | undefined {
  if (text === undefined) return otherwise;
  return /^\d{4}-\d\d-\d\d(T|$)/.test(text) && !Number.isNaN(Date.parse(text))
    ? text.slice(0, 10)
    : undefined;
}

function instant(text: string | undefined, otherwise: Date): Date | undefined {
  if (text === undefined) return otherwise;
  const at = new Date(text.replace(" ", "+"));
  return Number.isNaN(at.getTime()) ? undefined : at;
}

function invalid(c: Context, parameter: string): Response {
  const detail = [{ type: "value_error", loc: ["query", parameter], msg: "Invalid range" }];
  return c.json({ detail }, 422);
}

function readToken(token: string | undefined): number | undefined {
  if (token === undefined) return 0;
  try {
    const offset = Number(fromUtf8(fromBase64Url(token)));
    return Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
  } catch {
    return undefined;
  }
}

function only(body: Readonly<Record<string, unknown>>, fields: readonly string[]) {
  const always = ["id", "day", "timestamp", ...fields];
  return Object.fromEntries(Object.entries(body).filter(([name]) => always.includes(name)));
}

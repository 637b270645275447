import { addDays, DAY, parseInstant } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { localDateIn } from "../clock.ts";
import { createLimiter } from "../limits.ts";
import { createIssuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import {
  firstDay,
  personIn,
  type SandboxClient,
  type SandboxRecord,
  type World,
} from "../world.ts";
import {
  dailyStatistics,
  isResource,
  listBetween,
  listRecords,
  type SuuntoResource,
} from "./collections.ts";
import { SAMPLES, userName } from "./samples.ts";
import { createHooks } from "./webhook.ts";
import { newWorkoutKey } from "./workouts.ts";

const MINUTE_REQUESTS = 60;
const MAX_ROWS = 100;
const MAX_WINDOW = 28 * DAY;

/** Stands for https://cloudapi-oauth.suunto.com and, behind Azure's gateway, https://cloudapi.suunto.com. */
export function createSuunto(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "suunto",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 86_400,
    refreshSeconds: 365 * 86_400,
    clientAuth: ["basic"],
    tokenType: "bearer",
    extra: ({ id, person }) => ({ user: userName(world, personIn(world, person)), jti: id }),
  });
  const minute = createLimiter(MINUTE_REQUESTS, 60);
  const app = new Hono();

  app.on(["GET", "POST"], "/oauth/authorize", (c) =>
    authorize(c, {
      provider: "Suunto",
      client,
      issuer,
      scopes: [],
      partialScopes: false,
      echoScope: false,
    }));
  app.post("/oauth/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const answer = issuer.token(form, c.req.header("authorization") ?? null);
    return c.json(answer.body, answer.status);
  });
  app.get("/oauth/deauthorize", (c) => {
    const token = c.req.header("authorization")?.replace(/^Bearer /i, "") ?? "";
    if (c.req.query("client_id") !== client.id) return c.json({ error: "invalid_client" }, 400);
    return issuer.revoke(token) ? c.body(null, 200) : c.json({ error: "invalid_token" }, 401);
  });

  /** The gateway first: its key, its limit; then the person. */
  const asPerson = (answer: (c: Context, person: Person) => Response) => (c: Context): Response => {
    if (client.apiKey && c.req.header("ocp-apim-subscription-key") !== client.apiKey) {
      const message = "Access denied due to invalid subscription key.";
      return c.json({ statusCode: 401, message }, 401);
    }
    const { allowed, resetAt } = minute(client.id, clock());
    if (!allowed) {
      const wait = Math.max(1, resetAt - Math.floor(clock().getTime() / 1_000));
      c.header("retry-after", String(wait));
      const message = `Rate limit is exceeded. Try again in ${wait} seconds.`;
      return c.json({ statusCode: 429, message }, 429);
    }
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.json({ error: "invalid_token" }, 401);
    return answer(c, personIn(world, grant.person));
  };
  const serve = (resource: string, person: Person, records: readonly SandboxRecord[]) =>
    world.ledger.serve({
      provider: "suunto",
      person: person.id,
      externalUserId: userName(world, person),
      resource,
    }, records);
  const all = (person: Person, resource: SuuntoResource) => {
    const last = addDays(localDateIn(person.zone, clock()), 1);
    return listRecords(world, person, resource, firstDay(world, person), last).reverse();
  };
  const number = (c: Context, name: string, otherwise: number) =>
    Number(c.req.query(name) ?? otherwise);
  const bad = (c: Context, description: string) =>
    c.json({ error: { code: "400", description }, payload: null, metadata: {} }, 400);

  app.get(
    "/v3/workouts/",
    asPerson((c, person) => {
      const [since, until] = [number(c, "since", 0), number(c, "until", clock().getTime())];
      const [limit, offset] = [number(c, "limit", 50), number(c, "offset", 0)];
      if (![since, until, limit, offset].every(Number.isInteger) || limit > MAX_ROWS) {
        return bad(c, "parameters");
      }
      const byChange = c.req.query("filter-by-modification-time") !== "false";
      const rows = all(person, "workouts").filter(({ body, availableAt }) => {
        const at = byChange ? availableAt.getTime() : Number(body["startTime"]);
        return at >= since && at <= until;
      });
      const page = rows.slice(offset, offset + Math.min(limit, world.pageSize));
      serve("workouts", person, page);
      const metadata = { workoutcount: String(rows.length), until: String(until) };
      return c.json({ error: null, payload: page.map(({ body }) => body), metadata });
    }),
  );
  app.get(
    "/v3/workouts/:key",
    asPerson((c, person) => {
      const found = all(person, "workouts").find(({ id }) => id === c.req.param("key"));
      if (!found) return c.json({ error: { code: "404" }, payload: null, metadata: {} }, 404);
      serve("workouts", person, [found]);
      return c.json({ error: null, payload: found.body, metadata: {} });
    }),
  );
  for (const resource of Object.keys(SAMPLES).filter(isResource)) {
    app.get(
      `/247samples/${resource}`,
      asPerson((c, person) => {
        const [from, to] = [number(c, "from", NaN), number(c, "to", NaN)];
        if (!(from <= to && to - from <= MAX_WINDOW)) return bad(c, "from and to");
        const records = listBetween(world, person, resource, new Date(from), new Date(to));
        serve(resource, person, records);
        return c.json(records.map(({ body }) => body));
      }),
    );
  }
  app.get(
    "/247/daily-activity-statistics",
    asPerson((c, person) => {
      const at = (name: string) => parseInstant(c.req.query(name) ?? "")?.instant;
      const [start, end] = [at("startdate"), at("enddate")];
      if (!start || !end || end < start || end.getTime() - start.getTime() > MAX_WINDOW) {
        return bad(c, "startdate and enddate");
      }
      const { document, records } = dailyStatistics(world, person, start, end);
      serve("daily_activity", person, records);
      return c.json(document);
    }),
  );

  return {
    name: "suunto",
    origins: ["https://cloudapi-oauth.suunto.com", "https://cloudapi.suunto.com"],
    app,
    issuer,
    publishes: { workouts: true, sleep: false, activity: false, recovery: false },
    newId: (serial) => newWorkoutKey(world, serial),
    records: (person, resource, first, last) =>
      isResource(resource) ? listRecords(world, person, resource, first, last) : [],
    ...createHooks(world, client, issuer, serve),
    limitHeaders: () => ({ "retry-after": "30" }),
  };
}

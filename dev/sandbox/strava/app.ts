import { addDays, localDateOf } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { localDateIn } from "../clock.ts";
import { daySpan, notebook } from "../ledger.ts";
import { createLimiter } from "../limits.ts";
import { createIssuer, type TokenAnswer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import type { Grant } from "../store.ts";
import {
  firstDay,
  personIn,
  type SandboxClient,
  type SandboxRecord,
  type World,
} from "../world.ts";
import {
  activityRecord,
  athleteId,
  listActivities,
  newActivityId,
  streamsRecord,
} from "./activities.ts";
import { createHooks, problem, subscriptionRoutes } from "./subscription.ts";

const SCOPES = [
  "read",
  "read_all",
  "profile:read_all",
  "profile:write",
  "activity:read",
  "activity:read_all",
  "activity:write",
];
const QUARTER_HOUR = 900;
const DAY = 86_400;

/** Stands for https://www.strava.com: OAuth, API v3 and webhooks. */
export function createStrava(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "strava",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 6 * 3_600,
    refreshSeconds: 365 * DAY,
    clientAuth: ["body"],
    tokenType: "Bearer",
    forgetsRedirectUri: true,
    keepsAccessSeconds: 3_600,
    extra: ({ access }) => ({ expires_at: Math.round((access.at(-1)?.expiresAt ?? 0) / 1_000) }),
  });
  // All that the sandbox serves is reading, so both pairs count alike; reading has half as much.
  const quarter = createLimiter(100, QUARTER_HOUR);
  const day = createLimiter(1_000, DAY);
  const used = { quarter: 0, day: 0 };
  const limitHeaders = () => ({
    "x-ratelimit-limit": "200,2000",
    "x-ratelimit-usage": `${used.quarter},${used.day}`,
    "x-readratelimit-limit": "100,1000",
    "x-readratelimit-usage": `${used.quarter},${used.day}`,
  });
  const app = new Hono();

  app.on(["GET", "POST"], "/oauth/authorize", (c) =>
    authorize(c, {
      provider: "Strava",
      client,
      issuer,
      scopes: SCOPES,
      scopeSeparator: ",",
      partialScopes: true,
      echoScope: true,
    }));
  app.post("/oauth/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const answer = issuer.token(form, null);
    if (answer.status !== 200) return c.json(refusal(answer, form), 400);
    if (form.get("grant_type") !== "authorization_code") return c.json(answer.body);
    const grant = issuer.authenticate(`Bearer ${answer.body["access_token"]}`);
    const person = personIn(world, grant?.person ?? "");
    return c.json({ ...answer.body, athlete: summary(person) });
  });
  app.post("/oauth/revoke", async (c) => {
    const basic =
      c.req.header("authorization") === `Basic ${btoa(`${client.id}:${client.secret}`)}`;
    if (!basic) return c.json(problem("Application", "client_id", "invalid"), 401);
    const token = String((await c.req.formData()).get("token") ?? "");
    const grant = issuer.grants().find((one) =>
      one.refresh.token === token || one.access.some((access) => access.token === token)
    );
    const access = grant?.access.at(-1)?.token;
    if (access) issuer.revoke(access);
    return c.body(null, 200);
  });
  app.route("/api/v3/push_subscriptions", subscriptionRoutes(world, client));

  const summary = (person: Person) => {
    const [firstname = "", lastname = ""] = person.name.split(" ");
    const id = athleteId(world, person);
    return { id, username: person.id, resource_state: 2, firstname, lastname, premium: false };
  };
  /** Runs `answer` for the person whose token it is, within the limits. */
  const asPerson = (
    scopes: readonly string[],
    answer: (c: Context, person: Person, grant: Grant) => Response,
  ) =>
  (c: Context): Response => {
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.json(unauthorized("Athlete", "access_token", "invalid"), 401);
    const allowances = [quarter(client.id, clock()), day(client.id, clock())] as const;
    [used.quarter, used.day] = [allowances[0].used, allowances[1].used];
    for (const [name, value] of Object.entries(limitHeaders())) c.header(name, value);
    if (allowances.some(({ allowed }) => !allowed)) {
      const errors = [{ resource: "Application", field: "rate limit", code: "exceeded" }];
      return c.json({ message: "Rate Limit Exceeded", errors }, 429);
    }
    if (scopes.length && !scopes.some((scope) => grant.scopes.includes(scope))) {
      return c.json(unauthorized("AccessToken", `${scopes[0]}_permission`, "missing"), 401);
    }
    return answer(c, personIn(world, grant.person), grant);
  };
  const serve = (resource: string, person: Person, records: readonly SandboxRecord[]) =>
    world.ledger.serve({
      provider: "strava",
      person: person.id,
      externalUserId: String(athleteId(world, person)),
      resource,
    }, records);
  const visible = (person: Person, { scopes }: Grant) => {
    const last = addDays(localDateIn(person.zone, clock()), 1);
    return listActivities(world, person, firstDay(world, person), last)
      .filter(({ isPrivate }) => !isPrivate || scopes.includes("activity:read_all"));
  };
  const ACTIVITY = ["activity:read", "activity:read_all"];

  app.get(
    "/api/v3/athlete",
    asPerson([], (c, person, { scopes }) => {
      if (!scopes.includes("profile:read_all")) return c.json(summary(person));
      const today = localDateOf(clock());
      const { note, facts } = notebook(daySpan(today));
      const body = {
        ...summary(person),
        resource_state: 3,
        measurement_preference: "meters",
        weight: note("body_weight", person.weightKg),
        ftp: note("functional_threshold_power", 180 + person.age),
      };
      serve("athlete", person, [{ id: today, day: today, availableAt: clock(), body, facts }]);
      return c.json(body);
    }),
  );
  app.get(
    "/api/v3/athlete/activities",
    asPerson(ACTIVITY, (c, person, grant) => {
      const number = (name: string, otherwise: number) => Number(c.req.query(name) ?? otherwise);
      const [after, before] = [number("after", 0), number("before", 1e12)];
      const [page, size] = [number("page", 1), number("per_page", 30)];
      if (![after, before, page, size].every(Number.isInteger) || page < 1 || size > 200) {
        return c.json(problem("Activity", "page", "invalid"), 400);
      }
      const rows = visible(person, grant).filter(({ exercise: { start } }) =>
        start.getTime() / 1_000 > after && start.getTime() / 1_000 < before
      );
      if (c.req.query("after") === undefined) rows.reverse();
      const rowsAPage = Math.min(size, world.pageSize);
      const records = rows.slice((page - 1) * rowsAPage, page * rowsAPage)
        .map((one) => activityRecord(world, person, one, 2));
      serve("activities", person, records);
      return c.json(records.map(({ body }) => body));
    }),
  );
  const one = (
    path: string,
    resource: string,
    make: (c: Context, ...of: Parameters<typeof activityRecord>) => SandboxRecord,
  ) =>
    app.get(
      path,
      asPerson(ACTIVITY, (c, person, grant) => {
        const found = visible(person, grant).find(({ id }) => String(id) === c.req.param("id"));
        if (!found) return c.json({ message: "Record Not Found", errors: [] }, 404);
        const record = make(c, world, person, found, 3);
        serve(resource, person, [record]);
        return c.json(record.body);
      }),
    );
  one("/api/v3/activities/:id", "activities", (_c, ...of) => activityRecord(...of));
  one("/api/v3/activities/:id/streams", "streams", (c, ...[, person, activity]) => {
    const keys = c.req.query("keys")?.split(",") ?? [];
    return streamsRecord(world, person, activity, keys);
  });

  return {
    name: "strava",
    origins: ["https://www.strava.com"],
    app,
    issuer,
    publishes: { activities: true },
    newId: (serial) => String(newActivityId(world, serial)),
    records: (person, _resource, first, last) =>
      listActivities(world, person, first, last)
        .map((activity) => activityRecord(world, person, activity, 2)),
    ...createHooks(world, issuer),
    limitHeaders,
  };
}

/** In Strava's shape, which has no `error`. */
function refusal({ body }: TokenAnswer, form: URLSearchParams) {
  if (body["error"] !== "invalid_grant") return problem("Application", "client_id", "invalid");
  return form.get("grant_type") === "refresh_token"
    ? problem("RefreshToken", "refresh_token", "invalid")
    : problem("AuthorizationCode", "code", "invalid");
}

function unauthorized(resource: string, field: string, code: string) {
  return { message: "Authorization Error", errors: [{ resource, field, code }] };
}

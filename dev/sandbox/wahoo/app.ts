import { addDays, localDateOf } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { localDateIn } from "../clock.ts";
import { daySpan, notebook, timeSpan } from "../ledger.ts";
import { type Allowance, createLimiter } from "../limits.ts";
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
import { createHooks } from "./webhook.ts";
import { listWorkouts, newWorkoutId, wahooUserId } from "./workouts.ts";

const SCOPES = [
  "email",
  "user_read",
  "user_write",
  "workouts_read",
  "workouts_write",
  "offline_data",
  "plans_read",
  "plans_write",
  "power_zones_read",
  "power_zones_write",
  "routes_read",
  "routes_write",
];
const MAX_ROWS = 100;

/** Stands for https://api.wahooligan.com: OAuth and Cloud API v1. */
export function createWahoo(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "wahoo",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 7_200,
    refreshSeconds: 365 * 86_400,
    clientAuth: ["body"],
    tokenType: "Bearer",
    extra: ({ scopes }) => ({ scope: scopes.join(" "), created_at: unixNow() }),
  });
  const unixNow = () => Math.floor(clock().getTime() / 1_000);
  const limiters = [
    createLimiter(5_000, 86_400),
    createLimiter(1_000, 3_600),
    createLimiter(200, 300),
  ];
  const app = new Hono();

  app.on(["GET", "POST"], "/oauth/authorize", (c) =>
    authorize(c, {
      provider: "Wahoo",
      client,
      issuer,
      scopes: SCOPES,
      partialScopes: false,
      echoScope: false,
    }));
  app.post("/oauth/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const answer = issuer.token(form, c.req.header("authorization") ?? null);
    return c.json(answer.body, answer.status);
  });

  let allowances: readonly Allowance[] = [];
  const limitHeaders = () => ({
    "x-ratelimit-limit": allowances.map(({ limit }) => limit).join(", "),
    "x-ratelimit-remaining": allowances.map(({ limit, used }) => Math.max(0, limit - used))
      .join(", "),
    "x-ratelimit-reset": String(
      Math.max(
        0,
        ...allowances.filter((one) => !one.allowed).map((one) => one.resetAt - unixNow()),
      ),
    ),
  });
  /** Runs `answer` for the person whose token it is, within the limits. */
  const asPerson = (
    scope: string | undefined,
    answer: (c: Context, person: Person) => Response,
  ) =>
  (c: Context): Response => {
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.json({ error: "The access token is invalid" }, 401);
    allowances = limiters.map((take) => take(client.id, clock()));
    for (const [name, value] of Object.entries(limitHeaders())) c.header(name, value);
    if (allowances.some(({ allowed }) => !allowed)) return c.json({ error: "Rate limited" }, 429);
    if (scope && !grant.scopes.includes(scope)) return c.json({ error: "Forbidden" }, 403);
    return answer(c, personIn(world, grant.person));
  };
  const serve = (resource: string, person: Person, records: readonly SandboxRecord[]) =>
    world.ledger.serve({
      provider: "wahoo",
      person: person.id,
      externalUserId: String(wahooUserId(world, person)),
      resource,
    }, records);
  /** Everything there is, newest first. */
  const all = (person: Person) => {
    const last = addDays(localDateIn(person.zone, clock()), 1);
    return listWorkouts(world, person, firstDay(world, person), last).reverse();
  };

  app.get(
    "/v1/user",
    asPerson("user_read", (c, person) => {
      const today = localDateOf(clock());
      const { note, facts } = notebook(daySpan(today));
      const [first = "", last = ""] = person.name.split(" ");
      const metres = person.heightCm / 100;
      const body = {
        id: wahooUserId(world, person),
        email: `${person.id}@example.com`,
        first,
        last,
        birth: `${2026 - person.age}-06-01`,
        gender: person.sex === "male" ? 0 : 1,
        height: String(note("height", metres, { value: metres * 1_000 / 10 })),
        weight: String(note("body_weight", person.weightKg)),
        created_at: store.state.historyStart,
        updated_at: store.state.historyStart,
      };
      serve("user", person, [{ id: today, day: today, availableAt: clock(), body, facts }]);
      return c.json(body);
    }),
  );
  app.get(
    "/v1/power_zones",
    asPerson("power_zones_read", (c, person) => {
      const at = new Date(store.state.historyStart);
      const { note, facts } = notebook(timeSpan(at));
      const ftp = 180 + person.age;
      const zones = [0.55, 0.75, 0.9, 1.05, 1.2, 1.5, 2].map((share, i) => [
        `zone_${i + 1}`,
        Math.round(share * ftp),
      ]);
      const id = wahooUserId(world, person) + 1;
      const body = {
        id,
        ...Object.fromEntries(zones),
        ftp: note("functional_threshold_power", ftp),
        critical_power: ftp + 5,
        workout_type_family_id: 0,
        created_at: at.toISOString(),
        updated_at: at.toISOString(),
      };
      const day = localDateOf(at);
      serve("power_zones", person, [{ id: String(id), day, availableAt: at, body, facts }]);
      return c.json([body]);
    }),
  );
  app.get(
    "/v1/workouts",
    asPerson("workouts_read", (c, person) => {
      const [page, size] = [
        Number(c.req.query("page") ?? 1),
        Number(c.req.query("per_page") ?? 30),
      ];
      if (![page, size].every(Number.isInteger) || page < 1 || size < 1 || size > MAX_ROWS) {
        return c.json({ error: "Bad request" }, 400);
      }
      const rows = all(person);
      const per_page = Math.min(size, world.pageSize);
      const records = rows.slice((page - 1) * per_page, page * per_page);
      serve("workouts", person, records);
      const workouts = records.map(({ body }) => body);
      const total = rows.length;
      return c.json({ workouts, total, page, per_page, order: "descending", sort: "starts" });
    }),
  );
  app.get(
    "/v1/workouts/:id",
    asPerson("workouts_read", (c, person) => {
      const found = all(person).find(({ id }) => id === c.req.param("id"));
      if (!found) return c.json({ error: "Not found" }, 404);
      serve("workouts", person, [found]);
      return c.json(found.body);
    }),
  );
  app.delete(
    "/v1/permissions",
    asPerson(undefined, (c, person) => {
      issuer.revokePerson(person.id);
      return c.body(null, 204);
    }),
  );

  return {
    name: "wahoo",
    origins: ["https://api.wahooligan.com"],
    app,
    issuer,
    publishes: { workouts: true },
    newId: (serial) => String(newWorkoutId(world, serial)),
    records: (person, _resource, first, last) => listWorkouts(world, person, first, last),
    ...createHooks(world, client, issuer),
    limitHeaders: () => ({ ...limitHeaders(), "x-ratelimit-reset": "300" }),
  };
}

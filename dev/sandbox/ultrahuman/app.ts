import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { eachDay, localDateIn } from "../clock.ts";
import { createLimiter } from "../limits.ts";
import { createIssuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import type { Grant } from "../store.ts";
import { firstDay, personIn, type SandboxClient, type World } from "../world.ts";
import { dayRecords, ultrahumanUserId } from "./days.ts";

const SCOPES = ["profile", "ring_data", "cgm_data"];
const API = "/api/partners";

/** Stands for https://auth.ultrahuman.com and https://partner.ultrahuman.com: OAuth and the Partner API. */
export function createUltrahuman(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "ultrahuman",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 86_399,
    refreshSeconds: 365 * 86_400,
    clientAuth: ["body"],
    tokenType: "Bearer",
  });
  // Not documented; a limit all the same.
  const minute = createLimiter(300, 60);
  const app = new Hono();

  app.on(["GET", "POST"], "/authorise", (c) =>
    authorize(c, {
      provider: "Ultrahuman",
      client,
      issuer,
      scopes: SCOPES,
      partialScopes: true,
      echoScope: false,
    }));
  app.post(`${API}/oauth/token`, async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const answer = issuer.token(form, c.req.header("authorization") ?? null);
    return c.json(answer.body, answer.status);
  });
  app.post(`${API}/oauth/revoke`, async (c) => {
    const form = new URLSearchParams(await c.req.text());
    if (form.get("client_id") !== client.id || form.get("client_secret") !== client.secret) {
      return c.json({ error: "invalid_client" }, 401);
    }
    const token = form.get("token") ?? "";
    const grant = issuer.grants().find((one) =>
      one.refresh.token === token || one.access.some((access) => access.token === token)
    );
    issuer.revoke(grant?.access.at(-1)?.token ?? token);
    return c.json({});
  });

  const asPerson = (
    scopes: readonly string[],
    answer: (c: Context, person: Person, grant: Grant) => Response,
  ) =>
  (c: Context): Response => {
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.json({ error: "Unauthorized" }, 401);
    if (!minute(client.id, clock()).allowed) return c.json({ error: "Too many requests" }, 429);
    // Without a word: nobody there, nothing shared, or the scope is missing.
    if (!scopes.some((scope) => grant.scopes.includes(scope))) return c.body(null, 403);
    return answer(c, personIn(world, grant.person), grant);
  };
  app.get(
    `${API}/v1/user_data/user_info`,
    asPerson(["profile"], (c, person) =>
      c.json({
        user_id: ultrahumanUserId(world, person),
        email: `${person.id}@example.com`,
        timezone: person.zone,
      })),
  );
  app.get(
    `${API}/v1/user_data/metrics`,
    asPerson(["ring_data", "cgm_data"], (c, person, { scopes }) => {
      const date = c.req.query("date") ?? "";
      if (!/^\d{4}-\d\d-\d\d$/.test(date)) return c.json({ error: "date is required" }, 400);
      const records = date < firstDay(world, person) ? [] : dayRecords(world, person, date, {
        ring: scopes.includes("ring_data"),
        cgm: scopes.includes("cgm_data"),
      });
      world.ledger.serve({
        provider: "ultrahuman",
        person: person.id,
        externalUserId: String(ultrahumanUserId(world, person)),
        resource: "metrics",
      }, records);
      const metric_data = records.map(({ body }) => body);
      return c.json({ data: { metric_data }, error: null, status: 200 });
    }),
  );

  return {
    name: "ultrahuman",
    origins: ["https://auth.ultrahuman.com", "https://partner.ultrahuman.com"],
    app,
    issuer,
    publishes: {},
    newId: String,
    records: (person, _resource, first, last) => {
      const start = firstDay(world, person);
      const today = localDateIn(person.zone, clock());
      const end = last < today ? last : today;
      return [...eachDay(first < start ? start : first, end)]
        .flatMap((date) => dayRecords(world, person, date, { ring: true, cgm: true }));
    },
    // There are no webhooks.
    tell: () => {},
    announce: () => {},
    limitHeaders: () => ({}),
  };
}

import { fromBase64, fromUtf8, toBase64, utf8 } from "@shared/core/bytes.ts";
import { addDays, DAY, type LocalDate } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { authorize } from "../authorize.ts";
import { eachDay, localDateIn } from "../clock.ts";
import type { NotedFact } from "../ledger.ts";
import { createLimiter } from "../limits.ts";
import { createIssuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { hash32 } from "../random.ts";
import type { Grant } from "../store.ts";
import { firstDay, personIn, type SandboxClient, type World } from "../world.ts";
import { DATA_TYPES, listPoints, readFilter, SCOPE_PREFIX, SCOPES } from "./collections.ts";
import { maxRollUpDays, rollUp } from "./movement.ts";
import { civilDate, healthUserId, legacyUserId, type PointRecord } from "./record.ts";
import { createHooks, createSigner } from "./webhook.ts";

const civil = z.object({
  date: z.object({ year: z.number(), month: z.number(), day: z.number() }),
});
const rollUpRequest = z.strictObject({
  range: z.strictObject({ start: civil, end: civil }),
  windowSizeDays: z.literal(1).optional(),
  pageSize: z.number().optional(),
  pageToken: z.string().optional(),
  dataSourceFamily: z.string().optional(),
});

/** Stands for Google's OAuth, https://health.googleapis.com and the published keys of its webhooks. */
export function createGoogleHealth(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "google_health",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 3_599,
    refreshSeconds: 10 * 365 * 86_400,
    clientAuth: ["body"],
    tokenType: "Bearer",
    extra: ({ scopes }) => ({ scope: scopes.join(" ") }),
  });
  issuer.setRotation({ kind: "none" });
  const limiter = createLimiter(300, 60);
  const signer = createSigner();
  /** Codes of people who were not asked for access while they are away. */
  const online = new Set<string>();
  const app = new Hono();

  app.on(["GET", "POST"], "/o/oauth2/v2/auth", async (c) => {
    const options = { client, issuer, scopes: SCOPES, partialScopes: true, echoScope: true };
    const answer = await authorize(c, { provider: "Google Health", ...options });
    const query = new URL(c.req.url).searchParams;
    const isOffline = query.get("access_type") === "offline" && query.get("prompt") === "consent";
    const location = answer.headers.get("location");
    const code = location ? new URL(location).searchParams.get("code") : null;
    if (code !== null && !isOffline) online.add(code);
    return answer;
  });
  app.post("/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const { status, body } = issuer.token(form, c.req.header("authorization") ?? null);
    // A refresh token is handed out once, and only to be used without the person.
    const { refresh_token: _, ...rest } = body;
    const isFirst = form.get("grant_type") === "authorization_code" &&
      !online.delete(form.get("code") ?? "");
    return c.json(isFirst ? body : rest, status);
  });
  app.post("/revoke", async (c) => {
    const token = new URLSearchParams(await c.req.text()).get("token");
    const grant = issuer.grants().find((one) =>
      !one.revoked &&
      (one.refresh.token === token || one.access.some((access) => access.token === token))
    );
    if (!grant) return c.json({ error: "invalid_token" }, 400);
    issuer.revokePerson(grant.person);
    return c.json({});
  });
  app.get(
    "/googlehealthapi/webhooks/webhooks_public_keyset.json",
    async (c) => c.json((await signer).keyset),
  );

  /** Runs `answer` for the person whose token it is, within the limits. */
  const asPerson =
    (answer: (c: Context, person: Person, grant: Grant) => unknown) =>
    async (c: Context): Promise<Response> => {
      const grant = issuer.authenticate(c.req.header("authorization") ?? null);
      if (!grant) return refusal(c, 401, "UNAUTHENTICATED");
      if (!limiter(grant.person, clock()).allowed) return refusal(c, 429, "RESOURCE_EXHAUSTED");
      const scope = DATA_TYPES[c.req.param("type") ?? ""]?.scope;
      if (scope !== undefined && !grant.scopes.includes(`${SCOPE_PREFIX}${scope}.readonly`)) {
        return refusal(c, 403, "PERMISSION_DENIED");
      }
      const body = await answer(c, personIn(world, grant.person), grant);
      return body === undefined ? refusal(c, 400, "INVALID_ARGUMENT") : c.json(body);
    };
  const serve = (
    person: Person,
    resource: string,
    records: readonly { readonly id: string; readonly facts: readonly NotedFact[] }[],
  ) =>
    world.ledger.serve({
      provider: "google_health",
      person: person.id,
      externalUserId: healthUserId(world, person),
      resource,
    }, records);

  /** A page of points, newest first; `shown` is what the stream makes of each. */
  const points = (shown: (record: PointRecord) => unknown) => (c: Context, person: Person) => {
    const type = c.req.param("type") ?? "";
    const passes = readFilter(type, person.zone, c.req.query("filter") ?? "");
    const offset = readToken(c.req.query("pageToken"));
    const asked = Number(c.req.query("pageSize") ?? 1_440);
    const isSession = ["session", "sleep"].includes(DATA_TYPES[type]?.kind ?? "");
    if (!passes || DATA_TYPES[type]?.rollUpOnly || offset === undefined || !(asked >= 0)) {
      return undefined;
    }
    const last = addDays(localDateIn(person.zone, clock()), 1);
    const rows = listPoints(world, person, type, firstDay(world, person), last)
      .filter(passes).reverse();
    // Points are small, so twenty times as many come as of other providers' records.
    const size = Math.min(asked || 1_440, isSession ? 25 : 10_000, world.pageSize * 20);
    const page = rows.slice(offset, offset + size);
    serve(person, type, page);
    const more = offset + size < rows.length;
    return {
      ...(page.length > 0 ? { dataPoints: page.map(shown) } : {}),
      ...(more ? { nextPageToken: toBase64(utf8(String(offset + size))) } : {}),
    };
  };

  const TYPES = "/v4/users/me/dataTypes/:type";
  app.get(
    "/v4/users/me/identity",
    asPerson((_c, person) => ({
      name: "users/me/identity",
      healthUserId: healthUserId(world, person),
      legacyUserId: legacyUserId(world, person),
    })),
  );
  app.get(`${TYPES}/dataPoints`, asPerson(points(({ body }) => body)));
  app.get(
    `${TYPES}/:method{dataPoints:reconcile}`,
    asPerson(points(({ body: { name, dataSource: _, ...value } }) => ({
      ...(name === undefined ? {} : { dataPointName: name }),
      ...value,
    }))),
  );
  app.post(
    `${TYPES}/:method{dataPoints:dailyRollUp}`,
    asPerson(async (c, person) => {
      const type = c.req.param("type") ?? "";
      const { data } = rollUpRequest.safeParse(await c.req.json().catch(() => undefined));
      const maxDays = maxRollUpDays(type);
      if (!data || maxDays === undefined) return undefined;
      const [first, end] = [dayOf(data.range.start), dayOf(data.range.end)];
      const days = (Date.parse(end) - Date.parse(first)) / DAY;
      if (!(days >= 1 && days <= maxDays)) return undefined;
      const start = firstDay(world, person);
      const today = localDateIn(person.zone, clock());
      const last = end > today ? today : addDays(end, -1);
      const totals = [...eachDay(first < start ? start : first, last)]
        .map((date) => ({ date, id: date, ...rollUp(world, person, type, date) }));
      serve(person, `${type} per day`, totals);
      return {
        rollupDataPoints: totals.map(({ date, body }) => ({
          civilStartTime: { date: civilDate(date), time: {} },
          civilEndTime: { date: civilDate(addDays(date, 1)), time: {} },
          ...body,
        })),
      };
    }),
  );

  return {
    name: "google_health",
    origins: [
      "https://accounts.google.com",
      "https://oauth2.googleapis.com",
      "https://health.googleapis.com",
      "https://www.gstatic.com",
    ],
    app,
    issuer,
    publishes: { sleep: true, exercise: true, weight: false },
    newId: (serial) => String(7_000_000_000 + hash32(world.seed, "google_health", "new", serial)),
    records: (person, resource, first, last) => listPoints(world, person, resource, first, last),
    ...createHooks(world, client, issuer, signer),
    limitHeaders: () => ({}),
  };
}

function refusal(c: Context, code: 400 | 401 | 403 | 429, status: string): Response {
  return c.json({ error: { code, message: `Sandbox: ${status}`, status } }, code);
}

function dayOf({ date: { year, month, day } }: z.output<typeof civil>): LocalDate {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)}`;
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

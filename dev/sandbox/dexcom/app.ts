import { DAY, parseInstant } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { createLimiter } from "../limits.ts";
import { createIssuer, type Issuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import { hexOf } from "../random.ts";
import {
  personIn,
  publishedFor,
  type SandboxClient,
  type SandboxRecord,
  type World,
} from "../world.ts";
import { alerts, calibrations, devices, egvs, events, times, UPLOAD_DELAY } from "./records.ts";

export type DexcomRegion = "us" | "eu" | "jp" | "sandbox";

const WINDOW_DAYS = 30;

/** One region of Dexcom's API v3: its tokens are worth nothing at another's. */
export function createDexcom(world: World, client: SandboxClient, region: DexcomRegion): {
  readonly app: Hono;
  readonly issuer: Issuer;
} {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: `dexcom-${region}`,
    client,
    clock,
    store,
    codeSeconds: 60,
    accessSeconds: 7_200,
    refreshSeconds: 365 * 86_400,
    clientAuth: ["body"],
    tokenType: "Bearer",
    // Sent by the service and not to be believed: it does not mean "already over".
    extra: { refresh_expires_in: 0 },
  });
  const limit = createLimiter(60_000, 3_600);
  const delay = region === "us" || region === "sandbox"
    ? UPLOAD_DELAY[region]
    : UPLOAD_DELAY.elsewhere;
  const app = new Hono();

  // The old path is the same flow and still in clients' hands.
  for (const version of ["v2", "v3"]) {
    app.on(["GET", "POST"], `/${version}/oauth2/login`, (c) =>
      authorize(c, {
        provider: "Dexcom",
        client,
        issuer,
        scopes: ["offline_access"],
        partialScopes: false,
        echoScope: false,
      }));
    app.post(`/${version}/oauth2/token`, async (c) => {
      const answer = issuer.token(new URLSearchParams(await c.req.text()), null);
      return c.json(answer.body, answer.status);
    });
  }

  const asPerson = (answer: (c: Context, person: Person) => Response) => (c: Context): Response => {
    if (!limit(client.id, clock()).allowed) return c.json({ error: "too_many_requests" }, 429);
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    return grant
      ? answer(c, personIn(world, grant.person))
      : c.json({ error: "invalid_token" }, 401);
  };
  const userId = (person: Person) => dexcomUserId(world, client, region, person);
  /** What has been uploaded by now; what `publish` added is there at once. */
  const uploaded = (person: Person, record: SandboxRecord) =>
    record.availableAt.getTime() <= clock().getTime() - delay ||
    publishedFor(world, "dexcom", person.id, "egvs").some((one) => one.recordId === record.id);

  const collections = [
    ["egvs", "egv", egvs],
    ["events", "event", events],
    ["calibrations", "calibration", calibrations],
    ["alerts", "alert", alerts],
  ] as const;
  for (const [path, recordType, make] of collections) {
    app.get(
      `/v3/users/self/${path}`,
      asPerson((c, person) => {
        const from = naiveUtc(c.req.query("startDate"));
        const to = naiveUtc(c.req.query("endDate"));
        if (!from || !to || to < from) return bad(c, "startDate and endDate must be UTC times");
        if (to.getTime() - from.getTime() > WINDOW_DAYS * DAY) {
          return bad(c, "The window may be 30 days at most");
        }
        const end = to > clock() ? clock() : to;
        const records = make(world, person, from, end).filter((one) => uploaded(person, one));
        world.ledger.serve({
          provider: "dexcom",
          person: person.id,
          externalUserId: userId(person),
          resource: path,
        }, records);
        return c.json({
          recordType,
          recordVersion: "3.0",
          userId: userId(person),
          records: records.map((record) => record.body),
        });
      }),
    );
  }
  app.get(
    "/v3/users/self/devices",
    asPerson((c, person) =>
      c.json({
        recordType: "device",
        recordVersion: "3.0",
        userId: userId(person),
        records: devices(world, person),
      })
    ),
  );
  app.get(
    "/v3/users/self/dataRange",
    asPerson((c, person) => {
      const since = c.req.query("lastSyncTime");
      const after = since === undefined ? undefined : parseInstant(since.replace(" ", "+"));
      // Unlike all the others, this one parameter must carry a zone.
      if (since !== undefined && after?.offsetMinutes === undefined) {
        return bad(c, "lastSyncTime must have an offset");
      }
      const from = after?.instant ?? new Date(store.state.historyStart);
      const range = (make: typeof egvs) => {
        const records = make(world, person, from, clock()).filter((one) => uploaded(person, one));
        const instants = records.map((one) => one.availableAt.getTime());
        if (instants.length === 0) return null;
        return {
          start: times(person, new Date(Math.min(...instants))),
          end: times(person, new Date(Math.max(...instants))),
        };
      };
      return c.json({
        recordType: "dataRange",
        recordVersion: "3.0",
        userId: userId(person),
        calibrations: range(calibrations),
        egvs: range(egvs),
        events: range(events),
      });
    }),
  );
  return { app, issuer };
}

/** Unique for an account at one client; the same person has another one elsewhere. */
export function dexcomUserId(
  world: World,
  client: SandboxClient,
  region: DexcomRegion,
  person: Person,
): string {
  return hexOf(64, world.seed, "dexcom", region, client.id, person.id);
}

/** `YYYY-MM-DDTHH:MM:SS`: UTC, and without a zone. */
function naiveUtc(text: string | undefined): Date | undefined {
  if (!text || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)) return undefined;
  return parseInstant(text)?.instant;
}

function bad(c: Context, message: string): Response {
  return c.json({ error: "invalid_request", error_description: message }, 400);
}

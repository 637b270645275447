import { toBase64Url, utf8 } from "@shared/core/bytes.ts";
import { addDays, DAY, localDateOf } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { refusalPage } from "../consent_page.ts";
import { createLimiter } from "../limits.ts";
import { createIssuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { personIn, type SandboxClient, type World } from "../world.ts";
import { createDeliveries } from "./deliveries.ts";
import { garminUserId } from "./record.ts";
import { newActivityId } from "./sessions.ts";
import {
  EMPTY_PATHS,
  listSummaries,
  SUMMARIES,
  SUMMARY_KINDS,
  type SummaryKind,
} from "./summaries.ts";

const PERMISSIONS = ["ACTIVITY_EXPORT", "HEALTH_EXPORT", "HISTORICAL_DATA_EXPORT", "MCT_EXPORT"];
const REST = "/wellness-api/rest";
/** Longest span that one request for history may have. */
const BACKFILL = 30 * DAY;

/** Stands for https://connect.garmin.com, https://diauth.garmin.com and https://apis.garmin.com. */
export function createGarmin(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "garmin",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 86_400,
    refreshSeconds: 90 * 86_400,
    clientAuth: ["body"],
    tokenType: "bearer",
    extra: ({ id }) => ({
      scope: "PARTNER_READ CONNECT_READ",
      jti: id,
      refresh_token_expires_in: 7_775_998,
    }),
  });
  const minute = createLimiter(100, 60);
  const deliveries = createDeliveries(world, client, issuer);
  /** Code to the challenge that its exchange must answer. */
  const challenges = new Map<string, string>();
  /** Spans that were asked for: each may be asked for once. */
  const asked = new Set<string>();
  const app = new Hono();

  app.on(["GET", "POST"], "/oauth2Confirm", async (c) => {
    const challenge = c.req.query("code_challenge");
    if (!challenge || c.req.query("code_challenge_method") !== "S256") {
      return c.html(refusalPage("Garmin", "PKCE with S256 is required"), 400);
    }
    const answer = await authorize(c, {
      provider: "Garmin",
      client,
      issuer,
      scopes: [],
      partialScopes: false,
      echoScope: false,
    });
    const location = answer.headers.get("location");
    const code = location && new URL(location).searchParams.get("code");
    if (code) challenges.set(code, challenge);
    return answer;
  });
  app.post("/di-oauth2-service/oauth/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    if (form.get("grant_type") === "authorization_code") {
      const challenge = challenges.get(form.get("code") ?? "");
      if (challenge !== await challengeOf(form.get("code_verifier") ?? "")) {
        return c.json({ error: "invalid_grant" }, 400);
      }
    }
    const answer = issuer.token(form, c.req.header("authorization") ?? null);
    return c.json(answer.body, answer.status);
  });

  /** Runs `answer` for the person whose token it is, within the limit. */
  const asPerson = (answer: (c: Context, person: Person) => Response) => (c: Context): Response => {
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.json({ errorMessage: "Invalid access token" }, 401);
    if (!minute(client.id, clock()).allowed) {
      return c.json({ errorMessage: "Too many requests" }, 429);
    }
    return answer(c, personIn(world, grant.person));
  };
  app.get(
    `${REST}/user/id`,
    asPerson((c, person) => c.json({ userId: garminUserId(world, person) })),
  );
  app.get(`${REST}/user/permissions`, asPerson((c) => c.json({ permissions: PERMISSIONS })));
  app.delete(
    `${REST}/user/registration`,
    asPerson((c, person) => {
      issuer.revokePerson(person.id);
      return c.body(null, 204);
    }),
  );
  app.get(
    `${REST}/backfill/:path`,
    asPerson((c, person) => {
      const path = c.req.param("path") ?? "";
      const [from, to] = [
        epochIn(c, "summaryStartTimeInSeconds"),
        epochIn(c, "summaryEndTimeInSeconds"),
      ];
      const kind = SUMMARY_KINDS.find((one) => SUMMARIES[one].path === path);
      if (!kind && !EMPTY_PATHS.has(path)) return c.body(null, 404);
      if (!(from < to) || to - from > BACKFILL) {
        return c.json({ errorMessage: "Invalid time range" }, 400);
      }
      const key = [person.id, path, from, to].join();
      if (asked.has(key)) return c.json({ errorMessage: "Duplicate backfill request" }, 409);
      asked.add(key);
      if (kind) backfill(person, kind, from, to);
      return c.body(null, 202);
    }),
  );
  function backfill(person: Person, kind: SummaryKind, from: number, to: number): void {
    const first = addDays(localDateOf(new Date(from)), -1);
    const last = addDays(localDateOf(new Date(to)), 1);
    const records = listSummaries(world, person, kind, first, last);
    for (let i = 0; i < records.length; i += world.pageSize) {
      deliveries.send(person, kind, records.slice(i, i + world.pageSize));
    }
  }
  app.get(
    `${REST}/:path`,
    asPerson((c, person) => {
      const query = new URL(c.req.url).searchParams;
      const rows = deliveries.fetch(person, c.req.param("path") ?? "", query);
      return rows ? c.json(rows) : c.json({ errorMessage: "Invalid download token" }, 400);
    }),
  );

  return {
    name: "garmin",
    origins: ["https://connect.garmin.com", "https://diauth.garmin.com", "https://apis.garmin.com"],
    app,
    issuer,
    publishes: { activities: true, dailies: false, sleeps: false },
    newId: (serial) => String(newActivityId(world, serial)),
    records: (person, resource, first, last) => {
      const kind = SUMMARY_KINDS.find((one) => one === resource);
      return kind ? listSummaries(world, person, kind, first, last) : [];
    },
    announce: deliveries.announce,
    tell: deliveries.tell,
    revoked: deliveries.revoked,
    limitHeaders: () => ({}),
  };
}

async function challengeOf(verifier: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(verifier))));
}

/** Milliseconds of a parameter in seconds. */
function epochIn(c: Context, name: string): number {
  const text = c.req.query(name) ?? "";
  return /^\d{1,10}$/.test(text) ? Number(text) * 1_000 : NaN;
}

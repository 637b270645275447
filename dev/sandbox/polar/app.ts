import { addDays, type LocalDate } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { localDateIn } from "../clock.ts";
import { createLimiter } from "../limits.ts";
import { createIssuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { hexOf } from "../random.ts";
import {
  firstDay,
  personIn,
  type SandboxClient,
  type SandboxRecord,
  type World,
} from "../world.ts";
import { isResource, listRecords, type PolarResource } from "./collections.ts";
import { physicalInfo } from "./days.ts";
import { userId } from "./record.ts";
import { createHooks } from "./webhook.ts";

const SCOPES = ["accesslink.read_all"];
const DAY_SECONDS = 86_400;
/** Nobody sees further back, whatever they ask for. */
const SHOWN_DAYS = 28;

/** Stands for https://www.polaraccesslink.com and the two that give its tokens. */
export function createPolar(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "polar",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 315_359_999,
    refreshSeconds: 1,
    clientAuth: ["basic"],
    tokenType: "bearer",
    // There is no scope of that name, and so never a refresh token.
    offlineScope: "offline",
    extra: ({ person }) => ({ x_user_id: userId(world, personIn(world, person)) }),
  });
  const quarter = createLimiter(520, 900);
  const day = createLimiter(5_100, DAY_SECONDS);
  const used = { quarter: 0, day: 0, quarterEnds: 0, dayEnds: 0 };
  const limitHeaders = () => {
    const now = Math.floor(clock().getTime() / 1_000);
    return {
      "ratelimit-usage": `${used.quarter}, ${used.day}`,
      "ratelimit-limit": "520, 5100",
      "ratelimit-reset": `${Math.max(0, used.quarterEnds - now)}, ${
        Math.max(0, used.dayEnds - now)
      }`,
    };
  };
  const registered = () => store.state.polarUsers ?? [];
  const app = new Hono();

  app.on(["GET", "POST"], "/oauth2/authorization", (c) =>
    authorize(c, {
      provider: "Polar",
      client,
      issuer,
      scopes: SCOPES,
      partialScopes: false,
      echoScope: false,
    }));
  app.post("/v2/oauth2/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const answer = issuer.token(form, c.req.header("authorization") ?? null);
    return c.json(answer.body, answer.status);
  });

  /** Runs `answer` for the person whose token it is, within the limits; `open` before they are registered. */
  const asPerson = (
    answer: (c: Context, person: Person) => Response | Promise<Response>,
    open = false,
  ) =>
  async (c: Context): Promise<Response> => {
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.body(null, 401);
    const [short, long] = [quarter(client.id, clock()), day(client.id, clock())];
    Object.assign(used, {
      quarter: short.used,
      day: long.used,
      quarterEnds: short.resetAt,
      dayEnds: long.resetAt,
    });
    for (const [name, value] of Object.entries(limitHeaders())) c.header(name, value);
    if (!short.allowed || !long.allowed) return c.body(null, 429);
    if (!open && !registered().includes(grant.person)) return c.body(null, 403);
    const response = await answer(c, personIn(world, grant.person));
    const wantsJson = /\bjson\b/.test(c.req.header("accept") ?? "");
    // Who does not say otherwise is answered in XML.
    return response.status === 200 && !wantsJson
      ? c.body("<user/>", 200, { "content-type": "application/xml" })
      : response;
  };
  const serve = (resource: string, person: Person, records: readonly SandboxRecord[]) =>
    world.ledger.serve({
      provider: "polar",
      person: person.id,
      externalUserId: String(userId(world, person)),
      resource,
    }, records);
  const shown = (person: Person, resource: PolarResource, first?: LocalDate, last?: LocalDate) => {
    const today = localDateIn(person.zone, clock());
    const earliest = addDays(today, 1 - SHOWN_DAYS);
    const start = [first ?? earliest, earliest, firstDay(world, person)].toSorted().at(-1) ?? "";
    const records = listRecords(world, person, resource, start, last ?? today);
    serve(resource, person, records);
    return records.map(({ body }) => body);
  };
  const user = (person: Person) => {
    const [first = "", last = ""] = person.name.split(" ");
    return {
      "polar-user-id": userId(world, person),
      "member-id": String(userId(world, person)),
      "registration-date": store.state.historyStart,
      "first-name": first,
      "last-name": last,
      gender: person.sex === "female" ? "FEMALE" : "MALE",
      weight: person.weightKg,
      height: person.heightCm,
    };
  };

  app.post(
    "/v3/users",
    asPerson(async (c, person) => {
      const body: unknown = await c.req.json().catch(() => null);
      const isNamed = typeof body === "object" && body !== null && "member-id" in body;
      if (!isNamed) return c.body(null, 400);
      if (registered().includes(person.id)) return c.body(null, 409);
      store.state.polarUsers = [...registered(), person.id];
      store.save();
      return c.json(user(person));
    }, true),
  );

  /** The whole list, wrapped where the service wraps it; `from` and `to` where it takes them. */
  const list = (
    path: string,
    resource: PolarResource,
    how: { readonly inside?: string; readonly range?: "optional" | "needed"; none?: 204 } = {},
  ) =>
    app.get(
      path,
      asPerson((c, person) => {
        const [from, to] = [c.req.query("from"), c.req.query("to")];
        const isDays = [from, to].every((one) => /^\d{4}-\d\d-\d\d$/.test(one ?? ""));
        const isAsked = from !== undefined || to !== undefined;
        if ((how.range === "needed" || isAsked) && !isDays) return c.body(null, 400);
        const tooLong = isDays && addDays(from ?? "", SHOWN_DAYS - 1) < (to ?? "");
        if (tooLong || (isAsked && !how.range)) return c.body(null, 400);
        const rows = shown(person, resource, from, to);
        if (rows.length === 0 && how.none) return c.body(null, how.none);
        return c.json(how.inside ? { [how.inside]: rows } : rows);
      }),
    );
  const one = (path: string, resource: PolarResource, none: 204 | 404) =>
    app.get(
      `${path}/:id`,
      asPerson((c, person) => {
        const today = localDateIn(person.zone, clock());
        const found = listRecords(world, person, resource, firstDay(world, person), today)
          .find(({ id }) => id === c.req.param("id"));
        if (!found) return c.body(null, none);
        serve(resource, person, [found]);
        return c.json(found.body);
      }),
    );
  list("/v3/exercises", "exercises");
  one("/v3/exercises", "exercises", 404);
  list("/v3/users/sleep", "sleep", { inside: "nights" });
  one("/v3/users/sleep", "sleep", 404);
  list("/v3/users/nightly-recharge", "nightly_recharge", { inside: "recharges" });
  one("/v3/users/nightly-recharge", "nightly_recharge", 404);
  list("/v3/users/activities", "activities", { range: "optional" });
  one("/v3/users/activities", "activities", 204);
  one("/v3/users/continuous-heart-rate", "continuous_heart_rate", 404);
  list("/v3/users/cardio-load/date", "cardio_load", { range: "needed" });
  list("/v3/users/biosensing/spo2", "spo2", { range: "optional", none: 204 });
  list("/v3/users/biosensing/skintemperature", "skin_temperature", {
    range: "optional",
    none: 204,
  });
  // Nobody here wears these sensors.
  for (const sensor of ["bodytemperature", "ecg", "skincontacts"]) {
    app.get(`/v3/users/biosensing/${sensor}`, asPerson((c) => c.body(null, 204)));
  }
  app.get(
    "/v3/users/physical-info",
    asPerson((c, person) => {
      const record = physicalInfo(world, person);
      serve("physical_info", person, [record]);
      return c.json(record.body);
    }),
  );
  const own = (c: Context, person: Person) => c.req.param("id") === String(userId(world, person));
  app.get(
    "/v3/users/:id",
    asPerson((c, person) => own(c, person) ? c.json(user(person)) : c.body(null, 204)),
  );
  app.delete(
    "/v3/users/:id",
    asPerson((c, person) => {
      if (!own(c, person)) return c.body(null, 403);
      store.state.polarUsers = registered().filter((id) => id !== person.id);
      issuer.revokePerson(person.id);
      return c.body(null, 204);
    }),
  );

  return {
    name: "polar",
    origins: [
      "https://www.polaraccesslink.com",
      "https://polarremote.com",
      "https://flow.polar.com",
    ],
    app,
    issuer,
    publishes: { exercises: true, sleep: false },
    newId: (serial) => hexOf(8, world.seed, "polar published", serial),
    records: (person, resource, first, last) =>
      isResource(resource) ? listRecords(world, person, resource, first, last) : [],
    ...createHooks(world, client, issuer),
    limitHeaders,
  };
}

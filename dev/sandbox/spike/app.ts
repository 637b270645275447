import { addDays, type LocalDate, localDateOf, parseInstant } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { PretendProvider } from "../provider.ts";
import { uuidOf } from "../random.ts";
import type { SpikeUser } from "../store.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";
import { COLLECTIONS, isSensor, recordsOf } from "./collections.ts";
import { dayOf, type Spike, spikeTime } from "./records.ts";
import { columnsOf, freshValues, SERIES_NAMES, valuesOf } from "./series.ts";
import {
  createLinkPages,
  createSender,
  createTokens,
  ORIGIN,
  SERVICES,
  shownUser,
  userNamed,
  usersOf,
} from "./users.ts";

const credentials = z.object({
  application_id: z.int(),
  application_user_id: z.string().regex(/^[\w.-]{1,128}$/),
  signature: z.string(),
});

/** What a record of each collection changes, as webhooks name it. */
const CHANGES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  daily: {
    metrics: ["steps", "distance", "calories_burned_active"],
    activity_types: ["sedentary"],
  },
  sleeps: { metrics: ["sleep_duration", "heartrate_min"], activity_types: ["sleep"] },
  workouts: { metrics: ["calories_burned", "distance"], activity_types: ["running"] },
};

/** Stands for https://app-api.spikeapi.com. */
export function createSpike(world: World, client: SandboxClient): PretendProvider {
  const { clock, ledger } = world;
  const tokens = createTokens(client);
  const send = createSender(world, client);
  const linkPages = createLinkPages(world, (user) => {
    send(user, "provider_integration_created");
    // All that there was is read from the service first, and told when it is there.
    const of = spikeOf(user);
    const names = of && isSensor(of) ? { metrics: ["glucose"] } : {
      metrics: ["steps", "sleep_duration", "heartrate", "weight"],
      activity_types: ["running"],
    };
    send(user, "record_change", {
      ...names,
      earliest_record_start_at: spikeTime(new Date(world.store.state.historyStart)),
      latest_record_end_at: spikeTime(clock()),
    });
  });
  const app = new Hono();
  const api = new Hono<{ Variables: { readonly user: SpikeUser } }>();

  api.post("/auth/hmac", async (c) => {
    const asked = credentials.safeParse(await c.req.json().catch(() => null)).data;
    if (!asked) return problem(c, 422, "Unprocessable Entity", "body.application_id");
    const { application_id: id, application_user_id: userId, signature } = asked;
    if (String(id) !== client.id || !tokens.isSigned(userId, signature)) {
      return problem(c, 401, "Unauthorized", "invalid signature");
    }
    userNamed(world, userId);
    return c.json({ access_token: tokens.of(userId) });
  });
  api.route("/", linkPages.pages);
  api.use(async (c, next) => {
    const userId = tokens.userOf(c.req.header("authorization"));
    if (userId === undefined) return problem(c, 401, "Unauthorized", "invalid token");
    c.set("user", userNamed(world, userId));
    await next();
    return undefined;
  });
  api.get("/userinfo", (c) => c.json(shownUser(client, c.get("user"))));
  api.get("/providers/:slug/integration/init_url", (c) => {
    const service = c.req.param("slug");
    const redirectUri = c.req.query("redirect_uri");
    if (!SERVICES.includes(service)) return problem(c, 400, "Bad Request", "unknown provider");
    if (!redirectUri || !URL.canParse(redirectUri)) {
      return problem(c, 400, "Bad Request", "redirect_uri is not allowed");
    }
    const visit = { user: c.get("user"), service, redirectUri, state: c.req.query("state") };
    return c.json(linkPages.open(visit));
  });
  api.delete("/providers/:slug/integration", (c) => {
    const user = c.get("user");
    if (user.service !== c.req.param("slug")) {
      return problem(c, 400, "Bad Request", "no integration");
    }
    unlink(user);
    return c.body(null, 204);
  });
  api.get("/queries/statistics/daily", (c) => {
    const days = daysAsked(c);
    const types = c.req.queries("types") ?? [];
    if (!days || types.length === 0) return problem(c, 422, "Unprocessable Entity", "query.types");
    const statistics = serve(c.get("user"), "daily", days).map(({ body }) => ({
      ...body,
      values: Object.fromEntries(
        Object.entries(Object(body["values"])).filter(([type]) => types.includes(type)),
      ),
    }));
    return c.json({ from_date: days[0], to_date: days[1], statistics });
  });
  api.get("/queries/sleeps", (c) => {
    const days = daysAsked(c);
    if (!days) return problem(c, 422, "Unprocessable Entity", "query.from_date");
    const withStages = c.req.query("include_stages") === "true";
    const sleeps = serve(c.get("user"), "sleeps", days)
      .map(({ body: { stages, ...body } }) => ({ ...body, ...(withStages ? { stages } : {}) }));
    return c.json({ from_date: days[0], to_date: days[1], sleeps });
  });
  api.get("/queries/workouts", (c) => {
    const window = timesAsked(c);
    if (!window) return problem(c, 422, "Unprocessable Entity", "query.from_timestamp");
    const { from, to } = window;
    const days = [addDays(localDateOf(from), -1), addDays(localDateOf(to), 1)] as const;
    const isAsked = ({ body }: SandboxRecord) => {
      const at = Date.parse(String(body["start_at_timestamp"]));
      return at >= from.getTime() && at < to.getTime();
    };
    const workouts = serve(c.get("user"), "workouts", days, isAsked).map(({ body }) => body);
    return c.json({ from_timestamp: spikeTime(from), to_timestamp: spikeTime(to), workouts });
  });
  api.get("/queries/timeseries", (c) => {
    const window = timesAsked(c);
    const metric = c.req.query("metric");
    if (!window || !metric) return problem(c, 422, "Unprocessable Entity", "query.metric");
    const of = spikeOf(c.get("user"));
    const records = of ? valuesOf(of, metric, window.from, window.to) : [];
    note(c.get("user"), metric, records);
    return c.json(columnsOf(of?.service, metric, window, records));
  });
  app.route("/v3", api);

  function spikeOf({ person, service }: SpikeUser): Spike | undefined {
    return person === undefined || service === undefined
      ? undefined
      : { world, person: personIn(world, person), service };
  }

  function serve(
    user: SpikeUser,
    collection: string,
    [first, last]: readonly [LocalDate, LocalDate],
    isAsked: (record: SandboxRecord) => boolean = () => true,
  ): readonly SandboxRecord[] {
    const of = spikeOf(user);
    const records = of ? recordsOf(of, collection, first, last).filter(isAsked) : [];
    note(user, collection, records);
    return records;
  }

  function note(user: SpikeUser, resource: string, records: readonly SandboxRecord[]): void {
    const { person = "", userId: externalUserId } = user;
    ledger.serve({ provider: "spike", person, externalUserId, resource }, records);
  }

  function unlink(user: SpikeUser): void {
    send(user, "provider_integration_deleted");
    delete user.service;
    world.store.save();
  }

  /** Spike tells when the records are, and what they speak of. */
  function tell(user: SpikeUser, collection: string, records: readonly SandboxRecord[]): void {
    const times = records.flatMap(({ body, day }) => [
      Date.parse(String(body["start_at_timestamp"] ?? `${day}T00:00:00Z`)),
      Date.parse(String(body["end_at_timestamp"] ?? `${day}T12:00:00Z`)),
    ]);
    if (times.length === 0) return;
    send(user, "record_change", {
      ...CHANGES[collection],
      earliest_record_start_at: spikeTime(new Date(Math.min(...times))),
      latest_record_end_at: spikeTime(new Date(Math.max(...times))),
    });
  }

  const usersWith = (person: string) =>
    usersOf(world).filter((one) => one.person === person && one.service !== undefined);

  return {
    name: "spike",
    origins: [ORIGIN],
    app,
    publishes: { daily: false, sleeps: true, workouts: true },
    newId: (serial) => uuidOf(world.seed, "spike", "published", serial),
    records: (person, collection, first, last) =>
      recordsOf({ world, person, service: "garmin" }, collection, first, last),
    tell({ person, resource, recordId }) {
      const last = addDays(localDateOf(clock()), 1);
      for (const user of usersWith(person)) {
        const of = spikeOf(user);
        const known = of ? recordsOf(of, resource, addDays(last, -9), last) : [];
        tell(user, resource, known.filter(({ id }) => id === recordId));
      }
    },
    announce(since, until) {
      for (const user of usersOf(world)) {
        const of = spikeOf(user);
        if (!of) continue;
        const today = dayOf(of, until);
        for (const collection of Object.keys(COLLECTIONS)) {
          const fresh = recordsOf(of, collection, addDays(today, -1), today)
            .filter(({ availableAt }) => availableAt > since && availableAt <= until);
          tell(user, collection, fresh);
        }
        const changed = SERIES_NAMES
          .map((metric) => [metric, freshValues(of, metric, since, until)] as const)
          .filter(([, values]) => values.length > 0);
        const times = changed.flatMap(([, values]) =>
          values.map(({ availableAt }) => availableAt.getTime())
        );
        if (times.length === 0) continue;
        send(user, "record_change", {
          metrics: changed.map(([metric]) => metric),
          earliest_record_start_at: spikeTime(new Date(Math.min(...times))),
          latest_record_end_at: spikeTime(new Date(Math.max(...times))),
        });
      }
    },
    revoked(person) {
      for (const user of usersWith(person)) unlink(user);
    },
    limitHeaders: () => ({}),
  };
}

function daysAsked(c: Context): readonly [first: LocalDate, last: LocalDate] | undefined {
  const [first = "", last = ""] = [c.req.query("from_date"), c.req.query("to_date")];
  const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  return isDay(first) && isDay(last) ? [first, last] : undefined;
}

function timesAsked(c: Context): { readonly from: Date; readonly to: Date } | undefined {
  const from = parseInstant(c.req.query("from_timestamp") ?? "")?.instant;
  const to = parseInstant(c.req.query("to_timestamp") ?? "")?.instant;
  return from && to ? { from, to } : undefined;
}

/** RFC 9457, as Spike answers every error. */
function problem(c: Context, status: 400 | 401 | 422, title: string, detail: string): Response {
  return c.json({ title, status, detail, errors: [] }, status, {
    "content-type": "application/problem+json",
  });
}

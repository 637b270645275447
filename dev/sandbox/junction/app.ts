import { addDays, DAY, localDateOf, parseInstant } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { localDateIn } from "../clock.ts";
import type { PretendProvider } from "../provider.ts";
import { uuidOf } from "../random.ts";
import type { JunctionUser } from "../store.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";
import { groupOf, samplesOf, SUMMARIES, summariesOf } from "./collections.ts";
import { type Junction, junctionTime } from "./records.ts";
import { createdEvent, createLinkPage, createSvix, shownUser, usersOf } from "./users.ts";

/** Summaries whose envelope is not called as they are. */
const ENVELOPES: Readonly<Record<string, string>> = { meal: "meals" };

const newUser = z.looseObject({ client_user_id: z.string().min(1) });
const linkToken = z.looseObject({ user_id: z.string(), redirect_url: z.string().nullish() });

/** Stands for https://api.us.junction.com and the page of its link widget. */
export function createJunction(world: World, client: SandboxClient): PretendProvider {
  const { clock, ledger, store } = world;
  const send = createSvix(world, client);
  const page = createLinkPage(world, (user) => {
    send(user, "provider.connection.created", createdEvent(user));
    // All that there was is read from the service first, and told when it is there.
    for (const resource of [...Object.keys(SUMMARIES), "heartrate", "glucose"]) {
      send(user, `historical.data.${resource}.created`, {
        user_id: user.userId,
        start_date: store.state.historyStart,
        end_date: clock().toISOString(),
        provider: user.provider,
        is_final: true,
      });
    }
  });
  const app = new Hono();
  const api = new Hono();

  api.use(async (c, next) => {
    if (c.req.header("x-vital-api-key") !== client.secret) {
      return c.json({ detail: "Invalid token" }, 401);
    }
    await next();
    return undefined;
  });
  api.post("/user", async (c) => {
    const asked = newUser.safeParse(await c.req.json().catch(() => null)).data;
    if (!asked) return invalid(c, "client_user_id");
    const known = usersOf(world).find((one) => one.clientUserId === asked.client_user_id);
    if (known) {
      const { userId: user_id, createdOn: created_on } = known;
      const error_message = "Client user id already exists.";
      return c.json({
        detail: { error_type: "INVALID_REQUEST", error_message, user_id, created_on },
      }, 400);
    }
    const user: JunctionUser = {
      userId: crypto.randomUUID(),
      clientUserId: asked.client_user_id,
      createdOn: junctionTime(clock()),
    };
    usersOf(world).push(user);
    store.save();
    return c.json(shownUser(user));
  });
  api.get("/user/resolve/:id", (c) => {
    const user = usersOf(world).find((one) => one.clientUserId === c.req.param("id"));
    return user ? c.json(shownUser(user)) : c.json({ detail: "User not found" }, 404);
  });
  api.get("/user/:id", (c) => {
    const user = find(c);
    return user ? c.json(shownUser(user)) : c.json({ detail: "User not found" }, 404);
  });
  api.delete("/user/:id", (c) => {
    const user = find(c);
    if (!user) return c.json({ detail: "User not found" }, 404);
    store.state.junctionUsers = usersOf(world).filter((one) => one !== user);
    store.save();
    return c.json({ success: true });
  });
  api.post("/link/token", async (c) => {
    const asked = linkToken.safeParse(await c.req.json().catch(() => null)).data;
    const user = usersOf(world).find((one) => one.userId === asked?.user_id);
    if (!asked || !user) return invalid(c, "user_id");
    return c.json(page.open(user.userId, asked.redirect_url ?? undefined));
  });
  api.get("/summary/profile/:id", (c) => {
    const of = junctionOf(find(c));
    if (!of) return c.json({ detail: "User not found" }, 404);
    const at = store.state.historyStart;
    return c.json({
      id: uuidOf(world.seed, "junction", of.person.id, "profile"),
      user_id: of.userId,
      height: null,
      birth_date: null,
      wheelchair_use: null,
      gender: null,
      sex: null,
      source: groupOf([]).source,
      created_at: at,
      updated_at: at,
    });
  });
  api.get("/summary/:resource/:id", (c) => {
    const user = find(c);
    const of = junctionOf(user);
    const resource = c.req.param("resource");
    if (!user || !of || !Object.hasOwn(SUMMARIES, resource)) {
      return c.json({ detail: "User not found" }, 404);
    }
    const first = c.req.query("start_date")?.slice(0, 10);
    if (!first || Number.isNaN(Date.parse(first))) return invalid(c, "start_date");
    const last = c.req.query("end_date")?.slice(0, 10) ?? localDateOf(clock());
    const records = summariesOf(of, resource, first, last);
    serve(user, resource, records);
    return c.json({ [ENVELOPES[resource] ?? resource]: records.map(({ body }) => body) });
  });
  api.get("/timeseries/:id/:kind/grouped", (c) => {
    const user = find(c);
    const of = junctionOf(user);
    if (!user || !of) return c.json({ detail: "User not found" }, 404);
    const from = parseInstant(c.req.query("start_date") ?? "")?.instant;
    const to = parseInstant(c.req.query("end_date") ?? "")?.instant ?? clock();
    if (!from) return invalid(c, "start_date");
    const offset = Number(c.req.query("next_cursor") ?? 0);
    const all = samplesOf(of, c.req.param("kind"), from, to);
    const size = world.pageSize * 20;
    const records = all.slice(offset, offset + size);
    serve(user, c.req.param("kind"), records);
    const next = offset + size < all.length ? String(offset + size) : null;
    const groups = records.length > 0 ? { garmin: [groupOf(records)] } : {};
    return c.json({ groups, next, next_cursor: next });
  });
  app.route("/v2", api);
  app.route("/", page.pages);

  function find(c: Context): JunctionUser | undefined {
    return usersOf(world).find(({ userId }) => userId === c.req.param("id"));
  }

  function junctionOf(user: JunctionUser | undefined): Junction | undefined {
    return user?.person === undefined
      ? undefined
      : { world, person: personIn(world, user.person), userId: user.userId };
  }

  function serve(user: JunctionUser, resource: string, records: readonly SandboxRecord[]): void {
    ledger.serve({
      provider: "junction",
      person: user.person ?? "",
      externalUserId: user.userId,
      resource,
    }, records);
  }

  /** The webhook carries the summary as it stands now. */
  function push(user: JunctionUser, resource: string, record: SandboxRecord, verb: string): void {
    serve(user, resource, [record]);
    send(user, `daily.data.${resource}.${verb}`, record.body);
  }

  const of = (person: string) => usersOf(world).filter((one) => one.person === person);

  return {
    name: "junction",
    origins: ["https://api.us.junction.com", "https://link.tryvital.io"],
    app,
    publishes: { activity: false, body: false, sleep: true, workouts: true },
    newId: (serial) => uuidOf(world.seed, "junction", "published", serial),
    records: (person, resource, first, last) =>
      summariesOf({ world, person, userId: "" }, resource, first, last),
    tell({ person, resource, action, recordId }) {
      const last = addDays(localDateOf(clock()), 1);
      for (const user of of(person)) {
        const own = junctionOf(user);
        const record = own && summariesOf(own, resource, addDays(last, -9), last)
          .find(({ id }) => id === recordId);
        if (record) push(user, resource, record, action === "create" ? "created" : "updated");
      }
    },
    announce(since, until) {
      for (const user of usersOf(world)) {
        const own = junctionOf(user);
        if (!own) continue;
        const today = localDateIn(own.person.zone, until);
        for (const resource of ["activity", "body", "sleep", "workouts"]) {
          for (const record of summariesOf(own, resource, addDays(today, -1), today)) {
            const isNew = record.availableAt > since && record.availableAt <= until;
            if (isNew) push(user, resource, record, "created");
          }
        }
        const samples = samplesOf(own, "heartrate", new Date(until.getTime() - DAY), until)
          .filter(({ availableAt }) => availableAt > since);
        if (samples.length === 0) continue;
        serve(user, "heartrate", samples);
        send(user, "daily.data.heartrate.created", {
          ...groupOf(samples),
          source_id: 16,
          user_id: user.userId,
        });
      }
    },
    revoked(person) {
      for (const user of of(person)) {
        const { provider } = user;
        delete user.provider;
        send(user, "provider.connection.error", {
          user_id: user.userId,
          provider,
          error_type: "deregistered_per_provider",
          message: "The provider has deregistered the user",
          error_details: "",
        });
      }
      store.save();
    },
    limitHeaders: () => ({}),
  };
}

function invalid(c: Context, field: string): Response {
  const detail = [{ loc: ["query", field], msg: "field required", type: "value_error.missing" }];
  return c.json({ detail }, 422);
}

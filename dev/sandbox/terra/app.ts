import { addDays, DAY, type LocalDate } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { localDateIn } from "../clock.ts";
import type { TerraConnection } from "../store.ts";
import { personIn, type SandboxClient, type World } from "../world.ts";
import { TERRA_TYPES, terraRecords } from "./collections.ts";
import { createTerraHooks, shownUser, type TerraHooks } from "./connections.ts";
import { athlete } from "./intake.ts";
import { createWidget } from "./widget.ts";

/** Longer than a month is a "large request": announced first, then sent in chunks. */
const LARGE_DAYS = 31;

/** Stands for https://access.tryterra.co, the older https://api.tryterra.co and the widget's pages. */
export function createTerra(world: World, client: SandboxClient): {
  readonly app: Hono;
  readonly hooks: TerraHooks;
} {
  const hooks = createTerraHooks(world, client);
  const widget = createWidget(world, hooks);
  const app = new Hono();
  const api = apiRoutes(world, client, hooks, widget);
  app.route("/api/v2", api);
  app.route("/v2", api);
  app.post("/widget/api/session", (c) => {
    // The widget has a form of errors of its own.
    const refuse = (status: 400 | 403, message: string) =>
      c.json({ status: "error", message }, status);
    if (!known(c, client)) return refuse(403, "Invalid dev-id or x-api-key");
    return openSession(c, widget, () => refuse(400, "invalid parameters"));
  });
  app.route("/", widget.pages);
  return { app, hooks };
}

type Widget = ReturnType<typeof createWidget>;

function apiRoutes(world: World, client: SandboxClient, hooks: TerraHooks, widget: Widget): Hono {
  const api = new Hono();
  const { state } = world.store;
  const active = (id: string | undefined) =>
    state.connections.find((one) => one.active && one.userId === id);

  api.use(async (c, next) => {
    if (!known(c, client)) {
      return problem(c, 401, "unauthorized", "dev-id or x-api-key headers are missing");
    }
    await next();
    return undefined;
  });
  api.post("/auth/generateWidgetSession", (c) => openSession(c, widget));
  api.post("/auth/authenticateUser", async (c) => {
    const resource = c.req.query("resource");
    const body: unknown = await c.req.json().catch(() => ({}));
    const options = typeof body === "object" ? { ...body, providers: resource } : {};
    const session = resource ? widget.open(options) : undefined;
    if (!session) return problem(c, 400, "bad request", "invalid parameters");
    return c.json({
      status: "success",
      user_id: crypto.randomUUID(),
      auth_url: widget.pageUrl(session),
    });
  });
  api.delete("/auth/deauthenticateUser", (c) => {
    const connection = active(c.req.query("user_id"));
    if (!connection) return problem(c, 404, "not found", "user not found");
    connection.active = false;
    world.store.save();
    hooks.event({
      type: "deauth",
      status: "success",
      message: "User has deauthenticated",
      user: shownUser(connection),
    });
    return c.json({ status: "success" });
  });
  api.get("/userInfo", (c) => {
    const reference = c.req.query("reference_id");
    if (reference !== undefined) {
      const users = state.connections.filter((one) => one.active && one.referenceId === reference);
      return users.length
        ? c.json(users.map(shownUser))
        : problem(c, 404, "not found", "user not found");
    }
    const connection = active(c.req.query("user_id"));
    if (!connection) return problem(c, 404, "not found", "user not found");
    const user = { ...shownUser(connection), last_polled_at: null, most_recent_data_at: null };
    return c.json({ user, status: "success", is_authenticated: true });
  });
  api.get(
    "/subscriptions",
    (c) => c.json({ users: state.connections.filter((one) => one.active).map(shownUser) }),
  );
  api.get("/athlete", (c) => {
    const connection = active(c.req.query("user_id"));
    if (!connection) return problem(c, 404, "not found", "user not found");
    const person = athlete(world, personIn(world, connection.person));
    if (c.req.query("to_webhook") === "false") {
      return c.json({ user: shownUser(connection), athlete: person, type: "athlete" });
    }
    const reference = crypto.randomUUID();
    hooks.athlete(connection, person, reference);
    return c.json(acknowledgement(connection, "athlete", reference));
  });
  for (const type of Object.keys(TERRA_TYPES)) {
    api.get(`/${type}`, (c) => {
      const connection = active(c.req.query("user_id"));
      if (!connection) return problem(c, 404, "not found", "user not found");
      return data(c, world, hooks, connection, type);
    });
  }
  return api;
}

function data(
  c: Context,
  world: World,
  hooks: TerraHooks,
  connection: TerraConnection,
  type: string,
): Response {
  const person = personIn(world, connection.person);
  const today = localDateIn(person.zone, world.clock());
  const first = day(c.req.query("start_date"));
  const until = day(c.req.query("end_date") ?? addDays(today, 1));
  if (!first) return problem(c, 400, "bad request", "invalid start_date");
  if (!until || until < first) return problem(c, 400, "bad request", "invalid end_date");
  // The end is left out, except that a day up to itself means that day.
  const last = until > first ? addDays(until, -1) : until;
  const withSamples = c.req.query("with_samples") === "true";
  const records = terraRecords(world, person, type, { first, last, withSamples });
  if (c.req.query("to_webhook") === "false") {
    hooks.serve(connection, type, records);
    const rows = records.map((record) => record.body);
    return c.json({ user: shownUser(connection), data: rows, type });
  }
  const reference = crypto.randomUUID();
  const large = (Date.parse(last) - Date.parse(first)) / DAY > LARGE_DAYS;
  if (large) {
    const user = shownUser(connection);
    hooks.event({
      type: "large_request_processing",
      status: "processing",
      message: "Large request is being processed; payloads will be delivered when ready",
      reference,
      user,
    });
    hooks.event({
      type: "large_request_sending",
      message: "Large request payloads are being sent",
      expected_payloads: hooks.chunks(records),
      reference,
      user,
    });
  }
  hooks.data(connection, type, records, reference);
  return c.json({
    ...acknowledgement(connection, type, reference),
    ...(large
      ? {
        message:
          "Large request submitted. The data is being processed and will be sent to your destination in chunks",
      }
      : {}),
  });
}

function acknowledgement(connection: TerraConnection, type: string, reference: string) {
  const user = shownUser(connection);
  return { status: "success", type, reference, trace_id: reference, user };
}

async function openSession(
  c: Context,
  widget: Widget,
  refuse = () => problem(c, 400, "bad request", "invalid parameters"),
): Promise<Response> {
  const session = widget.open(await c.req.json().catch(() => null));
  if (!session) return refuse();
  return c.json({
    status: "success",
    session_id: session.id,
    url: widget.pageUrl(session),
    expires_in: widget.seconds,
  });
}

function known(c: Context, client: SandboxClient): boolean {
  return c.req.header("dev-id") === client.id && c.req.header("x-api-key") === client.secret;
}

/** RFC 9457, as Terra answers every error. */
function problem(c: Context, status: 400 | 401 | 404, title: string, detail: string): Response {
  const { pathname, search } = new URL(c.req.url);
  const instance = pathname.replace(/^\/terra/, "") + search;
  return c.json({ type: "about:blank", title, instance, detail }, status, {
    "content-type": "application/problem+json",
  });
}

/** `YYYY-MM-DD` or unix seconds in ten digits. */
function day(text: string | undefined): LocalDate | undefined {
  if (text === undefined) return undefined;
  if (/^\d{10}$/.test(text)) return new Date(Number(text) * 1_000).toISOString().slice(0, 10);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

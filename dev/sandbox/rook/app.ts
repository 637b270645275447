import { toBase64, utf8 } from "@shared/core/bytes.ts";
import { addDays } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { localDateIn } from "../clock.ts";
import type { PretendProvider } from "../provider.ts";
import { uuidOf } from "../random.ts";
import type { RookUser } from "../store.ts";
import type { SandboxClient, SandboxRecord, World } from "../world.ts";
import { COLLECTIONS, documentOf, recordsOf, resourceAt, rookOf } from "./documents.ts";
import {
  createDeliveries,
  createPages,
  pageOrigin,
  REVOCABLE,
  SERVICES,
  usersOf,
} from "./users.ts";

const SUMMARIES = ["physical_summary", "sleep_summary", "body_summary"];

const revocation = z.looseObject({ data_source: z.string() });

/**
 * Stands for https://api.rook-connect.com and for the pages of the services that it sends people to.
 * `redirect_url` is not held to https and the 50 characters of the reference: no address of this
 * machine would pass.
 */
export function createRook(world: World, client: SandboxClient): PretendProvider {
  const { clock, ledger } = world;
  const send = createDeliveries(world, client);
  const { pages, open } = createPages(world, (user) => {
    // What was before the link is delivered as soon as it is read.
    const { of, linkedOn } = readerOf(user);
    for (const resource of SUMMARIES) {
      for (const record of recordsOf(of, resource, addDays(linkedOn, -7), linkedOn, linkedOn)) {
        send(user, resource, record);
      }
    }
  });
  const app = new Hono();
  const api = new Hono();
  const authorization = `Basic ${toBase64(utf8(`${client.id}:${client.secret}`))}`;

  api.use(async (c, next) => {
    if (c.req.header("authorization") !== authorization) {
      return failed(c, 401, "Unauthorized", "The client_uuid or password are incorrect");
    }
    await next();
    return undefined;
  });
  api.get("/api/v1/user_id/:user/data_source/:source/authorizer", (c) => {
    const [userId, source] = [c.req.param("user"), c.req.param("source")];
    if (!/^[a-zA-Z0-9-]{1,50}$/.test(userId) || !SERVICES.includes(source)) {
      return failed(c, 422, "Unprocessable Entity", `Must be one of ${SERVICES.join(", ")}.`);
    }
    const authorized = find(userId)?.services.includes(source) ?? false;
    return c.json({
      data_source: source,
      authorized,
      authorization_url: authorized ? null : open(userId, source, c.req.query("redirect_url")),
    });
  });
  api.get("/api/v2/user_id/:user/data_sources/authorized", (c) => {
    const services = find(c.req.param("user"))?.services ?? [];
    const data_sources = SERVICES.map((data_source) => ({
      data_source,
      authorized: services.includes(data_source),
      image: `https://image.example/${data_source.toLowerCase()}.png`,
    }));
    return c.json({ data_sources });
  });
  api.post("/api/v1/user_id/:user/data_sources/revoke_auth", async (c) => {
    const asked = revocation.safeParse(await c.req.json().catch(() => null)).data;
    if (!asked) return failed(c, 400, "Bad Request", "Content-Type not supported!");
    const { data_source } = asked;
    if (!REVOCABLE.includes(data_source)) {
      return failed(c, 422, "Unprocessable Entity", `Must be one of ${REVOCABLE.join(", ")}.`);
    }
    const user = find(c.req.param("user"));
    if (!user?.services.includes(data_source)) return c.body(null, 204);
    // Without a service there is no user either.
    keep(user, user.services.filter((one) => one !== data_source));
    return c.json({
      message: "Authorization for the specified user data source has been successfully revoked",
    });
  });
  for (const path of ["summary", "events/:kind"]) {
    api.get(`/v2/processed_data/:pillar/${path}`, (c) => {
      const resource = resourceAt(c.req.param("pillar"), c.req.param("kind"));
      if (resource === undefined) {
        return failed(c, 404, "Not Found", "The requested URL was not found");
      }
      const date = c.req.query("date") ?? "";
      const user = find(c.req.query("user_id") ?? "");
      if (!/^\d{4}-\d\d-\d\d$/.test(date)) return failed(c, 400, "Bad Request", "date is required");
      if (!user) return c.body(null, 204);
      const { of, linkedOn } = readerOf(user);
      const records = recordsOf(of, resource, date, date, linkedOn);
      serve(user, resource, records);
      const { userId } = user;
      const document = documentOf(of, { resource, clientUuid: client.id, userId, records });
      return document ? c.json(document) : c.body(null, 204);
    });
  }
  app.route("/", pages);
  app.route("/", api);

  const find = (userId: string) => usersOf(world).find((one) => one.userId === userId);

  function keep(user: RookUser, services: readonly string[]): void {
    const others = usersOf(world).filter((one) => one !== user);
    world.store.state.rookUsers = services.length > 0 ? [...others, { ...user, services }] : others;
    world.store.save();
  }

  function readerOf(user: RookUser) {
    const of = rookOf(world, user);
    return { of, linkedOn: localDateIn(of.person.zone, new Date(user.linkedAt)) };
  }

  function serve(user: RookUser, resource: string, records: readonly SandboxRecord[]): void {
    ledger.serve({
      provider: "rook",
      person: user.person,
      externalUserId: user.userId,
      resource,
    }, records);
  }

  const of = (person: string) => usersOf(world).filter((one) => one.person === person);

  return {
    name: "rook",
    origins: ["https://api.rook-connect.com", ...SERVICES.map(pageOrigin)],
    app,
    publishes: {
      physical_summary: false,
      sleep_summary: false,
      body_summary: false,
      activity_event: true,
    },
    newId: (serial) => uuidOf(world.seed, "rook", "published", serial),
    records: (person, resource, first, last) =>
      recordsOf({ world, person, services: [] }, resource, first, last),
    tell({ person, resource, recordId }) {
      for (const user of of(person)) {
        const { of: reader, linkedOn } = readerOf(user);
        const last = localDateIn(reader.person.zone, clock());
        const record = recordsOf(reader, resource, addDays(last, -9), last, linkedOn)
          .find(({ id }) => id === recordId);
        if (record) send(user, resource, record);
      }
    },
    announce(since, until) {
      for (const user of usersOf(world)) {
        const { of: reader, linkedOn } = readerOf(user);
        const last = localDateIn(reader.person.zone, until);
        for (const resource of Object.keys(COLLECTIONS)) {
          for (const record of recordsOf(reader, resource, addDays(last, -1), last, linkedOn)) {
            const isNew = record.availableAt > since && record.availableAt <= until;
            if (isNew) send(user, resource, record);
          }
        }
      }
    },
    // Told by another webhook, of which no word is documented.
    revoked(person) {
      for (const user of of(person)) keep(user, []);
    },
    limitHeaders: () => ({}),
  };
}

function failed(
  c: Context,
  status: 400 | 401 | 404 | 422,
  error: string,
  exception: string,
): Response {
  return c.json({ error, exception, path: c.req.path, method: c.req.method }, status);
}

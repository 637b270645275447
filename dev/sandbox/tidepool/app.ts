import { addDays } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { localDateIn } from "../clock.ts";
import { createIssuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import { hexOf } from "../random.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";
import { listData } from "./records.ts";

const REALM = "/realms/tidepool/protocol/openid-connect";
const ACCESS_SECONDS = 600;
const REFRESH_SECONDS = 7_200;

/** Stands for https://auth.tidepool.org (Keycloak) and https://api.tidepool.org. */
export function createTidepool(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "tidepool",
    client,
    clock,
    store,
    codeSeconds: 60,
    accessSeconds: ACCESS_SECONDS,
    refreshSeconds: REFRESH_SECONDS,
    clientAuth: ["body"],
    tokenType: "Bearer",
    extra: ({ scopes }) => ({
      refresh_expires_in: REFRESH_SECONDS,
      id_token: "header.claims.signature",
      scope: scopes.join(" "),
    }),
  });
  const app = new Hono();

  app.on(["GET", "POST"], `${REALM}/auth`, (c) =>
    authorize(c, {
      provider: "Tidepool",
      client,
      issuer,
      scopes: ["openid", "email", "offline_access"],
      partialScopes: false,
      echoScope: false,
    }));
  app.post(`${REALM}/token`, async (c) => {
    const answer = issuer.token(new URLSearchParams(await c.req.text()), null);
    return c.json(answer.body, answer.status);
  });
  app.post(`${REALM}/revoke`, async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const isClient = form.get("client_id") === client.id &&
      form.get("client_secret") === client.secret;
    if (!isClient) return c.json({ error: "invalid_client" }, 401);
    const token = form.get("token");
    const grant = issuer.grants().find((one) =>
      one.refresh.token === token || one.access.some((access) => access.token === token)
    );
    if (grant) issuer.revokePerson(grant.person);
    return c.body(null, 200);
  });

  const asPerson = (answer: (c: Context, person: Person) => Response) => (c: Context): Response => {
    const grant = issuer.authenticate(`Bearer ${c.req.header("x-tidepool-session-token") ?? ""}`);
    if (!grant) return failure(c, 401, "Unauthorized");
    return answer(c, personIn(world, grant.person));
  };
  app.get(
    "/auth/user",
    asPerson((c, person) =>
      c.json({
        userid: userId(world, person),
        username: `${person.id}@example.com`,
        emails: [`${person.id}@example.com`],
        emailVerified: true,
      })
    ),
  );
  app.get(
    "/data/:userId",
    asPerson((c, person) => {
      if (c.req.param("userId") !== userId(world, person)) return failure(c, 403, "Forbidden");
      const time = (name: string, otherwise: number) => {
        const text = c.req.query(name);
        return text === undefined ? otherwise : Date.parse(text);
      };
      const from = time("startDate", Date.parse(store.state.historyStart));
      const to = time("endDate", clock().getTime());
      if (Number.isNaN(from) || Number.isNaN(to)) return failure(c, 400, "Bad Request");
      const types = c.req.query("type")?.split(",");
      const days = [from, to].map((at) => localDateIn(person.zone, new Date(at)));
      const rows = listData(world, person, days[0] ?? "", addDays(days[1] ?? "", 1))
        .filter(({ availableAt: at, body }) =>
          at.getTime() >= from && at.getTime() <= to &&
          (types?.includes(String(body["type"])) ?? true)
        );
      serve(world, person, rows);
      return c.json(rows.map(({ body }) => body));
    }),
  );

  return {
    name: "tidepool",
    origins: ["https://auth.tidepool.org", "https://api.tidepool.org"],
    app,
    issuer,
    publishes: { data: true },
    newId: (serial) => hexOf(32, world.seed, "tidepool published", serial),
    records: (person, _resource, first, last) => listData(world, person, first, last),
    tell: () => {},
    announce: () => {},
    limitHeaders: () => ({}),
  };
}

/** Ten digits for accounts of old, a UUID for new ones. */
function userId(world: World, person: Person): string {
  return hexOf(10, world.seed, "tidepool", person.id);
}

function serve(world: World, person: Person, records: readonly SandboxRecord[]): void {
  const externalUserId = userId(world, person);
  world.ledger.serve(
    { provider: "tidepool", person: person.id, externalUserId, resource: "data" },
    records,
  );
}

function failure(c: Context, status: 400 | 401 | 403, message: string): Response {
  return c.json({ code: status, message }, status);
}

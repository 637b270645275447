import { createHmac } from "node:crypto";
import { addDays, SECOND } from "@shared/core/time.ts";
import { type Context, Hono } from "hono";
import { authorize } from "../authorize.ts";
import { localDateIn } from "../clock.ts";
import { createLimiter } from "../limits.ts";
import { createIssuer } from "../oauth.ts";
import type { Person } from "../person.ts";
import type { PretendProvider } from "../provider.ts";
import {
  firstDay,
  personIn,
  type SandboxClient,
  type SandboxRecord,
  type World,
} from "../world.ts";
import { COLLECTIONS, isResource, listRecords, type WithingsResource } from "./collections.ts";
import { createHooks, createSubscriptions } from "./notify.ts";
import { userId } from "./record.ts";

const SCOPES = ["user.info", "user.metrics", "user.activity", "user.sleepevents"];
const RESOURCES = Object.keys(COLLECTIONS).filter(isResource);
const NONCE_SECONDS = 30 * 60;
const DAY_SECONDS = 86_400;

/** Stands for https://wbsapi.withings.net and the pages of https://account.withings.com. */
export function createWithings(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "withings",
    client,
    clock,
    store,
    codeSeconds: 30,
    accessSeconds: 10_800,
    refreshSeconds: 365 * DAY_SECONDS,
    clientAuth: ["body"],
    tokenType: "Bearer",
    extra: ({ person, scopes }) => ({
      userid: userId(world, personIn(world, person)),
      scope: scopes.join(","),
      csrf_token: "PACnnxwHTaBQOzF7bQqwFUUotIuvtzSM",
    }),
  });
  issuer.setRotation({ kind: "until_use" });
  const minute = createLimiter(120, 60);
  const nonces = new Map<string, number>();
  const subscriptions = createSubscriptions(world);
  const app = new Hono();

  /** Everything is answered 200; the status is inside. */
  const answer = (c: Context, status: number, body: unknown = {}, error?: string) =>
    c.json({ status, body, ...(error === undefined ? {} : { error }) });
  const refuse = (c: Context, status: number, error: string) => answer(c, status, {}, error);
  const now = () => clock().getTime() / SECOND;

  function isSigned(form: URLSearchParams, by: "nonce" | "timestamp"): boolean {
    const values = [form.get("action"), form.get("client_id"), form.get(by)].join(",");
    const expected = createHmac("sha256", client.secret).update(values).digest("hex");
    return form.get("client_id") === client.id && form.get("signature") === expected;
  }
  /** A nonce is good for one call. */
  function takeNonce(form: URLSearchParams): boolean {
    const nonce = form.get("nonce") ?? "";
    const isLive = (nonces.get(nonce) ?? 0) > now();
    nonces.delete(nonce);
    return isLive && isSigned(form, "nonce");
  }

  app.on(["GET", "POST"], "/oauth2_user/authorize2", (c) =>
    authorize(c, {
      provider: "Withings",
      client,
      issuer,
      scopes: SCOPES,
      scopeSeparator: ",",
      partialScopes: false,
      minStateLength: 1,
      echoScope: false,
    }));
  app.post("/v2/signature", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    if (form.get("action") !== "getnonce") return refuse(c, 2554, "Unknown action");
    const isFresh = Math.abs(Number(form.get("timestamp")) - now()) < 300;
    if (!isFresh || !isSigned(form, "timestamp")) return refuse(c, 503, "Invalid signature");
    const nonce = crypto.randomUUID().replaceAll("-", "");
    nonces.set(nonce, now() + NONCE_SECONDS);
    return answer(c, 0, { nonce });
  });
  app.post("/v2/oauth2", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    switch (form.get("action")) {
      case "requesttoken": {
        const { status, body } = issuer.token(form, null);
        return status === 200
          ? answer(c, 0, body)
          : refuse(c, 503, `Invalid Params: ${body["error"]}`);
      }
      case "revoke": {
        if (!takeNonce(form)) return refuse(c, 503, "Invalid signature");
        const grant = issuer.grants().find(({ person }) =>
          String(userId(world, personIn(world, person))) === form.get("userid")
        );
        if (!grant) return refuse(c, 503, "Invalid Params: invalid userid");
        issuer.revokePerson(grant.person);
        subscriptions.revoke(grant.person);
        return answer(c, 0);
      }
      default:
        return refuse(c, 2554, "Unknown action");
    }
  });

  const serve = (resource: string, person: Person, records: readonly SandboxRecord[]) =>
    world.ledger.serve({
      provider: "withings",
      person: person.id,
      externalUserId: String(userId(world, person)),
      resource,
    }, records);

  function page(c: Context, person: Person, resource: WithingsResource, form: URLSearchParams) {
    const range = rangeOf(form, resource);
    if (!range) return refuse(c, 503, "Invalid Params: invalid dates");
    const last = addDays(localDateIn(person.zone, clock()), 1);
    const rows = listRecords(world, person, resource, firstDay(world, person), last)
      .filter((record) => range(record));
    const { rows: name } = COLLECTIONS[resource];
    if (resource === "intraday" || resource === "sleep_stages") {
      serve(resource, person, rows);
      if (resource === "sleep_stages") {
        return answer(c, 0, { series: rows.map(({ body }) => body), model: 32 });
      }
      // PHP: a map without members is a list.
      const series = Object.fromEntries(rows.map(({ id, body }) => [id, body]));
      return answer(c, 0, { series: rows.length === 0 ? [] : series });
    }
    const offset = Number(form.get("offset") ?? 0);
    const size = world.pageSize;
    const shown = rows.slice(offset, offset + size);
    serve(resource, person, shown);
    const isMore = offset + size < rows.length;
    const about = resource === "measures"
      ? { updatetime: String(Math.floor(now())), timezone: person.zone }
      : {};
    return answer(c, 0, {
      ...about,
      [name]: shown.map(({ body }) => body),
      more: resource === "measures" ? Number(isMore) : isMore,
      offset: isMore ? offset + size : 0,
    });
  }

  for (const path of ["/measure", "/v2/measure", "/v2/sleep", "/v2/heart", "/v2/user", "/notify"]) {
    app.post(path, async (c) => {
      const grant = issuer.authenticate(c.req.header("authorization") ?? null);
      if (!grant) return refuse(c, 401, "XRequestID: Not provided invalid_token");
      if (!minute(client.id, clock()).allowed) return refuse(c, 601, "Too Many Requests");
      const form = new URLSearchParams(await c.req.text());
      const person = personIn(world, grant.person);
      const action = form.get("action");
      const resource = RESOURCES.find((one) =>
        COLLECTIONS[one].path === path && COLLECTIONS[one].action === action
      );
      if (resource) return page(c, person, resource, form);
      switch (`${path} ${action}`) {
        case "/v2/user getdevice":
          return answer(c, 0, { devices: [] });
        case "/notify list":
          return answer(c, 0, { profiles: subscriptions.list(person.id) });
        case "/notify subscribe": {
          // With an access token there must be neither signature nor nonce.
          if (form.has("signature") || form.has("nonce")) {
            return refuse(c, 503, "Invalid Params: access_token and signature");
          }
          const isDone = await subscriptions.subscribe(person.id, form);
          return isDone ? answer(c, 0) : refuse(c, 293, "The callback URL is not reachable");
        }
        default:
          return refuse(c, 2554, "Unknown action");
      }
    });
  }

  return {
    name: "withings",
    origins: ["https://wbsapi.withings.net", "https://account.withings.com"],
    app,
    issuer,
    publishes: { measures: true, workouts: true, sleep_summary: true },
    newId: (serial) => String(900_000_000 + serial),
    records: (person, resource, first, last) =>
      isResource(resource) ? listRecords(world, person, resource, first, last) : [],
    ...createHooks(world, subscriptions),
    limitHeaders: () => ({}),
  };
}

/** Which records a window takes; nothing where it is none. */
function rangeOf(
  form: URLSearchParams,
  resource: WithingsResource,
): ((record: SandboxRecord) => boolean) | undefined {
  const { by } = COLLECTIONS[resource];
  if (by === "day") {
    const [first, last] = [form.get("startdateymd") ?? "", form.get("enddateymd") ?? ""];
    const isDays = [first, last].every((day) => /^\d{4}-\d\d-\d\d$/.test(day));
    return isDays ? ({ day }) => day >= first && day <= last : undefined;
  }
  const [start, end] = [Number(form.get("startdate")), Number(form.get("enddate"))];
  if (!Number.isInteger(start) || !Number.isInteger(end) || start > end) return undefined;
  const isShort = resource === "intraday" || resource === "sleep_stages";
  const until = isShort ? Math.min(end, start + DAY_SECONDS) : end;
  return ({ id, body }) => {
    const at = Number(by === "id" ? id : body[by]);
    return at >= start && at <= until;
  };
}

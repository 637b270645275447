/** The files of a new provider. They run and pass the laws as they are; every FILL IN is a fact to look up. */
import { FIXTURES } from "./fixtures.ts";

export interface NewProvider {
  /** `snake_case`: names files, routes, settings and rows. */
  readonly slug: string;
  /** As people write it. */
  readonly name: string;
}

/** Path from the repository's root, and text. */
export type NewFile = readonly [path: string, text: string];

export function filesFor(provider: NewProvider): readonly NewFile[] {
  const { slug } = provider;
  return [
    [`shared/providers/${slug}.ts`, driver(provider)],
    ...FIXTURES.map(([name, value]): NewFile => [
      `tests/fixtures/${slug}/${name}.json`,
      `${JSON.stringify(value, null, 1)}\n`,
    ]),
    [`dev/sandbox/${slug}/app.ts`, sandbox(provider)],
  ];
}

/** `Blue Band` of `blue_band`. */
export function nameOf(slug: string): string {
  return slug.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}

/** `BlueBand` of `blue_band`. */
export function pascal(slug: string): string {
  return nameOf(slug).replaceAll(" ", "");
}

function driver({ slug, name }: NewProvider): string {
  const constant = slug.toUpperCase();
  return `/**
 * ${name}. FILL IN: what it is, and the version of its API.
 *
 * Quirks
 * - FILL IN: everything that surprises, each with its number or source.
 *
 * @see https://${slug.replaceAll("_", "-")}.example/docs FILL IN
 */
import { z } from "zod";
import { count, kilocalories } from "../catalog/units.ts";
import { addDays, localDateOf } from "../core/time.ts";
import { defineProvider, resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import { oauth2 } from "./kit/oauth2.ts";
import { listOf } from "./kit/page.ts";
import { dayTotal } from "./kit/when.ts";

const ORIGIN = "https://api.${slug.replaceAll("_", "-")}.example"; // FILL IN
const ${constant} = { slug: "${slug}", hosts: [new URL(ORIGIN).host] };

const row = z.looseObject({
  id: z.string(),
  day: z.iso.date(),
  steps: z.number().nullish(),
  active_calories: z.number().nullish(),
});

// FILL IN: one resource a collection; what a row may mean is in catalog/normalized.ts.
const days = resource({
  name: "days",
  aliases: ["GET /v1/days"],
  produces: ["steps", "energy_active"],
  scope: "days",
  poll: { everyMinutes: 60, trailingHours: 48 },
  page: listOf(row, { rows: "data", next: "next" }),
  record: ({ id }) => ({ id }),
  request({ window, cursor }) {
    const url = new URL("/v1/days", ORIGIN);
    url.searchParams.set("from", localDateOf(window.from));
    url.searchParams.set("to", addDays(localDateOf(window.to), 1));
    if (cursor !== undefined) url.searchParams.set("cursor", cursor);
    return new Request(url);
  },
  *normalise(row) {
    const at = dayTotal(row.day);
    yield* measure("steps", count(row.steps), at);
    yield* measure("energy_active", kilocalories(row.active_calories), at);
  },
});

export default defineProvider({
  ...${constant},
  name: "${name}",
  docs: "https://${slug.replaceAll("_", "-")}.example/docs", // FILL IN
  link: oauth2({
    provider: ${constant},
    authorize: \`\${ORIGIN}/oauth/authorize\`,
    token: \`\${ORIGIN}/oauth/token\`,
    scopes: ["days"],
    clientAuth: "post",
    pkce: false, // FILL IN: true where it takes PKCE
    rotation: { kind: "single_use" }, // FILL IN: what becomes of the old refresh token
    codeLifetimeSeconds: 600,
    profile: {
      request: () => new Request(\`\${ORIGIN}/v1/me\`),
      schema: z.looseObject({ id: z.string() }).transform(({ id }) => ({ externalUserId: id })),
    },
  }),
  history: { kind: "pull", maxDays: 365, pageDays: 90 }, // FILL IN
  limits: [], // FILL IN
  policy: { terms: "https://${
    slug.replaceAll("_", "-")
  }.example/terms", aiUse: "unstated" }, // FILL IN
  resources: [days],
});
`;
}

function sandbox({ slug, name }: NewProvider): string {
  return `import { addDays, type LocalDate } from "@shared/core/time.ts";
import { Hono } from "hono";
import { authorize } from "../authorize.ts";
import { localDateIn } from "../clock.ts";
import { daySpan, notebook } from "../ledger.ts";
import { createIssuer } from "../oauth.ts";
import { externalId, type Person } from "../person.ts";
import { bodyDay } from "../physiology.ts";
import type { PretendProvider } from "../provider.ts";
import { uuidOf } from "../random.ts";
import { personIn, type SandboxClient, type SandboxRecord, type World } from "../world.ts";

/** Stands for ${name}: written from its documentation, and not from the driver. FILL IN. */
export function create${pascal(slug)}(world: World, client: SandboxClient): PretendProvider {
  const { clock, store } = world;
  const issuer = createIssuer({
    issuer: "${slug}",
    client,
    clock,
    store,
    codeSeconds: 600,
    accessSeconds: 3_600,
    refreshSeconds: 365 * 86_400,
    clientAuth: ["body"],
    tokenType: "bearer",
  });
  const app = new Hono();

  app.on(["GET", "POST"], "/oauth/authorize", (c) =>
    authorize(c, {
      provider: "${name}",
      client,
      issuer,
      scopes: ["days"],
      partialScopes: false,
      echoScope: false,
    }));
  app.post("/oauth/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const answer = issuer.token(form, c.req.header("authorization") ?? null);
    return c.json(answer.body, answer.status);
  });
  app.get("/v1/me", (c) => {
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.json({ error: "unauthorized" }, 401);
    return c.json({ id: externalId(personIn(world, grant.person), "${slug}", world.seed) });
  });
  app.get("/v1/days", (c) => {
    const grant = issuer.authenticate(c.req.header("authorization") ?? null);
    if (!grant) return c.json({ error: "unauthorized" }, 401);
    const person = personIn(world, grant.person);
    const today = localDateIn(person.zone, clock());
    const rows = records(person, "days", c.req.query("from") ?? today, c.req.query("to") ?? today);
    const externalUserId = externalId(person, "${slug}", world.seed);
    const of = { provider: "${slug}", person: person.id, externalUserId, resource: "days" };
    const start = Number(c.req.query("cursor") ?? 0);
    const end = start + world.pageSize;
    const page = rows.slice(start, end);
    world.ledger.serve(of, page);
    const next = end < rows.length ? { next: String(end) } : {};
    return c.json({ data: page.map(({ body }) => body), ...next });
  });

  /** One a day, once the day is over. */
  function records(
    person: Person,
    resource: string,
    first: LocalDate,
    last: LocalDate,
  ): readonly SandboxRecord[] {
    const made: SandboxRecord[] = [];
    const today = localDateIn(person.zone, clock());
    for (let day = first; resource === "days" && day <= last && day < today; day = addDays(day, 1)) {
      const { steps, activeKilocalories } = bodyDay(person, day, world.seed);
      const id = uuidOf(world.seed, "${slug}", person.id, day);
      const { note, facts } = notebook({ ...daySpan(day), dailyTotal: true });
      const body = {
        id,
        day,
        steps: note("steps", steps),
        active_calories: note("energy_active", activeKilocalories),
      };
      made.push({ id, day, availableAt: new Date(\`\${addDays(day, 1)}T00:00:00Z\`), body, facts });
    }
    return made;
  }

  return {
    name: "${slug}",
    origins: ["https://api.${slug.replaceAll("_", "-")}.example"], // FILL IN
    app,
    issuer,
    publishes: { days: false },
    newId: (serial) => uuidOf(world.seed, "${slug}", "published", serial),
    records,
    tell: () => {},
    announce: () => {},
    limitHeaders: () => ({}),
  };
}
`;
}

import type { ProviderDriver } from "@shared/providers/driver.ts";
import type { ProviderProfile } from "@shared/providers/link.ts";
import type { NormaliseContext } from "@shared/providers/resource.ts";

/**
 * What a driver is held to, under `tests/fixtures/<slug>/`:
 *
 * - `<resource>.json` a page or pushed body as the provider documents it, and
 *   `<resource>.expected.json` what it means: `[{ "id", "version", "items": [...] }]`, dates in ISO 8601,
 *   the version where the provider has one, written by hand from the provider's documentation; all of it
 *   received at noon UTC of 2026-03-01;
 * - `<resource>.<case>.json` and its `.expected.json`: another page of it, where one cannot show all;
 * - `<resource>.context.json` what such a page does not say: `{ timeZone, parent, about }`;
 * - `paging.json` `{ resource, page, carries, last }`: a page with a next one, the text by which the
 *   next request must ask for it, and what ends the list where that is not the resource's fixture;
 * - `webhook.json` signed deliveries with their events, and the handshake;
 * - `person.json` `{ answers, profile }`: what a link is answered with, the token first and then what is
 *   asked about the person, in order; and who they are by it;
 * - `limits.json` how the provider says "too much" in a way of its own: see `Limit`;
 * - `revocation.json` the bodies that a good revocation is answered with, in order, where it takes more
 *   than one call or reads an answer;
 * - `token.json` `{ path, answer }`: the address that a token for the person is asked of before each
 *   request, and what it gives, for a driver that keeps none;
 * - `words.json` the provider's words for a sport and ours, each put into a body in turn: see `Words`;
 * - `codes.json` the keys whose numbers are words of an enumeration, where 0 is another word.
 */
export interface Fixture {
  readonly resource: string;
  readonly body: unknown;
  readonly expected: readonly {
    readonly id: string;
    readonly version?: string;
    readonly items: readonly unknown[];
  }[];
  readonly context: NormaliseContext;
}

/** An enumeration: `words` are pairs of what is sent at `path` of `body` and the workout's type of it. */
export interface Words {
  readonly resource: string;
  readonly body: unknown;
  readonly path: readonly (string | number)[];
  readonly words: readonly (readonly [sent: string | number, ours: string])[];
}

/** An answer that means a limit, the seconds to wait that it tells, and the page that says so. */
export interface Limit {
  /** Default 429. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** At noon UTC of 2026-03-01. */
  readonly seconds: number;
  readonly source: string;
}

export interface PagingFixture {
  readonly resource: string;
  readonly page: unknown;
  readonly carries: string;
  readonly last?: unknown;
}

export interface WebhookFixture {
  readonly secret: string;
  /** The moment at which the deliveries are fresh. */
  readonly now: string;
  readonly deliveries: readonly {
    readonly headers: Readonly<Record<string, string>>;
    /** Raw, as signed. */
    readonly body: string;
    readonly events: readonly unknown[];
    /** Where it is posted, for a secret in the path; default the webhook's plain address. */
    readonly url?: string;
  }[];
  /** The page that shows no notice of consent taken back, where the provider documents none. */
  readonly revocationUntold?: string;
  /** The provider's published keys, where it signs by them. */
  readonly keyset?: unknown;
  /** Checks of the address that are no echo: a PING, two POSTs, a code; and what each is answered with. */
  readonly checks?: readonly {
    readonly method: string;
    readonly url?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    /** The operator's token, where the check has one. */
    readonly token?: string;
    readonly status: number;
  }[];
  readonly handshake?: {
    readonly token: string;
    /** `{token}` and `{challenge}` stand in its query. */
    readonly url: string;
    /** The answer's JSON to the challenge `c1`. */
    readonly answer: unknown;
  };
}

/** When everything arrived, for what carries no time of its own. */
const RECEIVED_AT = new Date("2026-03-01T12:00:00Z");

const ROOT = new URL("../fixtures/", import.meta.url);

function read<T>(slug: string, name: string): T | undefined {
  try {
    // SAFETY: the files are ours; a wrong shape fails the law that reads it.
    return JSON.parse(Deno.readTextFileSync(new URL(`${slug}/${name}.json`, ROOT))) as T;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whoever adds a provider reads this first: it says what to write. */
function missing({ slug }: ProviderDriver, name: string, holds: string): Error {
  const path = `tests/fixtures/${slug}/${name}.json`;
  return new Error(
    `Cannot read ${path}: missing. It holds ${holds}; see tests/conformance/fixtures.ts`,
  );
}

/** Files that are of the driver and not of a resource. */
const OF_DRIVERS = "codes limits paging person revocation token webhook words".split(" ");

function filesOf({ slug }: ProviderDriver): readonly string[] {
  return [...Deno.readDirSync(new URL(`${slug}/`, ROOT))].map(({ name }) => name).sort();
}

/** Files that are of no resource: it has gone, or is written otherwise. */
export function strayFixturesOf(driver: ProviderDriver): readonly string[] {
  const names = driver.resources.map(({ name }) => name);
  const own = [...OF_DRIVERS, ...names];
  return filesOf(driver).filter((file) => !own.includes(file.split(".")[0] ?? ""));
}

/** One or more a resource; throws where a resource has none. */
export function fixturesOf(driver: ProviderDriver): readonly Fixture[] {
  const files = filesOf(driver);
  return driver.resources.flatMap(({ name: resource }) =>
    [resource, ...casesOf(resource, files)].map((name): Fixture => {
      const body = read<unknown>(driver.slug, name);
      const expected = read<Fixture["expected"]>(driver.slug, `${name}.expected`);
      if (body === undefined) throw missing(driver, name, "a page as the provider documents it");
      if (expected === undefined) {
        throw missing(driver, `${name}.expected`, 'what it means: [{ "id", "items": […] }]');
      }
      const context = read<NormaliseContext>(driver.slug, `${name}.context`);
      return { resource, body, expected, context: { receivedAt: RECEIVED_AT, ...context } };
    })
  );
}

function casesOf(resource: string, files: readonly string[]): readonly string[] {
  return files.filter((file) =>
    file.startsWith(`${resource}.`) && /^\w+\.\w+\.json$/.test(file) &&
    !/\.(expected|context)\.json$/.test(file)
  ).map((file) => file.replace(/\.json$/, ""));
}

export function pagingOf(driver: ProviderDriver): PagingFixture | undefined {
  return read<PagingFixture>(driver.slug, "paging");
}

export interface PersonFixture {
  readonly answers: readonly unknown[];
  readonly profile: ProviderProfile;
}

export function personFixtureOf(driver: ProviderDriver): PersonFixture {
  const fixture = read<PersonFixture>(driver.slug, "person");
  if (!fixture) throw missing(driver, "person", "{ answers: [token answer, …], profile }");
  return fixture;
}

/** One answer without a body, unless it is written down. */
export function revocationOf(driver: ProviderDriver): readonly unknown[] {
  return read<readonly unknown[]>(driver.slug, "revocation") ?? [null];
}

/** A person's token that is asked for before each request. */
export interface TokenFixture {
  readonly path: string;
  readonly answer: { readonly access_token: string };
}

export function tokenOf(driver: ProviderDriver): TokenFixture | undefined {
  return read<TokenFixture>(driver.slug, "token");
}

export function limitsOf(driver: ProviderDriver): readonly Limit[] {
  return read<readonly Limit[]>(driver.slug, "limits") ?? [];
}

export function wordsOf(driver: ProviderDriver): readonly Words[] {
  return read<readonly Words[]>(driver.slug, "words") ?? [];
}

export function codesOf(driver: ProviderDriver): ReadonlySet<string> {
  return new Set(read<readonly string[]>(driver.slug, "codes"));
}

export function webhookOf(driver: ProviderDriver): WebhookFixture {
  const fixture = read<WebhookFixture>(driver.slug, "webhook");
  if (!fixture) {
    const delivery = "{ headers, body, events }";
    throw missing(driver, "webhook", `{ secret, now, deliveries: [${delivery}] }`);
  }
  return fixture;
}

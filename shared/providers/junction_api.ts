/** What Junction's summaries share: hosts, key, sources, times; quirks in `junction.ts`. */
import { z } from "zod";
import type { When } from "../catalog/normalized.ts";
import { addDays, localDateOf, parseInstant } from "../core/time.ts";
import type { Ask, DriverContext } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { discard, failureOf, pathSegment, send } from "./kit/http.ts";
import { present } from "./kit/measure.ts";
import { localTime } from "./kit/when.ts";
import type { NormaliseContext } from "./resource.ts";

/** Production and sandbox, each in two regions; requests are written for the first. */
export const JUNCTION_APIS = [
  "https://api.us.junction.com",
  "https://api.eu.junction.com",
  "https://api.sandbox.us.junction.com",
  "https://api.sandbox.eu.junction.com",
] as const;

const [API] = JUNCTION_APIS;

/** 401 means that our key is wrong, and never that a person's grant is gone. */
export const JUNCTION = {
  slug: "junction",
  hosts: JUNCTION_APIS.map((api) => new URL(api).host),
  statuses: { 401: { kind: "rejected", status: 401 } },
} as const;

export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

/** Where a record comes from; `slug` is the older name of `provider`. */
export const source = z.looseObject({
  provider: maybeText,
  slug: maybeText,
  type: maybeText,
  sport: maybeText,
});
export type Source = z.output<typeof source>;

/** What every summary has. */
export const summary = z.looseObject({
  id: z.string().min(1),
  source,
  updated_at: maybeText,
});

export function providerOf({ provider, slug }: Source): string | undefined {
  return provider ?? slug ?? undefined;
}

/** `oura ring`: the service and what kind of device measured, as far as Junction knows it. */
export function deviceOf(from: Source): { readonly device?: string } {
  const type = from.type === "unknown" ? undefined : from.type;
  const names = [providerOf(from), type].filter((name) => name != null);
  return names.length > 0 ? { device: names.join(" ") } : {};
}

/** The whole record replaces what it was: `updated_at` tells which is newer. */
export function summaryRef({ id, updated_at }: z.output<typeof summary>) {
  const version = updated_at == null ? undefined : parseInstant(updated_at)?.instant;
  return { id, ...present({ version }) };
}

export function minutesEast(offsetSeconds: number | null | undefined): number | undefined {
  return offsetSeconds == null ? undefined : Math.round(offsetSeconds / 60);
}

/** Services whose times are a clock on the wall, with a `+00:00` that is not meant. */
const FLOATING: ReadonlySet<string> = new Set(["freestyle_libre", "abbott_libreview"]);

/** An instant of a record. The offset in its text is UTC's and says nothing of the person's clock. */
export function timeOf(
  text: string | null | undefined,
  at: {
    readonly source: Source;
    readonly offsetSeconds?: number | null | undefined;
    readonly context: NormaliseContext;
  },
): When | undefined {
  if (FLOATING.has(providerOf(at.source) ?? "")) {
    return localTime(text?.replace(/(Z|[+-]\d\d:?\d\d)$/i, ""), at.context.timeZone);
  }
  const start = text == null ? undefined : parseInstant(text)?.instant;
  return start && { start, ...present({ offsetMinutes: minutesEast(at.offsetSeconds) }) };
}

/** Days are the person's: one more on either side holds whatever their zone. */
export function summaryRequest(path: string, { account, window }: Ask): Request {
  const url = new URL(
    `${API}/v2/summary/${path}/${pathSegment(JUNCTION, account.externalUserId)}`,
  );
  url.searchParams.set("start_date", addDays(localDateOf(window.from), -1));
  url.searchParams.set("end_date", addDays(localDateOf(window.to), 1));
  return new Request(url);
}

/** One a person, so no dates: they are not documented there. */
export function profileRequest({ account }: Ask): Request {
  const user = pathSegment(JUNCTION, account.externalUserId);
  return new Request(`${API}/v2/summary/profile/${user}`);
}

export function seriesRequest(name: string, { account, window, cursor }: Ask): Request {
  const user = pathSegment(JUNCTION, account.externalUserId);
  const url = new URL(`${API}/v2/timeseries/${user}/${name}/grouped`);
  url.searchParams.set("start_date", window.from.toISOString());
  url.searchParams.set("end_date", window.to.toISOString());
  if (cursor !== undefined) url.searchParams.set("next_cursor", cursor);
  return new Request(url);
}

/** The team's key stands for every person: there are no tokens. */
export function withKey(request: Request, ctx: DriverContext): Request {
  const headers = new Headers(request.headers);
  headers.set("x-vital-api-key", ctx.client.secret.reveal());
  return new Request(request, { headers });
}

/** Calls about people and links. Throws `ProviderError`. */
export async function call(
  method: "GET" | "POST" | "DELETE",
  path: string,
  ctx: DriverContext,
  json?: unknown,
): Promise<Response> {
  const body = json === undefined
    ? {}
    : { body: JSON.stringify(json), headers: { "content-type": "application/json" } };
  const request = withKey(new Request(`${API}/v2${path}`, { method, ...body }), ctx);
  const response = await send(JUNCTION, request, ctx);
  const failure = failureOf(response, ctx.now(), JUNCTION);
  if (!failure) return response;
  await discard(response);
  throw new ProviderError(JUNCTION.slug, failure);
}

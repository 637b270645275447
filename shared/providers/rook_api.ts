/** What ROOK's documents share: hosts, keys, times, devices; quirks in `rook.ts`. */
import { z } from "zod";
import type { Provenance, When } from "../catalog/normalized.ts";
import { toBase64, utf8 } from "../core/bytes.ts";
import { addDays, localDateOf, parseInstant, startOfLocalDate } from "../core/time.ts";
import type { Ask, DriverContext } from "./driver.ts";
import { callProvider } from "./kit/http.ts";
import { dayTotal } from "./kit/when.ts";
import type { Poll, RecordRef } from "./resource.ts";

/** Production and sandbox, each with credentials of its own; requests are written for the first. */
export const ROOK_APIS = [
  "https://api.rook-connect.com",
  "https://api.rook-connect.review",
] as const;

const [API] = ROOK_APIS;

/** 401 means that our key is wrong, and never that a person's grant is gone. */
export const ROOK = {
  slug: "rook",
  hosts: ROOK_APIS.map((api) => new URL(api).host),
  statuses: { 401: { kind: "rejected", status: 401 } },
} as const;

/** The client's key stands for every person: there are no tokens. */
export function withKey(request: Request, { client }: DriverContext): Request {
  const headers = new Headers(request.headers);
  headers.set("authorization", `Basic ${toBase64(utf8(`${client.id}:${client.secret.reveal()}`))}`);
  return new Request(request, { headers });
}

/** Calls about people and links; a status of `empty` is no failure. Throws `ProviderError`. */
export function call(
  path: string,
  ctx: DriverContext,
  json?: unknown,
  empty: readonly number[] = [],
): Promise<Response> {
  const post = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  };
  const request = new Request(`${API}${path}`, json === undefined ? {} : post);
  return callProvider(ROOK, withKey(request, ctx), ctx, empty);
}

/** One day a request, the days of the window in turn: there are neither spans nor pages. */
export function dayRequest(path: string, ask: Ask): Request {
  const url = new URL(`${API}/v2/processed_data/${path}`);
  url.searchParams.set("user_id", ask.account.externalUserId);
  url.searchParams.set("date", dateAsked(ask));
  return new Request(url);
}

/** The day after the one asked for, while the window has it. */
export function dayAfter(_page: unknown, ask: Ask): string | undefined {
  const date = addDays(dateAsked(ask), 1);
  return startOfLocalDate(date) < ask.window.to ? date : undefined;
}

function dateAsked({ cursor, window }: Ask): string {
  return cursor ?? localDateOf(window.from);
}

/** Webhooks tell of each document; a request a day is too dear to read a whole week again. */
export const ROOK_POLL: Poll = { everyMinutes: 24 * 60, trailingHours: 72 };

/** Of what was before a link there are summaries alone: no more days than are polled. */
export const EVENT_DAYS = 3;

export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

/** What every summary and every event has. */
export const metadata = z.looseObject({
  datetime_string: maybeText,
  sources_of_data_array: z.array(z.string()).nullish(),
});
export interface Documented {
  readonly metadata: z.output<typeof metadata>;
}

/** A list of readings, each with its time. */
export function granular<const S extends z.ZodRawShape>(shape: S) {
  return z.array(z.looseObject({ datetime_string: maybeText, ...shape })).nullish();
}

/** An instant. `Z` says nothing of the person's clock; a time without a zone is none (see rook.ts). */
export function timeOf(text: string | null | undefined): When | undefined {
  const at = parseInstant(text ?? "");
  if (at?.offsetMinutes === undefined) return undefined;
  const { instant: start, offsetMinutes } = at;
  return /z$/i.test(text ?? "") ? { start } : { start, offsetMinutes };
}

/** Each reading with when it was; those without a time fall away. */
export function* timed<S extends { readonly datetime_string?: string | null | undefined }>(
  readings: readonly S[] | null | undefined,
  about: Provenance,
): Generator<readonly [reading: S, at: When & Provenance], void> {
  for (const reading of readings ?? []) {
    const at = timeOf(reading.datetime_string);
    if (at) yield [reading, { ...at, ...about }];
  }
}

/** The service, where one alone is named: nobody says what of a merged document is whose. */
export function deviceOf({ metadata: { sources_of_data_array } }: Documented): Provenance {
  const [device, ...others] = sources_of_data_array ?? [];
  return device && others.length === 0 ? { device } : {};
}

/** The calendar day as it is written, whatever zone stands behind it. */
export function dateOf(text: string | null | undefined): string | undefined {
  const date = (text ?? "").slice(0, 10);
  return parseInstant(`${date}T00:00Z`) ? date : undefined;
}

/** A summary is that day of that person. */
export function dayRecord({ metadata }: Documented): RecordRef | undefined {
  const id = dateOf(metadata.datetime_string);
  return id === undefined ? undefined : { id };
}

/** The whole day of a summary; nothing where it names none. */
export function dayOfSummary(row: Documented) {
  const { datetime_string } = row.metadata;
  const date = dateOf(datetime_string);
  return date === undefined ? undefined : {
    ...dayTotal(date, timeOf(datetime_string)?.offsetMinutes),
    ...deviceOf(row),
  };
}

/** An event has no id: it is the one of its time, as it is written where it is no instant. */
export function eventRecord({ metadata: { datetime_string } }: Documented): RecordRef | undefined {
  const id = timeOf(datetime_string)?.start.toISOString() ?? datetime_string;
  return id ? { id } : undefined;
}

/** What Validic's records share: hosts, limits, times, devices; quirks in `validic.ts`. */
import { z } from "zod";
import type { MetricCode } from "../catalog/metrics.ts";
import type { Normalized, Provenance, When } from "../catalog/normalized.ts";
import {
  addDays,
  HOUR,
  type LocalDate,
  localDateOf,
  parseInstant,
  startOfLocalDate,
} from "../core/time.ts";
import { resource } from "./define.ts";
import type { Ask, DriverContext } from "./driver.ts";
import { callProvider, pathSegment } from "./kit/http.ts";
import { present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { untilReset } from "./kit/rate_limit.ts";
import { dayTotal } from "./kit/when.ts";
import type { Poll, Resource } from "./resource.ts";

const API = "https://api.v2.validic.com";

export const VALIDIC = {
  slug: "validic",
  hosts: ["api.v2.validic.com"],
  /** The organization's token is not its own; no person has one that could be refused. */
  statuses: { 401: { kind: "rejected", status: 401 } },
  /**
   * Calls are counted until the hour is full; the page spells the header with an underscore.
   * @see https://validic.atlassian.net/wiki/pages/viewpage.action?pageId=4037869569
   */
  retryAfter: untilReset(
    [{ remaining: "x-ratelimit-remaining" }, { remaining: "x-ratelimit_remaining" }],
    [3_600],
  ),
} as const;

/** A request spans 30 days at most, of which `dataRequest` takes up to three more than its window. */
export const PAGE_DAYS = 27;

/** Records come late and change, and nothing tells of it: each is read again for a week. */
const TRAILING_HOURS = 7 * 24;

export const HOURLY: Poll = { everyMinutes: 60, trailingHours: TRAILING_HOURS };
/** With the hourly ones three calls an hour and person, of 2,000 for all. */
export const THREE_HOURLY: Poll = { everyMinutes: 180, trailingHours: TRAILING_HOURS };

/**
 * `written` below the organization, with its token: the API takes both in the address alone. So only
 * what is about to be sent has them, and no address is ever put into a message.
 */
function located(written: string, { client }: DriverContext): URL {
  const url = new URL(written);
  url.pathname = `/organizations/${pathSegment(VALIDIC, client.id)}${url.pathname}`;
  url.searchParams.set("token", client.secret.reveal());
  return url;
}

export function withToken(request: Request, ctx: DriverContext): Request {
  return new Request(located(request.url, ctx), request);
}

/** Calls about people. Throws `ProviderError`. */
export async function call(
  path: string,
  ctx: DriverContext,
  init: RequestInit = {},
): Promise<Response> {
  return await callProvider(VALIDIC, new Request(located(`${API}${path}`, ctx), init), ctx);
}

/** Whether days are UTC's or the person's is not documented: one more on either side holds both. */
function dataRequest(name: string, { account, window }: Ask): Request {
  const url = new URL(`${API}/users/${pathSegment(VALIDIC, account.externalUserId)}/${name}`);
  url.searchParams.set("start_date", addDays(localDateOf(window.from), -1));
  url.searchParams.set("end_date", addDays(localDateOf(window.to), 1));
  return new Request(url);
}

export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

const reading = z.looseObject({ time: maybeText, value: maybeNumber, device_id: maybeText });

const figure = z.looseObject({
  type: z.string(),
  unit: maybeText,
  origin: maybeText,
  value: maybeNumber,
  /** In place of the value: `data_points` of an intraday record, `reading_log` of a CGM's. */
  data_points: z.array(reading).nullish(),
  reading_log: z.array(reading).nullish(),
});
export type Figure = z.output<typeof figure>;

/** What records of every resource are; a deleted one may have lost all but its id. */
const record = z.looseObject({
  id: z.string().min(1),
  created_at: maybeText,
  deleted_at: maybeText,
  start_time: maybeText,
  end_time: maybeText,
  /** Seconds. */
  utc_offset: maybeNumber,
  source: z.looseObject({
    type: maybeText,
    device: z.unknown().optional(),
    devices: z.record(z.string(), z.unknown()).nullish(),
  }),
  name: maybeText,
  category: maybeText,
  metrics: z.array(figure).nullish(),
});
export type Row = z.output<typeof record>;

export type At = When & Provenance;

interface Collection<M extends MetricCode>
  extends Pick<Resource<Row, M>, "produces" | "sessions" | "pageDays" | "historyDays"> {
  /** What Validic calls one record of it, where that is another word. */
  readonly aliases?: readonly string[];
  readonly poll: Poll;
  /** What a record of the time `at` means. */
  readonly read: (row: Row, at: At) => Iterable<Normalized<M>>;
}

/** A resource: Validic has one shape for the records of all. */
export function collection<const M extends MetricCode = never>(
  name: string,
  { read, aliases = [], ...own }: Collection<M>,
) {
  return resource<Row, M>({
    name,
    aliases: [`GET /organizations/{org_id}/users/{uid}/${name}`, ...aliases],
    pageDays: PAGE_DAYS,
    ...own,
    page: listOf(record, { rows: "data" }),
    request: (ask) => dataRequest(name, ask),
    // An update has the same id, and is created later than what it replaces.
    record: ({ id, created_at }) => ({
      id,
      ...present({ version: created_at == null ? undefined : parseInstant(created_at)?.instant }),
    }),
    *normalise(row) {
      if (row.deleted_at != null) return yield { kind: "deletion" };
      const when = whenOf(row);
      if (!when) return yield { kind: "quarantine", reason: "no_time" };
      yield* read(row, { ...when, ...deviceOf(row.source) });
    },
  });
}

/** Times are UTC, the person's offset stands beside them. A day of theirs is known by its midnight. */
function whenOf(row: Row): When | undefined {
  const start = timeOf(row.start_time);
  if (!start) return undefined;
  const end = timeOf(row.end_time);
  const offsetMinutes = row.utc_offset == null ? undefined : Math.round(row.utc_offset / 60);
  const date = end && wholeDay(start, end, offsetMinutes);
  if (date !== undefined) return dayTotal(date, offsetMinutes);
  const isSpan = end && end.getTime() !== start.getTime();
  return { start, ...present({ offsetMinutes, end: isSpan ? end : undefined }) };
}

export function timeOf(text: string | null | undefined): Date | undefined {
  return text == null ? undefined : parseInstant(text)?.instant;
}

/** From midnight to the second before the next one, which may be an hour sooner or later. */
function wholeDay(start: Date, end: Date, offsetMinutes?: number): LocalDate | undefined {
  if (offsetMinutes === undefined) return undefined;
  const date = localDateOf(start, offsetMinutes);
  const hours = (end.getTime() - start.getTime()) / HOUR;
  const isMidnight = startOfLocalDate(date, offsetMinutes).getTime() === start.getTime();
  return isMidnight && hours > 22 && hours <= 25 ? date : undefined;
}

const named = z.looseObject({ manufacturer: maybeText, model: maybeText });

/** `dexcom Dexcom G7`: the service and the device, which is a text, an object or unknown. */
export function deviceOf(
  source: Row["source"],
  device: unknown = source.device,
): { readonly device?: string } {
  const { manufacturer, model } = named.safeParse(device).data ?? {};
  const parts = [source.type, typeof device === "string" ? device : null, manufacturer, model];
  const known = parts.filter((part) => part);
  return known.length > 0 ? { device: known.join(" ") } : {};
}

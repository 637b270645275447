/** What Google's data types share: addresses, filters, times; quirks in `google_health.ts`. */
import { z } from "zod";
import type { Normalized, When } from "../catalog/normalized.ts";
import type { MetricCode } from "../catalog/metrics.ts";
import type { Reading } from "../catalog/units.ts";
import {
  addDays,
  HOUR,
  type LocalDate,
  localDateOf,
  parseInstant,
  type Window,
} from "../core/time.ts";
import type { Ask } from "./driver.ts";
import { listOf } from "./kit/page.ts";
import { dayOf } from "./kit/when.ts";
import type { RecordRef, Resource } from "./resource.ts";

export const GOOGLE_HEALTH = {
  slug: "google_health",
  hosts: ["health.googleapis.com", "oauth2.googleapis.com", "www.gstatic.com"],
} as const;

export const GOOGLE_HEALTH_API = "https://health.googleapis.com/v4/users/me";
const SCOPE = "https://www.googleapis.com/auth/googlehealth";
export const ACTIVITY = `${SCOPE}.activity_and_fitness.readonly`;
export const MEASUREMENTS = `${SCOPE}.health_metrics_and_measurements.readonly`;
export const SLEEP = `${SCOPE}.sleep.readonly`;
export const NUTRITION = `${SCOPE}.nutrition.readonly`;

export const NO_TIME = { kind: "quarantine", reason: "no_time" } as const;

export const maybeText = z.string().nullish();
export const maybeNumber = z.number().nullish();
/** Whole numbers are strings on the wire; what is no number is refused. */
export const whole = z.union([z.string().regex(/^-?\d+$/), z.number()]);
export const maybeWhole = whole.nullish();
/** `3600s`, `-14400s`, `1.5s`. */
export const duration = z.string().regex(/^-?\d+(\.\d{1,9})?s$/);
export const maybeDuration = duration.nullish();

/** Parts of a day are left out where they are zero. */
export const date = z.looseObject({ year: z.number(), month: z.number(), day: z.number() });
export const civil = z.looseObject({ date });

export const interval = z.looseObject({
  startTime: z.string(),
  endTime: z.string(),
  startUtcOffset: maybeDuration,
  endUtcOffset: maybeDuration,
});
export const sampleTime = z.looseObject({ physicalTime: z.string(), utcOffset: maybeDuration });

/** What any point may have: a name where its type has ids, and a source where it was not reconciled. */
export const point = {
  name: maybeText,
  dataPointName: maybeText,
  dataSource: z.looseObject({
    recordingMethod: maybeText,
    device: z.looseObject({ displayName: maybeText }).nullish(),
  }).nullish(),
};

export function numberOf(value: string | number | null | undefined): Reading {
  return value == null ? value : Number(value);
}

export function secondsOf(value: string | null | undefined): number | undefined {
  return value == null ? undefined : Number.parseFloat(value);
}

function offsetOf(utcOffset: string | null | undefined): Pick<When, "offsetMinutes"> {
  const seconds = secondsOf(utcOffset);
  return seconds === undefined ? {} : { offsetMinutes: Math.round(seconds / 60) };
}

export function spanOf(at: z.output<typeof interval>): (When & { readonly end: Date }) | undefined {
  const [start, end] = [parseInstant(at.startTime), parseInstant(at.endTime)];
  return start && end &&
    { start: start.instant, end: end.instant, ...offsetOf(at.startUtcOffset) };
}

export function instantOf(at: z.output<typeof sampleTime>): When | undefined {
  const start = parseInstant(at.physicalTime);
  return start && { start: start.instant, ...offsetOf(at.utcOffset) };
}

/** The day, if there is such a day. */
export function localDateIn({ year, month, day }: z.output<typeof date>): LocalDate | undefined {
  const text = [String(year).padStart(4, "0"), ...[month, day].map((one) => two(one))].join("-");
  return parseInstant(`${text}T00:00`) && text;
}

function two(part: number): string {
  return String(part).padStart(2, "0");
}

export function dayIn(at: z.output<typeof date>): When | undefined {
  const localDate = localDateIn(at);
  return localDate === undefined ? undefined : dayOf(localDate);
}

/** What `items` makes of a time, or that there is none. */
export function* timed<At, M extends MetricCode>(
  at: At | undefined,
  items: (at: At) => Iterable<Normalized<M>>,
): Generator<Normalized<M>, void> {
  if (at === undefined) return yield NO_TIME;
  yield* items(at);
}

/** How a value came in: typed, or by which device. */
export function sourceOf({ dataSource }: z.output<z.ZodObject<typeof point>>) {
  const device = dataSource?.device?.displayName;
  const isTyped = dataSource?.recordingMethod === "MANUAL";
  return {
    ...(device ? { device } : {}),
    ...(isTyped ? { entry: "manual" as const } : {}),
  };
}

export type PointKind = "interval" | "sample" | "daily" | "session" | "sleep";

/** By which of its times a type is filtered. Sessions cannot be by the instant they begin. */
function filteredBy(kind: PointKind): string {
  switch (kind) {
    case "interval":
      return "interval.start_time";
    case "sample":
      return "sample_time.physical_time";
    case "daily":
      return "date";
    case "session":
      return "interval.civil_start_time";
    case "sleep":
      return "interval.end_time";
  }
}

interface Stream<Row> {
  /** Points a page: 25 sessions at most; of the others so many that 5 MiB hold them. */
  readonly rows?: number;
  readonly row: z.ZodType<Row>;
  /** When, for a point without a name: then it is its identity. */
  at(row: Row): When | undefined;
  /** Its version, where the type has one. */
  updated?(row: Row): string | null | undefined;
}

type Named = z.output<z.ZodObject<Pick<typeof point, "name" | "dataPointName">>>;

/** A data type as one stream of all devices, and without their names. */
export function reconciled<Row extends Named>(type: string, kind: PointKind, stream: Stream<Row>) {
  return dataPoints(type, ":reconcile", kind, stream);
}

/** A data type as each device or person gave it, with who and how. */
export function listed<Row extends Named>(type: string, kind: PointKind, stream: Stream<Row>) {
  return dataPoints(type, "", kind, stream);
}

/** Name, addresses, envelope and identity of one data type. */
function dataPoints<Row extends Named>(
  type: string,
  method: "" | ":reconcile",
  kind: PointKind,
  stream: Stream<Row>,
) {
  const path = `/dataTypes/${type}/dataPoints${method}`;
  const isCivil = kind === "daily" || kind === "session";
  const isSession = kind === "session" || kind === "sleep";
  const field = `${type.replaceAll("-", "_")}.${filteredBy(kind)}`;
  return {
    name: type.replaceAll("-", "_"),
    aliases: [
      type,
      `GET /v4/users/me/dataTypes/${type}/dataPoints`,
      `GET /v4/users/me/dataTypes/${type}/dataPoints:reconcile`,
    ],
    page: listOf(stream.row, { rows: "dataPoints", next: "nextPageToken", sparse: true }),
    request({ window, cursor }: Ask) {
      const [from, to] = isCivil ? civilDays(window) : [iso(window.from), iso(window.to)];
      const url = new URL(`${GOOGLE_HEALTH_API}${path}`);
      url.searchParams.set("filter", `${field} >= "${from}" AND ${field} < "${to}"`);
      url.searchParams.set("pageSize", String(stream.rows ?? (isSession ? 25 : 1_440)));
      if (cursor !== undefined) url.searchParams.set("pageToken", cursor);
      return new Request(url);
    },
    record(row: Row): RecordRef | undefined {
      const name = (row.name ?? row.dataPointName)?.split("/").at(-1);
      const at = stream.at(row);
      const id = name || (kind === "daily" ? at?.localDate : at?.start.toISOString());
      const version = parseInstant(stream.updated?.(row) ?? "")?.instant;
      return id === undefined ? undefined : { id, ...(version ? { version } : {}) };
    },
  } satisfies Partial<Resource<Row, never>>;
}

function iso(instant: Date): string {
  return instant.toISOString();
}

/** The days that some clock on earth shows inside `window`, as `[first, after the last)`. */
export function civilDays({ from, to }: Window): readonly [LocalDate, LocalDate] {
  const last = new Date(to.getTime() - 1 + 14 * HOUR);
  return [localDateOf(new Date(from.getTime() - 12 * HOUR)), addDays(localDateOf(last), 1)];
}

/** What Polar's collections share: addresses, limits, days and clocks; quirks in `polar.ts`. */
import { z } from "zod";
import {
  addDays,
  DAY,
  instantIn,
  type LocalDate,
  localDateOf,
  MINUTE,
  parseInstant,
} from "../core/time.ts";
import type { When } from "../catalog/normalized.ts";
import type { Ask } from "./driver.ts";
import { pathSegment } from "./kit/http.ts";
import { dayOf } from "./kit/when.ts";
import { untilReset } from "./kit/rate_limit.ts";
import type { NormaliseContext } from "./resource.ts";

export const POLAR = {
  slug: "polar",
  hosts: ["www.polaraccesslink.com", "polarremote.com", "flow.polar.com"],
  // `181, 12500`: a quarter of an hour, then a day.
  retryAfter: untilReset([
    { limit: "ratelimit-limit", usage: "ratelimit-usage", reset: "ratelimit-reset" },
  ]),
} as const;

export const POLAR_API = "https://www.polaraccesslink.com";
/** Nothing older is answered, and nothing from before the person was registered. */
export const HISTORY_DAYS = 28;

export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

/** Without `accept` the answer is XML. */
export function get(path: string, query: Readonly<Record<string, string>> = {}): Request {
  const url = new URL(`${POLAR_API}${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return new Request(url, { headers: { accept: "application/json" } });
}

/** One record by its id, which for most collections is its day. */
export function getOne(path: string, query: Readonly<Record<string, string>> = {}) {
  return ({ recordId }: { readonly recordId: string }): Request =>
    get(`${path}/${pathSegment(POLAR, recordId)}`, query);
}

/** Days are the person's own, whose clock we do not know; both are included, 28 at most. */
export function days({ window }: Ask): { readonly from: LocalDate; readonly to: LocalDate } {
  const to = localDateOf(new Date(window.to.getTime() - 1 + DAY));
  const from = addDays(localDateOf(window.from), -1);
  const earliest = addDays(to, 1 - HISTORY_DAYS);
  return { from: from < earliest ? earliest : from, to };
}

/** The day of a record, where times are written after it: `2024-01-15T00:00:00`. */
export function dateIn(text: string | null | undefined): LocalDate | undefined {
  return /^\d{4}-\d\d-\d\d/.exec(text ?? "")?.[0];
}

/** Minutes east of UTC at `date`'s midnight, where the person's zone is known. */
export function offsetAt(date: LocalDate, { timeZone }: NormaliseContext): number | undefined {
  return timeZone === undefined
    ? undefined
    : instantIn(timeZone, `${date}T00:00:00`)?.offsetMinutes;
}

/** A value of the night that ends on `date`. */
export function nightOf(date: LocalDate, context: NormaliseContext) {
  return { ...dayOf(date, offsetAt(date, context)), statistic: "nightly_average" } as const;
}

/** A local time, with the minutes east of UTC that stand beside it. */
export function withOffset(
  local: string | null | undefined,
  offsetMinutes: number | null | undefined,
): When | undefined {
  const read = local == null ? undefined : parseInstant(local);
  if (!read || offsetMinutes == null) return undefined;
  // Some write `Z` behind what is local time all the same.
  const wall = read.instant.getTime() + (read.offsetMinutes ?? 0) * MINUTE;
  return { start: new Date(wall - offsetMinutes * MINUTE), offsetMinutes };
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Seconds of an ISO 8601 duration such as `PT2H44M` or `PT210.026S`. */
export function secondsOf(duration: string | null | undefined): number | undefined {
  const match = DURATION.exec(duration ?? "");
  if (!match) return undefined;
  const [d, h, m, s] = match.slice(1).map((part = "0") => Number(part));
  return (((d ?? 0) * 24 + (h ?? 0)) * 60 + (m ?? 0)) * 60 + (s ?? 0);
}

/** Readings under the clock of a night (`23:30`), which goes past midnight once. */
export const byClock = z.record(z.string(), z.unknown()).nullish();

/**
 * The readings with the minutes from midnight of the night's first day. They are in order, so the next
 * day begins where a clock runs back.
 */
export function clockReadings(
  of: z.output<typeof byClock>,
): readonly (readonly [minutes: number, reading: number])[] {
  let day = 0;
  let last = -1;
  return Object.entries(of ?? {}).flatMap(([clock, reading]) => {
    const [, hour, minute] = /^(\d\d):(\d\d)/.exec(clock) ?? [];
    if (hour === undefined || typeof reading !== "number") return [];
    const minutes = Number(hour) * 60 + Number(minute);
    if (minutes < last) day++;
    last = minutes;
    return [[day * 24 * 60 + minutes, reading] as const];
  });
}

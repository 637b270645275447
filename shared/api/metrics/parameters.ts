/** What several of the queries take. Queries carry text; a body may carry numbers and lists as they are. */
import { z } from "zod";
import type { MetricCode } from "../../catalog/metrics.ts";
import { metricMeaning } from "../../catalog/names.ts";
import { parseInstant } from "../../core/time.ts";

const DAY = /^\d{4}-\d\d-\d\d$/;

/** A day in UTC from its start, or an ISO 8601 time; neither before 1900 nor after 2199. */
export const instant = z.string().max(40).meta({
  description: "ISO 8601 time with an offset, or a day, which counts from its start in UTC",
  example: "2026-03-01T08:00:00+01:00",
}).transform((text, ctx) => {
  const date = parseInstant(DAY.test(text) ? `${text}T00:00:00Z` : text)?.instant;
  if (date && inReach(date)) return date;
  ctx.addIssue("Not a date or an ISO 8601 time");
  return z.NEVER;
});

/** A day of the person's own calendar. */
export const localDate = z.string().max(10).meta({
  description: "Day of the person's own calendar",
  example: "2026-03-01",
}).refine((text) => {
  const date = DAY.test(text) ? parseInstant(`${text}T00:00:00Z`)?.instant : undefined;
  return date !== undefined && inReach(date);
}, "Not a day");

function inReach(date: Date): boolean {
  return date.getUTCFullYear() >= 1900 && date.getUTCFullYear() <= 2199;
}

/** A whole number from `low` to `high`. */
export function whole(low: number, high: number, description: string) {
  return z.union([z.number(), z.string().regex(/^\d{1,10}$/).transform(Number)], "Not a number")
    .pipe(z.number().int().min(low).max(high))
    .meta({ description, type: "integer", minimum: low, maximum: high });
}

/** A number from `low` to `high`. */
export function decimal(low: number, high: number, description: string) {
  return z.union(
    [z.number(), z.string().regex(/^\d{1,4}(\.\d{1,4})?$/).transform(Number)],
    "Not a number",
  ).pipe(z.number().min(low).max(high))
    .meta({ description, type: "number", minimum: low, maximum: high });
}

export const limit = whole(1, 1_000, "Rows at most").prefault(100);

const names = z.union([
  z.string().max(4_000).transform((text) => text.split(",")),
  z.array(z.string().max(64)),
]).pipe(z.array(z.string().trim().min(1)).min(1).max(200)).meta({
  description:
    "Metrics by their names in the catalog, the seed or the app: a list, or text with commas",
  example: ["HEART_RATE", "HRV", "steps"],
});

/** The metrics asked for, whatever names they were given by. */
export interface MetricSelection {
  readonly types: readonly MetricCode[];
  /** Groups of which a source's day answers with the first code that has rows: the later are its parts. */
  readonly firstPresent?: readonly (readonly MetricCode[])[];
}

/** Names of the catalog, of the seed or of the app, as text with commas or as a list. */
export const types = names.transform((asked, ctx): MetricSelection => {
  const meanings = asked.flatMap((name) => {
    const meaning = metricMeaning(name);
    if (!meaning) ctx.addIssue(`Unknown metric "${name.slice(0, 40)}"`);
    return meaning ?? [];
  });
  const firstPresent = meanings.filter((meaning) => meaning.take === "first_present")
    .map((meaning) => meaning.codes);
  return {
    types: [...new Set(meanings.flatMap((meaning) => meaning.codes))],
    ...(firstPresent.length > 0 ? { firstPresent } : {}),
  };
});

export const provider = z.string().regex(/^[a-z0-9][a-z0-9_]{0,39}$/, "Not a provider").meta({
  description: "What this provider gave, apart from the others",
  example: "oura",
});

export const source = whole(
  1,
  2 ** 31 - 1,
  "What this source gave, by the id that answers name it by",
);

export const cursor = z.string().regex(/^[A-Za-z0-9_.~=-]{1,2048}$/, "Not a cursor").meta({
  description: "`meta.nextCursor` of the page before",
});

/** For a query with `since` and `until`: the one before the other. */
export function inOrder(span: { readonly since?: unknown; readonly until?: unknown }): boolean {
  const [since, until] = [span.since, span.until];
  if (since === undefined || until === undefined) return true;
  // Dates by their time, days by their text.
  return since instanceof Date && until instanceof Date
    ? since < until
    : String(since) < String(until);
}

export const NOT_IN_ORDER = { path: ["until"], message: "Not after since" };

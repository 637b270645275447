import { z } from "zod";
import type { MetricCode } from "../catalog/metrics.ts";
import { metricMeaning } from "../catalog/names.ts";
import { parseInstant } from "../core/time.ts";

/** A day in UTC from its start, or an ISO 8601 time; neither before 1900 nor after 2199. */
const instant = z.string().max(40).transform((text, ctx) => {
  const date = parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)?.instant;
  const year = date?.getUTCFullYear() ?? 0;
  if (!date || year < 1900 || year > 2199) {
    ctx.addIssue("Not a date or an ISO 8601 time");
    return z.NEVER;
  }
  return date;
});

/** Queries carry text, bodies may carry numbers. */
const limit = z.union([z.number(), z.string().regex(/^\d{1,6}$/).transform(Number)], "Not a number")
  .pipe(z.number().int().min(1).max(1_000)).default(100);

const names = z.union([
  z.string().max(4_000).transform((text) => text.split(",")),
  z.array(z.string().max(64)),
]).pipe(z.array(z.string().trim().min(1)).min(1).max(100));

/** The metrics asked for, whatever names they were given by. */
export interface MetricSelection {
  readonly types: readonly MetricCode[];
  /** Groups of which a source's day answers with the first code that has rows: the later are its parts. */
  readonly firstPresent?: readonly (readonly MetricCode[])[];
}

/** Names of the catalog, of the seed or of the app, as text with commas or as a list. */
const types = names.transform((asked, ctx): MetricSelection => {
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

const provider = z.string().regex(/^[a-z0-9][a-z0-9_]{0,39}$/, "Not a provider");
const cursor = z.string().regex(/^[A-Za-z0-9_.~=-]{1,512}$/, "Not a cursor");

/** `[since, until)`, newest first. Query of `GET /metrics`, body of `POST /metrics`. */
export const metricsQuery = z.strictObject({
  types: types.optional(),
  since: instant.optional(),
  until: instant.optional(),
  provider: provider.optional(),
  limit,
  cursor: cursor.optional(),
}).refine(({ since, until }) => !since || !until || since < until, {
  path: ["until"],
  message: "Not after since",
});

/** Query of `GET /metrics/latest`, body of `POST /metrics/latest`. */
export const latestQuery = z.strictObject({
  types: types.optional(),
  provider: provider.optional(),
});

/** A value as the database holds it. */
export interface MetricRow {
  readonly id: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** ISO 8601 with microseconds: text, because a `Date` would lose them. */
  readonly ts: string;
  readonly end?: string;
  readonly source: string;
  readonly via?: string;
  readonly deviceId?: string;
  readonly offsetMinutes?: number;
  readonly localDate: string;
  readonly dailyTotal: boolean;
}

/** Where the app's `health_metrics.metric_type` has another word for one code. */
const LEGACY_TYPES: ReadonlyMap<string, string> = new Map([
  ["body_fat_percentage", "body_fat"],
  ["body_temperature", "temperature"],
  ["body_weight", "weight"],
  ["energy_total", "calories_burned"],
  ["hrv_rmssd", "hrv"],
  ["spo2", "oxygen_saturation"],
]);

/** A row, and the same again in the columns of the app's own table, so that its charts need no change. */
export function presentMetric(row: MetricRow) {
  return {
    ...row,
    metric_type: LEGACY_TYPES.get(row.metric) ?? row.metric,
    metric_value: row.value,
    metric_unit: row.unit,
    recorded_at: row.ts,
  } as const;
}

export function presentMetrics(rows: readonly MetricRow[], limit: number, nextCursor?: string) {
  return {
    success: true,
    data: rows.map(presentMetric),
    meta: { limit, nextCursor: nextCursor ?? null },
  } as const;
}

export function presentLatest(rows: readonly MetricRow[]) {
  return { success: true, data: rows.map(presentMetric) } as const;
}

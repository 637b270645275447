import { z } from "zod";
import {
  cursor,
  inOrder,
  instant,
  limit,
  NOT_IN_ORDER,
  provider,
  source,
  types,
} from "./parameters.ts";
import {
  answerOf,
  day,
  metricCode,
  offsetMinutes,
  pageOf,
  time,
  type Told,
  told,
  toldPage,
  unit,
} from "./parts.ts";

/** `[since, until)`, newest first. Query of `GET /metrics`, body of `POST /metrics`. */
export const metricsQuery = z.strictObject({
  types: types.optional(),
  since: instant.optional(),
  until: instant.optional(),
  provider: provider.optional(),
  source: source.optional(),
  limit,
  cursor: cursor.optional(),
}).refine(inOrder, NOT_IN_ORDER);

/** Query of `GET /metrics/latest`, body of `POST /metrics/latest`. */
export const latestQuery = z.strictObject({
  types: types.optional(),
  provider: provider.optional(),
  source: source.optional(),
});

const reading = z.object({
  id: z.string(),
  metric: metricCode,
  value: z.number(),
  unit,
  ts: time.meta({ description: "The instant, or the start of the span" }),
  end: time.optional().meta({ description: "End of the span; absent for an instant" }),
  source: z.string().meta({ description: "Slug of the provider", example: "oura" }),
  sourceId: z.int().meta({ description: "For the filter `source`" }),
  via: z.string().optional().meta({ description: "The service behind an aggregator" }),
  deviceId: z.string().optional().meta({ description: "Device as the provider names it" }),
  offsetMinutes: offsetMinutes.optional(),
  localDate: day.meta({ description: "The person's day: of waking for what belongs to a sleep" }),
  dailyTotal: z.boolean().meta({
    description: "A whole day's value: never add the day's other values to it",
  }),
});

/** A value as the database holds it. */
export type MetricRow = Told<typeof reading>;

const metric = reading.extend({
  metric_type: z.string().meta({ description: "The metric in the app's older words" }),
  metric_value: z.number(),
  metric_unit: z.string(),
  recorded_at: time,
}).meta({ id: "Metric", description: "One value of one metric at one time" });

export const metricsAnswer = pageOf(metric).meta({ id: "MetricsAnswer" });
export const latestAnswer = answerOf(z.array(metric)).meta({ id: "LatestAnswer" });

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

export function presentMetrics(
  page: { readonly rows: readonly MetricRow[]; readonly nextCursor?: string },
  limit: number,
): Told<typeof metricsAnswer> {
  return toldPage({ ...page, rows: page.rows.map(presentMetric) }, limit);
}

export function presentLatest(rows: readonly MetricRow[]): Told<typeof latestAnswer> {
  return told(rows.map(presentMetric));
}

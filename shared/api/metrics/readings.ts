import { z } from "zod";
import type { latestAnswer, metricsAnswer, reading } from "../metrics_answers/readings.ts";
import { type Told, told, toldPage } from "../told.ts";
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

/** A value as the database holds it. */
export type MetricRow = Told<typeof reading>;

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

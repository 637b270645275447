import { type MetricCode, METRICS } from "../catalog/metrics.ts";
import type { Sql } from "./client.ts";
import { elementsOf, userKey } from "./fragments.ts";
import { isoOf } from "./iso.ts";
import type { Reading } from "./readings.ts";

/**
 * What `readingsOf` makes readings of: a text of an array for all, in order, and what their numbers mean.
 * A thousand rows of words took the driver and the collector 8 ms; their numbers alone take 4.
 */
export interface ReadingColumns {
  readonly metricIds: string | null;
  readonly values: string;
  /** Microseconds since 1970. */
  readonly starts: string;
  readonly durations: string;
  readonly offsets: string;
  readonly dates: string;
  readonly sourceIds: string;
  readonly recordIds: string;
  /** Codes by the metric's id. */
  readonly metrics: Readonly<Record<string, MetricCode>>;
  readonly sources: Readonly<
    Record<string, Pick<Reading, "provider" | "via" | "device" | "dailyTotal">>
  >;
}

/** `select …` of readings `r` that stand in their order, which are of metrics in `wanted`. */
export function columns(sql: Sql) {
  return sql`
    select array_agg(r.metric_id)::text as "metricIds", array_agg(r.value)::text as values,
           array_agg((pg_catalog.date_part('epoch', r.start_at) * 1e6)::int8)::text as starts,
           array_agg(r.duration_s)::text as durations, array_agg(r.offset_minutes)::text as offsets,
           array_agg(r.local_date)::text as dates, array_agg(r.source_id)::text as "sourceIds",
           array_agg(r.record_id)::text as "recordIds",
           (select jsonb_object_agg(w.metric_id, w.metric) from wanted w) as metrics,
           (
             select jsonb_object_agg(src.id, jsonb_build_object(
               'provider', a.provider, 'via', a.via, 'device', src.device, 'dailyTotal', src.daily_total
             ))
             from raphael.sources src
             join raphael.provider_accounts a on a.id = src.account_id
             where src.user_key = ${userKey(sql)}
           ) as sources`;
}

/** What `listReadings` gave, a reading each. */
export function readingsOf([columns]: readonly [ReadingColumns]): Reading[] {
  if (columns.metricIds === null) return [];
  const metricIds = elementsOf(columns.metricIds);
  const values = elementsOf(columns.values);
  const starts = elementsOf(columns.starts);
  const durations = elementsOf(columns.durations);
  const offsets = elementsOf(columns.offsets);
  const dates = elementsOf(columns.dates);
  const sourceIds = elementsOf(columns.sourceIds);
  const recordIds = elementsOf(columns.recordIds);
  return metricIds.map((metricId, n) => {
    const metric = wordOf(columns.metrics, metricId);
    const { provider, via, device, dailyTotal } = wordOf(columns.sources, sourceIds[n]);
    const micros = Number(starts[n]);
    return {
      metric,
      value: Number(values[n]),
      unit: METRICS[metric].unit,
      start: isoOf(micros),
      startMs: Math.floor(micros / 1e3),
      durationSeconds: Number(durations[n]) || null,
      offsetMinutes: offsets[n] === "NULL" ? null : Number(offsets[n]),
      localDate: dates[n] ?? "",
      provider,
      via,
      device,
      dailyTotal,
      metricId,
      sourceId: sourceIds[n] ?? "",
      recordId: recordIds[n] ?? "",
    };
  });
}

function wordOf<T>(words: Readonly<Record<string, T>>, id = ""): T {
  const word = words[id];
  if (word === undefined) throw new Error("Cannot read readings: a source or a metric has no name");
  return word;
}

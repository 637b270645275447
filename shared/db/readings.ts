import type { Sql } from "./client.ts";
import { iso } from "./fragments.ts";

/** One sample as a person reads it. Times are ISO 8601 text with microseconds. */
export interface Reading {
  readonly metric: string;
  readonly category: string;
  readonly value: number;
  readonly unit: string;
  readonly start: string;
  readonly durationSeconds: number | null;
  readonly offsetMinutes: number | null;
  /** The person's day. */
  readonly localDate: string;
  readonly provider: string;
  readonly via: string | null;
  readonly device: string;
  readonly dailyTotal: boolean;
  /** The key, for cursors and ids: bigint and smallint as text. */
  readonly metricId: string;
  readonly sourceId: string;
  readonly recordId: string;
}

/** A place between two readings in the order newest first. */
export interface ReadingKey {
  readonly start: string;
  readonly metricId: string;
  readonly sourceId: string;
  readonly recordId: string;
}

export interface ReadingFilter {
  /** Catalog codes; never empty. */
  readonly metrics: readonly string[];
  /**
   * Groups of which a source's local day shows only the first code that has readings: the later ones
   * are parts of it, as active energy is of the total.
   */
  readonly firstPresent?: readonly (readonly string[])[];
  readonly since?: Date;
  readonly until?: Date;
  readonly provider?: string;
  /** An id of `raphael.sources`. */
  readonly source?: number;
  readonly after?: ReadingKey;
  readonly limit: number;
}

/**
 * A person's readings, newest first. Each metric is read through the one index by itself and then
 * merged: a plain `metric = any (…) order by start_at` would sort the person's whole history.
 */
export function listReadings(sql: Sql, f: ReadingFilter) {
  const after = f.after;
  return sql<Reading[]>`
    ${ofEachMetric(sql, f)}
        ${f.firstPresent ? sql`and ${isNoPart(sql, sql`s`)}` : sql``}
        ${f.since ? sql`and s.start_at >= ${f.since}` : sql``}
        ${f.until ? sql`and s.start_at < ${f.until}` : sql``}
        ${f.provider ? sql`and s.provider = ${f.provider}` : sql``}
        ${f.source ? sql`and s.source_id = ${f.source}` : sql``}
        ${
    after
      ? sql`
        and s.start_at <= ${after.start}::text::timestamptz
        and (s.start_at, s.metric_id, s.source_id, s.record_id)
          < (${after.start}::text::timestamptz, ${after.metricId}::smallint, ${after.sourceId}::int, ${after.recordId}::bigint)`
      : sql``
  }
      order by s.start_at desc, s.source_id desc, s.record_id desc
      limit ${f.limit}
    ) r
    order by r.start_at desc, r.metric_id desc, r.source_id desc, r.record_id desc
    limit ${f.limit}`;
}

/** The newest reading of each metric, parts left out whose whole is there. */
export function latestReadings(
  sql: Sql,
  f: Pick<ReadingFilter, "metrics" | "provider" | "source" | "firstPresent">,
) {
  return sql<Reading[]>`
    ${ofEachMetric(sql, f)}
        ${f.provider ? sql`and s.provider = ${f.provider}` : sql``}
        ${f.source ? sql`and s.source_id = ${f.source}` : sql``}
      order by s.start_at desc, s.source_id desc, s.record_id desc
      limit 1
    ) r
    ${f.firstPresent ? sql`where ${isNoPart(sql, sql`r`)}` : sql``}
    order by r.metric`;
}

/**
 * The beginning of a query that reads each wanted metric of the person through the one index: goes on
 * with conditions on `s`, its order and limit, and the closing bracket of `r`.
 */
function ofEachMetric(sql: Sql, f: Pick<ReadingFilter, "metrics" | "firstPresent">) {
  return sql`
    with person as materialized (
      select p.user_key from raphael.people p where p.user_id = (select auth.uid())
    ), wanted as materialized (
      ${wanted(sql, f)}
    )
    select r.metric, r.category, r.value, r.unit, ${iso(sql, sql`r.start_at`)} as start,
           r.duration_s as "durationSeconds", r.offset_minutes as "offsetMinutes", r.local_date::text as "localDate",
           r.provider, r.via, r.device,
           r.daily_total as "dailyTotal", r.metric_id::text as "metricId", r.source_id::text as "sourceId",
           r.record_id::text as "recordId"
    from person
    cross join wanted
    cross join lateral (
      select * from raphael.readings s
      where s.user_key = person.user_key and s.metric_id = wanted.id`;
}

/** Ids of the metrics, and of those before each in its group. */
function wanted(sql: Sql, f: Pick<ReadingFilter, "metrics" | "firstPresent">) {
  const codes = [...f.metrics];
  if (!f.firstPresent) return sql`select m.id from raphael.metrics m where m.code = any (${codes})`;
  const pairs = f.firstPresent.flatMap((group) =>
    group.flatMap((part, index) => group.slice(0, index).map((whole) => ({ part, whole })))
  );
  return sql`
    select m.id, array(
      select w.id
      from jsonb_to_recordset(${sql.json(pairs)}) as p (part text, whole text)
      join raphael.metrics w on w.code = p.whole
      where p.part = m.code
    ) as whole_ids
    from raphael.metrics m where m.code = any (${codes})`;
}

/** No whole of reading `r` by the same device on the same local day: the rollup knows. */
function isNoPart(sql: Sql, r: ReturnType<Sql>) {
  return sql`not exists (
    select
    from raphael.daily w
    join raphael.sources src on src.user_key = w.user_key and src.id = w.source_id
    where w.user_key = person.user_key and w.metric_id = any (wanted.whole_ids)
      and w.local_date = ${r}.local_date and src.account_id = ${r}.account_id and src.device = ${r}.device
  )`;
}

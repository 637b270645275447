import type { Sql } from "./client.ts";

/** One sample as a person reads it. Times are ISO 8601 text with microseconds. */
export interface Reading {
  readonly metric: string;
  readonly category: string;
  readonly value: number;
  readonly unit: string;
  readonly start: string;
  readonly durationSeconds: number | null;
  readonly offsetMinutes: number | null;
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
  readonly since?: Date;
  readonly until?: Date;
  readonly provider?: string;
  readonly after?: ReadingKey;
  readonly limit: number;
}

/**
 * A person's readings, newest first. Each metric is read through the one index by itself and then
 * merged: a plain `metric = any (…) order by start_at` would sort the person's whole history.
 */
export async function listReadings(sql: Sql, f: ReadingFilter): Promise<Reading[]> {
  const after = f.after;
  return await sql<Reading[]>`
    with person as materialized (
      select p.user_key from raphael.people p where p.user_id = (select auth.uid())
    ), wanted as materialized (
      select m.id from raphael.metrics m where m.code = any (${[...f.metrics]})
    )
    select r.metric, r.category, r.value, r.unit, ${iso(sql, sql`r.start_at`)} as start,
           r.duration_s as "durationSeconds", r.offset_minutes as "offsetMinutes", r.provider, r.via, r.device,
           r.daily_total as "dailyTotal", r.metric_id::text as "metricId", r.source_id::text as "sourceId",
           r.record_id::text as "recordId"
    from person
    cross join wanted
    cross join lateral (
      select * from raphael.readings s
      where s.user_key = person.user_key and s.metric_id = wanted.id
        ${f.since ? sql`and s.start_at >= ${f.since}` : sql``}
        ${f.until ? sql`and s.start_at < ${f.until}` : sql``}
        ${f.provider ? sql`and s.provider = ${f.provider}` : sql``}
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

/** The newest reading of each metric. */
export async function latestReadings(
  sql: Sql,
  f: Pick<ReadingFilter, "metrics" | "provider">,
): Promise<Reading[]> {
  return await sql<Reading[]>`
    with person as materialized (
      select p.user_key from raphael.people p where p.user_id = (select auth.uid())
    ), wanted as materialized (
      select m.id from raphael.metrics m where m.code = any (${[...f.metrics]})
    )
    select r.metric, r.category, r.value, r.unit, ${iso(sql, sql`r.start_at`)} as start,
           r.duration_s as "durationSeconds", r.offset_minutes as "offsetMinutes", r.provider, r.via, r.device,
           r.daily_total as "dailyTotal", r.metric_id::text as "metricId", r.source_id::text as "sourceId",
           r.record_id::text as "recordId"
    from person
    cross join wanted
    cross join lateral (
      select * from raphael.readings s
      where s.user_key = person.user_key and s.metric_id = wanted.id
        ${f.provider ? sql`and s.provider = ${f.provider}` : sql``}
      order by s.start_at desc, s.source_id desc, s.record_id desc
      limit 1
    ) r
    order by r.metric`;
}

function iso(sql: Sql, column: ReturnType<Sql>) {
  return sql`pg_catalog.to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

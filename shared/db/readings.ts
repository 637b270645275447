import type { MetricCode } from "../catalog/metrics.ts";
import type { Sql } from "./client.ts";
import { columns, type ReadingColumns } from "./reading_columns.ts";
import { arrayOf, iso } from "./fragments.ts";

/** One sample as a person reads it. Times are ISO 8601 text with microseconds. */
export interface Reading {
  readonly metric: MetricCode;
  readonly value: number;
  readonly unit: string;
  readonly start: string;
  /** The same in milliseconds since 1970, without what is below one. */
  readonly startMs: number;
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
 * A person's readings, newest first, in one row. Each metric is read through the one index by itself and
 * then merged: a plain `metric = any (…) order by start_at` would sort the person's whole history.
 */
export function listReadings(sql: Sql, f: ReadingFilter) {
  const after = f.after;
  return sql<[ReadingColumns]>`
    ${wanted(sql, f)}
    ${columns(sql)}
    from (
      select s.*
      from wanted
      cross join lateral (
        ${samples(sql, f)}
          ${f.firstPresent ? sql`and ${isNoPart(sql, sql`s`)}` : sql``}
          ${f.since ? sql`and s.start_at >= ${f.since}` : sql``}
          ${f.until ? sql`and s.start_at < ${f.until}` : sql``}
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
      ) s
      order by s.start_at desc, s.metric_id desc, s.source_id desc, s.record_id desc
      limit ${f.limit}
    ) r`;
}

/** The newest reading of each metric, parts left out whose whole is there. */
export function latestReadings(sql: Sql, f: Omit<ReadingFilter, "since" | "until" | "limit">) {
  return sql<Reading[]>`
    ${wanted(sql, f)}
    ${words(sql)}
    from (
      select distinct on (s.metric_id) s.*${f.firstPresent ? sql`, wanted.whole_ids` : sql``}
      from wanted
      cross join lateral (
        ${samples(sql, f)}
        order by s.start_at desc, s.source_id desc, s.record_id desc
        limit 1
      ) s
      order by s.metric_id, s.start_at desc, s.source_id desc, s.record_id desc
    ) r
    ${withWords(sql)}
    ${f.firstPresent ? sql`where ${isNoPart(sql, sql`r`, sql`r`)}` : sql``}
    order by r.metric`;
}

type Wanted = Pick<ReadingFilter, "metrics" | "firstPresent" | "provider" | "source">;

/**
 * What is read, each through the index by itself: the person's metrics, or where a source is asked for
 * its metrics and no others, up to its last day. The rollup knows them; looking for a source that has
 * none of a metric would read all there is of that metric.
 */
function wanted(sql: Sql, f: Wanted) {
  const codes = arrayOf(f.metrics);
  const wholes = f.firstPresent ? sql`, ${wholeIds(sql, f.firstPresent)} as whole_ids` : sql``;
  if (f.provider === undefined && f.source === undefined) {
    return sql`
      with wanted as materialized (
        select p.user_key, m.id as metric_id, m.code as metric, m.unit ${wholes}
        from raphael.people p cross join raphael.metrics m
        where p.user_id = (select auth.uid()) and m.code = any (${codes}::text[])
      )`;
  }
  return sql`
    with wanted as materialized (
      select p.user_key, m.id as metric_id, m.code as metric, m.unit, src.id as source_id, d.last_at ${wholes}
      from raphael.people p
      cross join raphael.metrics m
      join raphael.sources src on src.user_key = p.user_key
      join raphael.provider_accounts a on a.id = src.account_id
      cross join lateral (
        select d.last_at from raphael.daily d
        where d.user_key = p.user_key and d.metric_id = m.id and d.source_id = src.id
        order by d.local_date desc limit 1
      ) d
      where p.user_id = (select auth.uid()) and m.code = any (${codes}::text[])
        ${f.provider === undefined ? sql`` : sql`and a.provider = ${f.provider}`}
        ${f.source === undefined ? sql`` : sql`and src.id = ${f.source}`}
    )`;
}

/** The samples `s` of one row of `wanted`; conditions and the order follow. */
function samples(sql: Sql, { provider, source }: Wanted) {
  const all = provider === undefined && source === undefined;
  return sql`
    select s.user_key, s.metric_id, s.start_at, s.source_id, s.record_id, s.value, s.duration_s,
           s.offset_minutes, s.local_date, wanted.metric, wanted.unit
    from raphael.samples s
    where s.user_key = wanted.user_key and s.metric_id = wanted.metric_id
      ${
    all ? sql`` : sql`
      -- Days of different clocks overlap.
      and s.source_id = wanted.source_id and s.start_at <= wanted.last_at + interval '2 days'`
  }`;
}

function words(sql: Sql) {
  return sql`
    select r.metric, r.value, r.unit, ${iso(sql, sql`r.start_at`)} as start,
           floor(extract(epoch from r.start_at) * 1000)::float8 as "startMs",
           nullif(r.duration_s, 0) as "durationSeconds", r.offset_minutes as "offsetMinutes",
           r.local_date::text as "localDate", a.provider, a.via, src.device, src.daily_total as "dailyTotal",
           r.metric_id::text as "metricId", r.source_id::text as "sourceId", r.record_id::text as "recordId"`;
}

function withWords(sql: Sql) {
  return sql`
    join raphael.sources src on src.user_key = r.user_key and src.id = r.source_id
    join raphael.provider_accounts a on a.id = src.account_id`;
}

/** Ids of the metrics that metric `m` is a part of. */
function wholeIds(sql: Sql, groups: readonly (readonly string[])[]) {
  const pairs = groups.flatMap((group) =>
    group.flatMap((part, index) => group.slice(0, index).map((whole) => ({ part, whole })))
  );
  return sql`array(
    select w.id
    from jsonb_to_recordset(${sql.json(pairs)}) as x (part text, whole text)
    join raphael.metrics w on w.code = x.whole
    where x.part = m.code
  )`;
}

/**
 * No whole of reading `r` by the same device on the same local day: the rollup knows. As a value, and
 * not as `not exists`, which the planner would make a join of that sorts.
 */
function isNoPart(sql: Sql, r: Fragment, of: Fragment = sql`wanted`) {
  return sql`(cardinality(${of}.whole_ids) = 0 or (
    select true
    from raphael.daily w
    join raphael.sources ws on ws.user_key = w.user_key and ws.id = w.source_id
    join raphael.sources rs on rs.user_key = w.user_key and rs.id = ${r}.source_id
    where w.user_key = ${r}.user_key and w.metric_id = any (${of}.whole_ids) and w.local_date = ${r}.local_date
      and ws.account_id = rs.account_id and ws.device = rs.device
    limit 1
  ) is null)`;
}

type Fragment = ReturnType<Sql>;

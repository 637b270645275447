import type { MetricCode } from "../catalog/metrics.ts";
import type { Sql } from "./client.ts";
import {
  arrayOf,
  iso,
  metricIds,
  milliseconds,
  ofSources,
  type SourceFilter,
  userKey,
} from "./fragments.ts";
import { today } from "./person.ts";

/** What one source has of one metric on one local day. */
export interface DayRow {
  readonly metric: MetricCode;
  readonly date: string;
  readonly sourceId: number;
  readonly n: number;
  readonly total: number;
  readonly low: number;
  readonly high: number;
  readonly last: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
  readonly hours: number;
}

export interface DayFilter extends SourceFilter {
  /** Catalog codes. */
  readonly metrics: readonly string[];
  /** Half-open; absent ends are counted from the person's today, which is the last day then. */
  readonly since?: string;
  readonly until?: string;
  /** Days back where `since` is absent. */
  readonly days: number;
  readonly limit: number;
}

/** Rows of the rollup, in no order: each metric's days are one stretch of its key. */
export function readDays(sql: Sql, f: DayFilter) {
  const until = f.until === undefined ? sql`${today(sql)} + 1` : sql`${f.until}::text::date`;
  const since = f.since === undefined
    ? sql`${until} - ${f.days}::int`
    : sql`${f.since}::text::date`;
  return sql<DayRow[]>`
    select m.code as metric, d.local_date::text as date, d.source_id as "sourceId", d.n, d.total, d.low, d.high,
           d.last, ${milliseconds(sql, sql`d.last_at`)} as "lastAt", d.hours
    from raphael.daily d
    join raphael.metrics m on m.id = d.metric_id
    where d.user_key = ${userKey(sql)} and d.metric_id = any (${metricIds(sql, f.metrics)})
      and d.local_date >= ${since} and d.local_date < ${until}
      ${ofSources(sql, sql`d.source_id`, f)}
    limit ${f.limit}`;
}

/** A day of a metric whose rows do not tell enough. */
export interface DayKey {
  readonly metric: MetricCode;
  readonly date: string;
}

/** A part of such a day. */
export interface PieceRow extends DayKey {
  readonly sourceId: number;
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

/**
 * Of each day and each source of single readings its sums by local hour, in two parts where some values
 * last into several hours: these are spread over them by time. What lies outside of the day belongs to
 * its first or last hour, as in `raphael.daily.hours`.
 */
export function readHours(sql: Sql, days: readonly DayKey[]) {
  return sql<PieceRow[]>`
    ${samplesOf(sql, days)}, placed as materialized (
      select s.*, l.seconds, h.first, h.last
      from s
      cross join lateral (
        select date_part('epoch', s.start_at at time zone 'UTC' - s.local_date::timestamp)
               + 60 * coalesce(s.offset_minutes, 0) as seconds
      ) l
      cross join lateral (
        select least(greatest(floor(l.seconds / 3600), 0), 23)::int as first,
               least(greatest(ceil((l.seconds + s.duration_s) / 3600) - 1, 0), 23)::int as last
      ) h
    )
    select p.metric, p.date, p.source_id as "sourceId", p.first as "from", p.first + 1 as "to", sum(p.value) as value
    from placed p
    where p.last <= p.first
    group by p.metric, p.date, p.source_id, p.first
    union all
    select p.metric, p.date, p.source_id, b.hour, b.hour + 1, sum(p.value * (
             case when b.hour = p.last then p.seconds + p.duration_s else (b.hour + 1) * 3600 end
             - case when b.hour = p.first then p.seconds else b.hour * 3600 end
           ) / p.duration_s)
    from placed p
    cross join lateral generate_series(p.first, p.last) as b (hour)
    where p.last > p.first
    group by p.metric, p.date, p.source_id, b.hour`;
}

/** Of each day and each source of single readings the readings themselves, which are whole sessions. */
export function readSpans(sql: Sql, days: readonly DayKey[]) {
  const start = milliseconds(sql, sql`s.start_at`);
  return sql<PieceRow[]>`
    ${samplesOf(sql, days)}
    select s.metric, s.date, s.source_id as "sourceId", ${start} as "from",
           ${start} + s.duration_s * 1000 as "to", s.value
    from s`;
}

/**
 * The samples `s` of the days, found through the bounds that the rollup has of each source's day. The
 * arrays keep that to these metrics and days: of a list of unknown length the planner thinks too much.
 */
function samplesOf(sql: Sql, days: readonly DayKey[]) {
  const wanted = sql.json(days.map(({ metric, date }) => ({ metric, date })));
  return sql`
    with s as materialized (
      select m.code as metric, d.local_date::text as date, s.source_id, s.start_at, s.duration_s, s.value,
             s.offset_minutes, s.local_date
      from raphael.daily d
      join raphael.metrics m on m.id = d.metric_id
      join jsonb_to_recordset(${wanted}) as x (metric text, date date) on x.metric = m.code and x.date = d.local_date
      join raphael.sources src on src.user_key = d.user_key and src.id = d.source_id and not src.daily_total
      cross join lateral (
        select s.source_id, s.start_at, s.duration_s, s.value, s.offset_minutes, s.local_date
        from raphael.samples s
        where s.user_key = d.user_key and s.metric_id = d.metric_id and s.source_id = d.source_id
          and s.start_at between d.first_at and d.last_at and s.local_date = d.local_date
        union all
        -- What they were thinned to; a bucket begins up to an hour before its first value.
        select t.source_id, t.bucket_at, t.seconds, t.total, t.offset_minutes, t.local_date
        from raphael.tiers t
        where t.user_key = d.user_key and t.metric_id = d.metric_id and t.seconds in (300, 3600)
          and t.source_id = d.source_id and t.bucket_at between d.first_at - interval '1 hour' and d.last_at
          and t.local_date = d.local_date
      ) s
      where d.user_key = ${userKey(sql)}
        and d.metric_id = any (${metricIds(sql, [...new Set(days.map(({ metric }) => metric))])})
        and d.local_date = any (${arrayOf([...new Set(days.map(({ date }) => date))])}::date[])
    )`;
}

/** What one source has of one metric. Times are ISO 8601 text with microseconds. */
export interface CoverageRow {
  readonly metric: MetricCode;
  readonly sourceId: number;
  readonly firstDate: string;
  readonly lastDate: string;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly days: number;
}

/** By metric and source, from the rollup alone: a sample is neither read nor counted. */
export function readCoverage(
  sql: Sql,
  f: SourceFilter & {
    readonly metrics: readonly string[];
    readonly since?: string;
    readonly until?: string;
  },
) {
  return sql<CoverageRow[]>`
    select m.code as metric, c.source_id as "sourceId", c.first_date::text as "firstDate",
           c.last_date::text as "lastDate", ${iso(sql, sql`c.first_at`)} as "firstAt",
           ${iso(sql, sql`c.last_at`)} as "lastAt", c.days
    from (
      select d.metric_id, d.source_id, min(d.local_date) as first_date, max(d.local_date) as last_date,
             min(d.first_at) as first_at, max(d.last_at) as last_at, count(*)::int as days
      from raphael.daily d
      where d.user_key = ${userKey(sql)} and d.metric_id = any (${metricIds(sql, f.metrics)})
        ${f.since === undefined ? sql`` : sql`and d.local_date >= ${f.since}::text::date`}
        ${f.until === undefined ? sql`` : sql`and d.local_date < ${f.until}::text::date`}
        ${ofSources(sql, sql`d.source_id`, f)}
      group by d.metric_id, d.source_id
    ) c
    join raphael.metrics m on m.id = c.metric_id
    order by m.code, c.source_id`;
}

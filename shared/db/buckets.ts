import type { MetricCode } from "../catalog/metrics.ts";
import { DAY } from "../core/time.ts";
import type { Sql } from "./client.ts";
import { metricIds, milliseconds, ofSources, type SourceFilter, userKey } from "./fragments.ts";

/** What one source has of one metric, in columns: the same place is the same bucket, oldest first. */
export interface BucketColumns {
  readonly metric: MetricCode;
  readonly sourceId: number;
  /** Start of each, in milliseconds since 1970. */
  readonly at: readonly number[];
  /** Start of the local hour that each belongs to, likewise. */
  readonly hour: readonly number[];
  readonly value: readonly number[];
  readonly n: readonly number[];
}

export interface BucketFilter extends SourceFilter {
  /** Catalog codes. */
  readonly metrics: readonly string[];
  readonly since: Date;
  readonly until: Date;
  /** Length of a bucket: it divides an hour. */
  readonly seconds: number;
  readonly aggregate: BucketAggregate;
}

export type BucketAggregate = "avg" | "sum" | "min" | "max" | "last" | "count";

/**
 * Single readings by buckets of the person's clock, each source apart; values of whole days are left
 * out. What is summed is spread over its span by time, anything else belongs to the bucket it starts in.
 * Of samples that were thinned what they were thinned to stands for them.
 */
export function readBuckets(sql: Sql, f: BucketFilter) {
  return sql<BucketColumns[]>`
    select (select m.code from raphael.metrics m where m.id = b.metric_id) as metric, b.source_id as "sourceId",
           to_json(array_agg(${milliseconds(sql, sql`b.bucket`)} order by b.bucket)) as at,
           to_json(array_agg(${milliseconds(sql, sql`b.hour`)} order by b.bucket)) as hour,
           to_json(array_agg(b.value order by b.bucket)) as value,
           to_json(array_agg(b.n order by b.bucket)) as n
    from (
      select s.metric_id, s.source_id, o.bucket, date_bin('1 hour', o.bucket, k.origin) as hour,
             ${aggregated(sql, f.aggregate)} as value, sum(s.n)::int as n
      from (${readingsOf(sql, f)}) s
      cross join lateral (
        -- Some clocks are half an hour or a quarter off.
        select '2000-01-01T00:00:00Z'::timestamptz
               - make_interval(mins => coalesce(s.offset_minutes, 0) % 60) as origin
      ) k
      cross join lateral (${bucketsOf(sql, f)}) o
      where o.bucket >= ${f.since} and o.bucket < ${f.until}
      group by s.metric_id, s.source_id, o.bucket, k.origin
    ) b
    group by b.metric_id, b.source_id
    order by b.metric_id, b.source_id`;
}

/** Samples, and buckets of thinned ones as if they were samples of so many values. */
function readingsOf(sql: Sql, f: BucketFilter) {
  // What began the day before may last into the span.
  const since = f.aggregate === "sum" ? new Date(f.since.getTime() - DAY) : f.since;
  const wanted = (s: ReturnType<Sql>, at: ReturnType<Sql>) =>
    sql`
      ${s}.user_key = ${userKey(sql)} and ${s}.metric_id = any (${metricIds(sql, f.metrics)})
      and ${at} >= ${since} and ${at} < ${f.until} ${ofSources(sql, sql`${s}.source_id`, f)}`;
  return sql`
    select s.metric_id, s.source_id, s.start_at, s.duration_s, s.offset_minutes, 1 as n, s.value as total,
           s.value as low, s.value as high, s.value as last, s.start_at as last_at
    from raphael.samples s
    where ${wanted(sql`s`, sql`s.start_at`)}
      and s.source_id <> all (array(
        select src.id from raphael.sources src where src.user_key = ${
    userKey(sql)
  } and src.daily_total
      ))
    union all
    select t.metric_id, t.source_id, t.bucket_at, t.seconds, t.offset_minutes, t.n, t.total, t.low, t.high, t.last,
           t.last_at
    from raphael.tiers t
    where t.seconds in (300, 3600) and ${wanted(sql`t`, sql`t.bucket_at`)}`;
}

/** The buckets of reading `s`, and how much of its total is in each. */
function bucketsOf(sql: Sql, { aggregate, seconds }: BucketFilter) {
  const step = sql`make_interval(secs => ${seconds})`;
  const first = sql`date_bin(${step}, s.start_at, k.origin)`;
  if (aggregate !== "sum") return sql`select ${first} as bucket, s.total as part`;
  const end = sql`s.start_at + make_interval(secs => s.duration_s)`;
  return sql`
    select g.bucket, case
      when s.duration_s = 0 then s.total
      else s.total * date_part('epoch', least(${end}, g.bucket + ${step}) - greatest(s.start_at, g.bucket))
           / s.duration_s
    end as part
    from generate_series(${first}, greatest(${end} - interval '1 microsecond', s.start_at), ${step}) as g (bucket)`;
}

function aggregated(sql: Sql, aggregate: BucketAggregate) {
  switch (aggregate) {
    case "avg":
      return sql`sum(s.total) / sum(s.n)`;
    case "sum":
      return sql`sum(o.part)`;
    case "min":
      return sql`min(s.low)`;
    case "max":
      return sql`max(s.high)`;
    case "last":
      return sql`(array_agg(s.last order by s.last_at desc, s.last desc))[1]`;
    case "count":
      return sql`sum(s.n)::float8`;
  }
}

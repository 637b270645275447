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
             ${aggregated(sql, f.aggregate)} as value, count(*)::int as n
      from raphael.samples s
      cross join lateral (
        -- Some clocks are half an hour or a quarter off.
        select '2000-01-01T00:00:00Z'::timestamptz
               - make_interval(mins => coalesce(s.offset_minutes, 0) % 60) as origin
      ) k
      cross join lateral (${bucketsOf(sql, f)}) o
      where s.user_key = ${userKey(sql)} and s.metric_id = any (${metricIds(sql, f.metrics)})
        and s.start_at >= ${f.aggregate === "sum" ? new Date(f.since.getTime() - DAY) : f.since}
        and s.start_at < ${f.until} and o.bucket >= ${f.since} and o.bucket < ${f.until}
        ${ofSources(sql, sql`s.source_id`, f)}
        and s.source_id <> all (array(
          select src.id from raphael.sources src where src.user_key = ${
    userKey(sql)
  } and src.daily_total
        ))
      group by s.metric_id, s.source_id, o.bucket, k.origin
    ) b
    group by b.metric_id, b.source_id
    order by b.metric_id, b.source_id`;
}

/** The buckets of sample `s`, and how much of its value is in each. */
function bucketsOf(sql: Sql, { aggregate, seconds }: BucketFilter) {
  const step = sql`make_interval(secs => ${seconds})`;
  const first = sql`date_bin(${step}, s.start_at, k.origin)`;
  if (aggregate !== "sum") return sql`select ${first} as bucket, s.value as part`;
  const end = sql`s.start_at + make_interval(secs => s.duration_s)`;
  return sql`
    select g.bucket, case
      when s.duration_s = 0 then s.value
      else s.value * date_part('epoch', least(${end}, g.bucket + ${step}) - greatest(s.start_at, g.bucket))
           / s.duration_s
    end as part
    from generate_series(${first}, greatest(${end} - interval '1 microsecond', s.start_at), ${step}) as g (bucket)`;
}

function aggregated(sql: Sql, aggregate: BucketAggregate) {
  switch (aggregate) {
    case "avg":
      return sql`avg(s.value)`;
    case "sum":
      return sql`sum(o.part)`;
    case "min":
      return sql`min(s.value)`;
    case "max":
      return sql`max(s.value)`;
    case "last":
      return sql`(array_agg(s.value order by s.start_at desc, s.value desc))[1]`;
    case "count":
      return sql`count(*)::float8`;
  }
}

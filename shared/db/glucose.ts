import type { Sql } from "./client.ts";
import { iso, milliseconds, ofSources, type SourceFilter, userKey } from "./fragments.ts";

/** What one source measured of one local day, in mg/dL. */
export interface GlucoseDayRow {
  readonly date: string;
  readonly sourceId: number;
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
  readonly low: number;
  readonly high: number;
  readonly belowVeryLow: number;
  readonly belowLow: number;
  readonly aboveHigh: number;
  readonly aboveVeryHigh: number;
  /** Usual seconds from one reading to the next; null of a single one. */
  readonly pace: number | null;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
}

export interface GlucoseFilter extends SourceFilter {
  readonly since: Date;
  readonly until: Date;
}

/** Sensor readings of the period by local day and source, thinned ones too. Thresholds in mg/dL. */
export function readGlucoseDays(
  sql: Sql,
  f: GlucoseFilter & {
    readonly thresholds: Readonly<Record<"veryLow" | "low" | "high" | "veryHigh", number>>;
  },
) {
  const { veryLow, low, high, veryHigh } = f.thresholds;
  return sql<GlucoseDayRow[]>`
    select g.local_date::text as date, g.source_id as "sourceId", count(*)::int as n, avg(g.value) as mean,
           var_pop(g.value) as variance, min(g.low) as low, max(g.high) as high,
           count(*) filter (where g.value < ${veryLow})::int as "belowVeryLow",
           count(*) filter (where g.value < ${low})::int as "belowLow",
           count(*) filter (where g.value > ${high})::int as "aboveHigh",
           count(*) filter (where g.value > ${veryHigh})::int as "aboveVeryHigh",
           date_part('epoch', percentile_disc(0.5) within group (order by g.gap)) as pace,
           ${milliseconds(sql, sql`max(g.start_at)`)} as "lastAt"
    from (
      select s.*, s.start_at - lag(s.start_at) over (partition by s.source_id order by s.start_at) as gap
      from (
        select s.local_date, s.source_id, s.start_at, s.value, s.value as low, s.value as high
        from raphael.samples s
        where ${inPeriod(sql, f, sql`s.start_at`)}
        union all
        -- What was thinned to 5 minutes, as a sensor sends it; a mean of an hour is no reading.
        select s.local_date, s.source_id, s.bucket_at, s.total / s.n, s.low, s.high
        from raphael.tiers s
        where s.seconds = 300 and ${inPeriod(sql, f, sql`s.bucket_at`)}
      ) s
    ) g
    group by g.local_date, g.source_id`;
}

/** One reading. */
export interface GlucoseReadingRow {
  readonly date: string;
  readonly sourceId: number;
  /** ISO 8601 text with microseconds. */
  readonly at: string;
  readonly value: number;
  readonly offsetMinutes: number | null;
}

/** The newest readings of the period, newest first; with `only`, of these sources on these days. */
export function readGlucose(
  sql: Sql,
  f: GlucoseFilter & {
    readonly limit: number;
    readonly only?: readonly { readonly date: string; readonly sourceId: number }[];
  },
) {
  const only = f.only?.map(({ date, sourceId }) => ({ date, source_id: sourceId }));
  return sql<GlucoseReadingRow[]>`
    select s.local_date::text as date, s.source_id as "sourceId", ${
    iso(sql, sql`s.start_at`)
  } as at, s.value,
           s.offset_minutes as "offsetMinutes"
    from raphael.samples s
    where ${inPeriod(sql, f, sql`s.start_at`)}
      ${
    only
      ? sql`and (s.local_date, s.source_id) in (
        select x.date, x.source_id from jsonb_to_recordset(${
        sql.json(only)
      }) as x (date date, source_id int)
      )`
      : sql``
  }
    order by s.metric_id desc, s.start_at desc, s.source_id desc
    limit ${f.limit}`;
}

function inPeriod(sql: Sql, f: GlucoseFilter, at: ReturnType<Sql>) {
  return sql`
    s.user_key = ${userKey(sql)}
    and s.metric_id = (select m.id from raphael.metrics m where m.code = 'glucose')
    and ${at} >= ${f.since} and ${at} < ${f.until}
    ${ofSources(sql, sql`s.source_id`, f)}`;
}

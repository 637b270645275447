import { type Aggregate, type MetricCode, METRICS } from "../catalog/metrics.ts";
import { ProblemError } from "../core/problems.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../core/time.ts";
import { readAs } from "../db/as_user.ts";
import { type BucketAggregate, type BucketColumns, readBuckets } from "../db/buckets.ts";
import type { Database } from "../db/client.ts";
import { type PersonRow, readPerson } from "../db/person.ts";
import { type Judge, judgeOf, type SourceRef } from "./person.ts";
import { rank } from "./ranking.ts";
import { accessOf, type Asked } from "./asked.ts";
import { readMetricDays } from "./metric_days.ts";

export interface SeriesAsked extends Asked {
  readonly types: readonly MetricCode[];
  readonly resolution: "5m" | "1h" | "1d";
  /** Each metric's own where it is absent. */
  readonly aggregate?: BucketAggregate;
  readonly since: Date;
  readonly until: Date;
}

/** Columns of one metric: the same place is the same point, oldest first. */
export interface MetricSeries {
  readonly metric: MetricCode;
  readonly unit: string;
  readonly aggregate: BucketAggregate;
  readonly ts: readonly string[];
  readonly value: readonly number[];
  readonly readings: readonly number[];
  /** Id of the source that each point is of. */
  readonly source: readonly number[];
}

export interface SeriesAnswer {
  readonly resolution: SeriesAsked["resolution"];
  readonly series: readonly MetricSeries[];
  readonly sources: readonly SourceRef[];
}

interface Point {
  readonly ts: string;
  readonly value: number;
  readonly readings: number;
  readonly source: number;
}

/**
 * Values over time. Of 1d each day of its best source, from the rollup; of 5m and 1h each local hour of
 * the best source that has single readings in it.
 */
export async function series(db: Database, asked: SeriesAsked): Promise<SeriesAnswer> {
  const { judge, points } = asked.resolution === "1d"
    ? await byDay(db, asked)
    : await byBucket(db, asked, asked.resolution === "5m" ? 5 * MINUTE : HOUR);
  const used = new Set<number>();
  const columns = asked.types.flatMap((metric): MetricSeries[] => {
    const own = points.get(metric) ?? [];
    if (own.length === 0) return [];
    for (const { source } of own) used.add(source);
    const aggregate = aggregateOf(metric, asked);
    return [{
      metric,
      unit: aggregate === "count" ? "count" : METRICS[metric].unit,
      aggregate,
      ts: own.map(({ ts }) => ts),
      value: own.map(({ value }) => value),
      readings: own.map(({ readings }) => readings),
      source: own.map(({ source }) => source),
    }];
  });
  return {
    resolution: asked.resolution,
    series: columns,
    sources: [...used].sort((a, b) => a - b).map((id) => judge.ref(id)),
  };
}

/** As many points as one answer may have, of three sources each. */
const MAX_ROWS = 300_000;

interface Points {
  readonly judge: Judge;
  readonly points: ReadonlyMap<MetricCode, readonly Point[]>;
}

async function byDay(db: Database, asked: SeriesAsked): Promise<Points> {
  const { aggregate, ...rest } = asked;
  const { judge, days } = await readMetricDays(db, {
    ...rest,
    action: "metrics.series",
    maxRows: MAX_ROWS,
    since: dateOf(asked.since),
    until: dateOf(new Date(Math.ceil(asked.until.getTime() / DAY) * DAY)),
    days: 0,
    ...aggregate === undefined || aggregate === "count" ? {} : { aggregate },
  });
  const points = new Map<MetricCode, Point[]>();
  for (const { metric, date, truth } of days.toReversed()) {
    const { receipt: { winner, losers }, value } = truth;
    const readings = [winner, ...losers.filter(({ counted }) => counted !== 0)]
      .reduce((sum, share) => sum + share.readings, 0);
    const list = points.get(metric) ?? [];
    if (list.length === 0) points.set(metric, list);
    list.push({
      ts: date,
      value: aggregate === "count" ? readings : value,
      readings,
      source: winner.source.id,
    });
  }
  return { judge, points };
}

function dateOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

async function byBucket(db: Database, asked: SeriesAsked, step: number): Promise<Points> {
  const groups = [...Map.groupBy(asked.types, (metric) => aggregateOf(metric, asked))];
  type Read = readonly [readonly [PersonRow], ...(readonly BucketColumns[])[]];
  const [[person], ...read] = await readAs<Read>(db, accessOf("metrics.series", asked), (sql) => [
    readPerson(sql),
    ...groups.map(([aggregate, metrics]) =>
      readBuckets(sql, { ...asked, metrics, aggregate, seconds: step / SECOND })
    ),
  ]);
  const judge = judgeOf(person);
  const columns = read.flat();
  const points = new Map<MetricCode, readonly Point[]>();
  for (const [metric, sources] of Map.groupBy(columns, ({ metric }) => metric)) {
    points.set(metric, bestOfHours(metric, sources, judge));
  }
  return { judge, points };
}

/** Of each hour the buckets of its best source, oldest first. */
function bestOfHours(
  code: MetricCode,
  columns: readonly BucketColumns[],
  judge: Judge,
): readonly Point[] {
  const ranking = judge.ranking({ code, category: METRICS[code].category });
  const spans = columns.map((column) => ({
    column,
    source: judge.source(column.sourceId),
    lastAt: column.at.at(-1) ?? 0,
  }));
  const taken = new Set<number>();
  const points: (Point & { readonly at: number })[] = [];
  for (const { column } of rank(spans, ranking).spans) {
    const own = new Set<number>();
    column.at.forEach((at, index) => {
      const hour = column.hour[index] ?? at;
      if (taken.has(hour)) return;
      own.add(hour);
      points.push({
        at,
        ts: new Date(at).toISOString().replace(".000Z", "Z"),
        value: column.value[index] ?? 0,
        readings: column.n[index] ?? 0,
        source: column.sourceId,
      });
    });
    for (const hour of own) taken.add(hour);
  }
  return points.sort((a, b) => a.at - b.at);
}

function aggregateOf(metric: MetricCode, { aggregate }: SeriesAsked): BucketAggregate {
  const own: Aggregate = METRICS[metric].aggregate;
  if (aggregate) return aggregate;
  if (own === "none") {
    throw new ProblemError("invalid_request", `Cannot answer: ${metric} is never aggregated`);
  }
  return own;
}

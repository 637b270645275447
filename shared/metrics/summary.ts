import { type Aggregate, METRIC_CODES, type MetricCode, METRICS } from "../catalog/metrics.ts";
import { ProblemError } from "../core/problems.ts";
import { type Access, asUser, type UserClaims } from "../db/as_user.ts";
import type { Database, Sql } from "../db/client.ts";
import { type PersonRow, readPerson } from "../db/person.ts";
import { type DayRow, type PieceRow, readDays, readHours, readSpans } from "../db/rollup.ts";
import { type Judge, judgeOf, type SourceRef, toRef } from "./person.ts";
import {
  type MetricRule,
  needsPieces,
  type Receipt,
  resolve,
  type SourceDay,
  type Truth,
} from "./truth.ts";

/** What every question about a person's own numbers has. */
export interface Asked {
  readonly claims: UserClaims;
  readonly requestId: string;
  /** Catalog codes; absent means all. */
  readonly types?: readonly MetricCode[];
  /** Groups of which a day answers with the first code that it has. */
  readonly firstPresent?: readonly (readonly string[])[];
  /** What this provider gave, or this source. */
  readonly provider?: string;
  readonly source?: number;
}

export interface DaysAsked extends Asked {
  /** Days of the person's own, half-open; absent ends are counted from their today. */
  readonly since?: string;
  readonly until?: string;
  /** Days back where `since` is absent. */
  readonly days: number;
  /** In the place of each metric's own. */
  readonly aggregate?: Aggregate;
  /** What the audit log calls it. */
  readonly action: string;
}

/** One metric of one day, of the best source. */
export interface MetricDay {
  readonly metric: MetricCode;
  readonly date: string;
  readonly truth: Truth;
  /** Lowest and highest single value of the winner. */
  readonly low: number;
  readonly high: number;
}

export interface Days {
  readonly person: Pick<PersonRow, "timeZone" | "today">;
  readonly judge: Judge;
  /** Newest day first, then by code. */
  readonly days: readonly MetricDay[];
}

/** Rows of the rollup that one answer is made of, at the most: a year of 60 metrics of one source. */
const MAX_ROWS = 25_000;

/** The days' metrics, each of its best source: from the rollup, and from samples where that is not enough. */
export async function readMetricDays(db: Database, asked: DaysAsked): Promise<Days> {
  const metrics = (asked.types ?? METRIC_CODES).filter(isAggregated);
  return await asUser(db, accessOf(asked.action, asked), async (sql) => {
    const [[person], rows] = await Promise.all([
      readPerson(sql),
      readDays(sql, { ...asked, metrics, limit: MAX_ROWS + 1 }),
    ]);
    if (rows.length > MAX_ROWS) {
      throw new ProblemError("invalid_request", "Cannot answer: ask for fewer days or metrics");
    }
    const judge = judgeOf(person);
    const groups = [...Map.groupBy(rows, keyOf).values()].map((group) =>
      toGroup(group, judge, asked)
    );
    const open = new Set(
      groups.filter(({ rule, days, ranking }) => needsPieces(rule, days, ranking)),
    );
    const pieces = Map.groupBy(await readPieces(sql, [...open]), keyOf);
    const days = groups.flatMap((group) => {
      const { metric, date, rule, days, ranking } = group;
      // None where a writer was between the two reads.
      const own = open.has(group) ? pieces.get(keyOf(group)) ?? [] : undefined;
      const truth = resolve(rule, days, ranking, own);
      const winner = days.find(({ source }) => source.id === truth?.receipt.winner.source.id);
      return truth && winner ? [{ metric, date, truth, low: winner.low, high: winner.high }] : [];
    });
    return {
      person,
      judge,
      days: days.sort((a, b) =>
        a.date === b.date ? compare(a.metric, b.metric) : compare(b.date, a.date)
      ),
    };
  });
}

/** A metric of a day as answers show it. */
export interface MetricOfDay {
  readonly metric: MetricCode;
  readonly value: number;
  readonly unit: string;
  readonly aggregate: Exclude<Aggregate, "none">;
  readonly low: number;
  readonly high: number;
  readonly receipt: ReturnType<typeof toReceipt>;
}

export interface DailySummaries {
  readonly timeZone: string | null;
  readonly today: string;
  /** Newest first; days without values are left out. */
  readonly days: readonly { readonly date: string; readonly metrics: readonly MetricOfDay[] }[];
}

/** Each of the days, with the receipt of every metric. */
export async function dailySummaries(db: Database, asked: DaysAsked): Promise<DailySummaries> {
  const { person, days } = await readMetricDays(db, asked);
  const byDate = Map.groupBy(days, ({ date }) => date);
  return {
    timeZone: person.timeZone,
    today: person.today,
    days: [...byDate].map(([date, metrics]) => ({
      date,
      metrics: withoutParts(metrics, asked.firstPresent ?? []).map(toMetricOfDay),
    })),
  };
}

/** Without what is a part of something else that the day has. */
function withoutParts(
  metrics: readonly MetricDay[],
  groups: readonly (readonly string[])[],
): readonly MetricDay[] {
  const present = new Set<string>(metrics.map(({ metric }) => metric));
  const parts = new Set(groups.flatMap((group) => {
    const whole = group.findIndex((code) => present.has(code));
    return whole < 0 ? [] : group.slice(whole + 1);
  }));
  return metrics.filter(({ metric }) => !parts.has(metric));
}

export function accessOf(
  action: string,
  { claims, requestId, types, ...span }: Asked & Pick<Access, "since" | "until">,
): Access {
  return {
    claims,
    requestId,
    action,
    ...(types ? { metrics: types } : {}),
    ...(span.since === undefined ? {} : { since: span.since }),
    ...(span.until === undefined ? {} : { until: span.until }),
  };
}

interface Group {
  readonly metric: MetricCode;
  readonly date: string;
  readonly rule: MetricRule;
  readonly days: readonly SourceDay[];
  readonly ranking: ReturnType<Judge["ranking"]>;
}

function toGroup(rows: readonly DayRow[], judge: Judge, asked: DaysAsked): Group {
  const [{ metric, date }] = rows as [DayRow];
  const { category, kind, aggregate } = METRICS[metric];
  return {
    metric,
    date,
    rule: { kind, aggregate: asked.aggregate ?? aggregate },
    days: rows.map(({ sourceId, ...row }) => ({ ...row, source: judge.source(sourceId) })),
    ranking: judge.ranking({ code: metric, category }),
  };
}

async function readPieces(sql: Sql, groups: readonly Group[]): Promise<readonly PieceRow[]> {
  const [sessions = [], hours = []] = [true, false].map((whole) =>
    groups.filter(({ rule }) => (rule.kind === "session") === whole)
  );
  const read = await Promise.all([
    sessions.length > 0 ? readSpans(sql, sessions) : [],
    hours.length > 0 ? readHours(sql, hours) : [],
  ]);
  return read.flat();
}

function keyOf({ metric, date }: { readonly metric: string; readonly date: string }): string {
  return `${metric} ${date}`;
}

function isAggregated(code: MetricCode): boolean {
  return METRICS[code].aggregate !== "none";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toMetricOfDay({ metric, truth, low, high }: MetricDay): MetricOfDay {
  const { unit, aggregate } = METRICS[metric];
  if (aggregate === "none") throw new Error(`Cannot show ${metric}: it is never aggregated`);
  return {
    metric,
    value: truth.value,
    unit,
    aggregate,
    low,
    high,
    receipt: toReceipt(truth.receipt),
  };
}

function toReceipt({ rule, winner, losers }: Receipt) {
  const shown = <T extends { readonly source: Parameters<typeof toRef>[0] }>(share: T) => ({
    ...share,
    source: toRef(share.source) as SourceRef,
  });
  return { rule, winner: shown(winner), losers: losers.map(shown) };
}

import { type Aggregate, METRIC_CODES, type MetricCode, METRICS } from "../catalog/metrics.ts";
import { ProblemError } from "../core/problems.ts";
import { readAs, readOnAs } from "../db/as_user.ts";
import type { Database } from "../db/client.ts";
import { type PersonRow, readPerson } from "../db/person.ts";
import { type DayRow, type PieceRow, readDays, readHours, readSpans } from "../db/rollup.ts";
import { accessOf, type Asked } from "./asked.ts";
import { type Judge, judgeOf } from "./person.ts";
import { type MetricRule, needsPieces, resolve, type SourceDay, type Truth } from "./truth.ts";

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
  /** Rows of the rollup that one answer may be made of. */
  readonly maxRows: number;
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

/** The days' metrics, each of its best source: from the rollup, and from samples where that is not enough. */
export async function readMetricDays(db: Database, asked: DaysAsked): Promise<Days> {
  const metrics = (asked.types ?? METRIC_CODES).filter(isAggregated);
  const [[person], rows] = await readAs<readonly [readonly [PersonRow], readonly DayRow[]]>(
    db,
    accessOf(asked.action, asked),
    (sql) => [
      readPerson(sql),
      readDays(sql, { ...asked, metrics, limit: asked.maxRows + 1 }),
    ],
  );
  if (rows.length > asked.maxRows) {
    throw new ProblemError("invalid_request", "Cannot answer: ask for fewer days or metrics");
  }
  const judge = judgeOf(person);
  const groups = [...Map.groupBy(rows, keyOf).values()].map((group) =>
    toGroup(group, judge, asked)
  );
  const open = new Set(
    groups.filter(({ rule, days, ranking }) => needsPieces(rule, days, ranking)),
  );
  const pieces = Map.groupBy(await readPieces(db, asked, [...open]), keyOf);
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

async function readPieces(
  db: Database,
  asked: DaysAsked,
  groups: readonly Group[],
): Promise<readonly PieceRow[]> {
  if (groups.length === 0) return [];
  const [sessions = [], hours = []] = [true, false].map((whole) =>
    groups.filter(({ rule }) => (rule.kind === "session") === whole)
  );
  const read = await readOnAs<readonly (readonly PieceRow[])[]>(db, asked, (sql) => [
    ...sessions.length > 0 ? [readSpans(sql, sessions)] : [],
    ...hours.length > 0 ? [readHours(sql, hours)] : [],
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

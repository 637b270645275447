import type { Aggregate, MetricKind } from "../catalog/metrics.ts";
import {
  rank,
  type Rankable,
  type Ranked,
  type Ranking,
  type Rule,
  type Source,
} from "./ranking.ts";

/** What one source has of one metric on one local day. */
export interface SourceDay extends Rankable {
  readonly n: number;
  readonly total: number;
  readonly low: number;
  readonly high: number;
  readonly last: number;
  /** Bit h is set where readings touch the local hour h. */
  readonly hours: number;
}

/** What one source counted in a part of the day: a local hour, or the span of a session. */
export interface Piece {
  readonly sourceId: number;
  /** Hour of the day, or milliseconds since 1970; half-open. */
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

export interface MetricRule {
  readonly kind: MetricKind;
  readonly aggregate: Aggregate;
}

/** What of one source is in the answer, and what it would have said alone. */
export interface Share {
  readonly source: Source;
  /** Of this source alone, by the metric's aggregate. */
  readonly value: number;
  /** How much of it is in the answer; of anything but a sum, all of the winner's and nothing else. */
  readonly counted: number;
  readonly readings: number;
}

export interface Loser extends Share {
  /** Why it came behind the winner. */
  readonly rule: Rule;
  /** Local hours in which a better source was there as well. */
  readonly overlapHours: number;
}

/** How an answer came to be. */
export interface Receipt {
  /** Why the winner came before the next best. */
  readonly rule: Rule;
  readonly winner: Share;
  /** Next best first. */
  readonly losers: readonly Loser[];
}

export interface Truth {
  readonly value: number;
  readonly receipt: Receipt;
}

const ALL_HOURS = (1 << 24) - 1;

/**
 * Whether rows of the day are not enough: a sum of several sources of single readings that were there
 * in the same hours, but not in the same ones only.
 */
export function needsPieces(
  rule: MetricRule,
  days: readonly SourceDay[],
  ranking: Ranking,
): boolean {
  if (rule.aggregate !== "sum") return false;
  const { spans } = rank(days, ranking);
  if (spans[0]?.source.dailyTotal) return false;
  const intraday = spans.filter(({ source }) => !source.dailyTotal);
  if (intraday.length < 2) return false;
  return rule.kind === "session" || byMasks(intraday) === undefined;
}

/**
 * The value of a day: of a sum, the best source's own total of the day, or in each hour (of sessions: in
 * each stretch of time) the best source that has readings; of anything else the best source's. Nothing
 * where no source says anything, or the metric is never aggregated. `pieces` as `needsPieces` asks; none
 * of a day whose samples were thinned away: then what overlaps a better source does not count.
 */
export function resolve(
  rule: MetricRule,
  days: readonly SourceDay[],
  ranking: Ranking,
  pieces?: readonly Piece[],
): Truth | undefined {
  const ranked = rank(days, ranking);
  const [winner] = ranked.spans;
  if (!winner || rule.aggregate === "none") return undefined;
  const aggregate = rule.aggregate;
  const counted = aggregate === "sum" && !winner.source.dailyTotal
    ? countSums(ranked, rule, pieces)
    : new Map([[winner.source.id, valueOf(winner, aggregate)]]);
  const [first, ...rest] = ranked.spans.map((day): Share => ({
    source: day.source,
    value: valueOf(day, aggregate),
    counted: counted.get(day.source.id) ?? 0,
    readings: day.n,
  }));
  if (!first) return undefined;
  const losers = rest.map((share, index): Loser => ({
    ...share,
    rule: ranked.rules[index] ?? "recency",
    overlapHours: overlap(ranked.spans, index + 1),
  }));
  const value = [...counted.values()].reduce((sum, part) => sum + part, 0);
  return { value, receipt: { rule: losers[0]?.rule ?? "only_source", winner: first, losers } };
}

/** What each source of single readings adds. */
function countSums(
  { spans }: Ranked<SourceDay>,
  rule: MetricRule,
  pieces: readonly Piece[] | undefined,
): ReadonlyMap<number, number> {
  const intraday = spans.filter(({ source }) => !source.dailyTotal);
  const [only, ...others] = intraday;
  if (only && others.length === 0) return new Map([[only.source.id, only.total]]);
  if (pieces && pieces.length > 0) {
    return countPieces(intraday.map(({ source }) => source.id), pieces);
  }
  const settled = rule.kind === "session" && !pieces
    ? undefined
    : byMasks(intraday, pieces !== undefined);
  if (!settled) throw new Error("Cannot resolve day: the hours of its sources are missing");
  return settled;
}

/**
 * By the hours alone, best first: a source that was never there together with a better one counts in
 * full, one that was there at such hours only does not count. Nothing where that does not settle it,
 * but with `anyway`: then what was there at some of them does not count either.
 */
function byMasks(
  intraday: readonly SourceDay[],
  anyway = false,
): ReadonlyMap<number, number> | undefined {
  const counted = new Map<number, number>();
  let taken = 0;
  for (const { source, hours, total } of intraday) {
    const shared = hours & taken;
    if (shared !== 0 && shared !== hours && !anyway) return undefined;
    counted.set(source.id, shared === 0 ? total : 0);
    taken |= hours;
  }
  return counted;
}

/** Best first: a piece counts unless it meets one of a better source. */
function countPieces(
  bestFirst: readonly number[],
  pieces: readonly Piece[],
): ReadonlyMap<number, number> {
  const counted = new Map<number, number>();
  const taken: Piece[] = [];
  for (const id of bestFirst) {
    const own = pieces.filter(({ sourceId }) => sourceId === id);
    const free = own.filter((piece) => !taken.some((other) => meets(piece, other)));
    counted.set(id, tidy(free.reduce((sum, { value }) => sum + value, 0)));
    taken.push(...free);
  }
  return counted;
}

/** Shares of a span, added up again, are off in the 16th digit. */
function tidy(sum: number): number {
  return Math.round(sum * 1e6) / 1e6;
}

function meets(a: Piece, b: Piece): boolean {
  return a.from < b.to && b.from < a.to || a.from === b.from;
}

function valueOf(day: SourceDay, aggregate: Exclude<Aggregate, "none">): number {
  switch (aggregate) {
    case "sum":
      return day.total;
    case "avg":
      return day.total / day.n;
    case "min":
      return day.low;
    case "max":
      return day.high;
    case "last":
      return day.last;
  }
}

/** Hours of `spans[index]` in which one before it had readings. */
function overlap(spans: readonly SourceDay[], index: number): number {
  const better = spans.slice(0, index).reduce((hours, day) => hours | hoursOf(day), 0);
  const own = spans[index];
  return own ? countBits(hoursOf(own) & better) : 0;
}

function hoursOf({ source, hours }: SourceDay): number {
  return source.dailyTotal ? ALL_HOURS : hours;
}

function countBits(mask: number): number {
  let bits = 0;
  for (let left = mask; left !== 0; left &= left - 1) bits++;
  return bits;
}

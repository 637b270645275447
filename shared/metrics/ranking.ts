import type { SourceRow } from "../db/person.ts";

/** Where values come from: an account, a device of it, and how the values were made. */
export interface Source extends Omit<SourceRow, "via"> {
  /** The service behind an aggregator, such as garmin behind Terra. */
  readonly via?: string;
}

/** Part of a person's order: all of a provider, of one service behind it, or one device. */
export interface OrderEntry {
  readonly provider: string;
  readonly via?: string | undefined;
  readonly device?: string | undefined;
}

export interface Ranking {
  /** The person's own, best first. */
  readonly order: readonly OrderEntry[];
  /** Lower is better. */
  classRank(deviceClass: string): number;
}

/** Why one source came before another. */
export type Rule =
  | "only_source"
  | "person_order"
  | "device_class"
  /** Same account and device: a whole day's value before the day's single readings. */
  | "own_daily_total"
  /** Same account and device: measured before estimated, plain before a mean, automatic before typed. */
  | "method"
  | "recency";

export interface Rankable {
  readonly source: Source;
  /** Newest reading of the span, in milliseconds since 1970. */
  readonly lastAt: number;
}

export interface Ranked<T extends Rankable> {
  /** Best first. */
  readonly spans: readonly T[];
  /** Why each of the others came behind the best: one less than there are spans. */
  readonly rules: readonly Rule[];
}

const METHODS = ["", "average", "nightly_average", "minimum", "maximum"];

type Criterion<T> = readonly [rule: Rule, of: (span: T) => number];

/**
 * Best source first: the person's order, then the device's class, then who was heard last. What one
 * device says in several ways stays together and is judged by the way it was made.
 */
export function rank<T extends Rankable>(spans: readonly T[], ranking: Ranking): Ranked<T> {
  if (spans.length < 2) return { spans, rules: [] };
  const heard = new Map<string, number>();
  const newest = new Map<string, number>();
  for (const { source, lastAt } of spans) {
    const origin = originOf(source);
    heard.set(origin, Math.max(heard.get(origin) ?? -Infinity, lastAt));
    newest.set(origin, Math.max(newest.get(origin) ?? -Infinity, source.id));
  }
  const of = (map: ReadonlyMap<string, number>, source: Source) => map.get(originOf(source)) ?? 0;
  const criteria: readonly Criterion<T>[] = [
    ["person_order", ({ source }) => positionOf(source, ranking.order)],
    ["device_class", ({ source }) => ranking.classRank(source.deviceClass)],
    ["recency", ({ source }) => -of(heard, source)],
    ["recency", ({ source }) => -of(newest, source)],
    ["own_daily_total", ({ source }) => source.dailyTotal ? 0 : 1],
    ["method", ({ source }) => methodRank(source)],
    ["recency", ({ lastAt }) => -lastAt],
    ["recency", ({ source }) => -source.id],
  ];
  const compare = (a: T, b: T) => {
    const criterion = criteria.find(([, of]) => of(a) !== of(b));
    return {
      rule: criterion?.[0] ?? "recency",
      order: criterion ? criterion[1](a) - criterion[1](b) : 0,
    };
  };
  const [best, ...others] = spans.toSorted((a, b) => compare(a, b).order);
  if (!best) return { spans: [], rules: [] };
  return { spans: [best, ...others], rules: others.map((span) => compare(best, span).rule) };
}

/** One device of one account. */
export function originOf({ accountId, device }: Source): string {
  return `${accountId} ${device}`;
}

/** Where the entry that says most about `source` stands; behind all of them where none fits. */
export function positionOf(source: Source, order: readonly OrderEntry[]): number {
  let best = { position: Infinity, said: -1 };
  order.forEach((entry, position) => {
    const { provider, via, device } = entry;
    const fits = provider === source.provider && (via === undefined || via === source.via) &&
      (device === undefined || device === source.device);
    const said = Number(via !== undefined) + Number(device !== undefined);
    if (fits && said > best.said) best = { position, said };
  });
  return best.position;
}

function methodRank({ estimated, statistic, entry }: Source): number {
  const method = METHODS.indexOf(statistic);
  return (estimated ? 100 : 0) + (method < 0 ? METHODS.length : method) * 10 +
    (entry === "manual" ? 1 : 0);
}

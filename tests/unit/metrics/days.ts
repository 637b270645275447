import assert from "node:assert/strict";
import type { Ranking, Source } from "@shared/metrics/ranking.ts";
import { type Piece, resolve, type SourceDay } from "@shared/metrics/truth.ts";

const NOON = Date.parse("2026-03-01T12:00:00Z");

/** A source; one account a provider unless told. */
export function source(id: number, p: Partial<Source> = {}): Source {
  const provider = p.provider ?? "apple_health";
  return {
    id,
    accountId: `account of ${provider}`,
    provider,
    device: "",
    deviceClass: "",
    statistic: "",
    entry: "",
    dailyTotal: false,
    estimated: false,
    ...p,
  };
}

/** The bits of these local hours. */
export function hours(...list: readonly number[]): number {
  return list.reduce((mask, hour) => mask | (1 << hour), 0);
}

/** What a source has of a day; where `byHour` is given, all else follows from it. */
export function day(
  of: Source,
  p: Partial<Omit<SourceDay, "source">> & { readonly byHour?: Readonly<Record<number, number>> },
): SourceDay {
  const { byHour = {}, ...rest } = p;
  const values = Object.values(byHour);
  const total = values.reduce((sum, value) => sum + value, 0);
  return {
    source: of,
    lastAt: NOON,
    n: values.length || 1,
    total,
    low: Math.min(...values, Infinity),
    high: Math.max(...values, -Infinity),
    last: values.at(-1) ?? 0,
    hours: hours(...Object.keys(byHour).map(Number)),
    ...rest,
  };
}

/** Classes that the tests use, best first; what is not among them comes last. */
const CLASSES = ["watch", "ring", "phone"];

export function ranking(order: Ranking["order"] = []): Ranking {
  return {
    order,
    classRank: (name) => CLASSES.includes(name) ? CLASSES.indexOf(name) : CLASSES.length,
  };
}

/** What a source counted in an hour, or another stretch. */
export const piece = (sourceId: number, from: number, value: number, to = from + 1): Piece => ({
  sourceId,
  from,
  to,
  value,
});

/** The value, the rule, and of each source its id, own value and what counted, best first. */
export function told(...p: Parameters<typeof resolve>) {
  const truth = resolve(...p) ?? assert.fail();
  const { rule, winner, losers } = truth.receipt;
  return [
    truth.value,
    rule,
    ...[winner, ...losers].map(({ source, value, counted }) => [source.id, value, counted]),
  ];
}

/** Holds what the API answers against what the providers said. */
import { METRICS } from "@shared/catalog/metrics.ts";
import type { Fact } from "../sandbox/ledger.ts";

const UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries(METRICS).map(([code, { unit }]) => [code, unit]),
);

/** What of a row of `GET /metrics` is compared. */
export interface Row {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly ts: string;
  readonly end?: string | undefined;
  readonly source: string;
  readonly localDate: string;
}

export interface Comparison {
  readonly equal: number;
  /** One line each, empty where all is as it should be. */
  readonly differences: readonly string[];
}

/**
 * Each row must be a fact of its own, with the same value, unit and time, and each certain fact must
 * have its row. A fact of a vague document (`possible`) may have none.
 */
export function compare(rows: readonly Row[], facts: readonly Fact[]): Comparison {
  const open = Map.groupBy(facts, keyOfFact);
  const differences: string[] = [];
  const unmatched: { readonly row: Row; readonly key: string }[] = [];
  let equal = 0;
  for (const row of rows) {
    const expectedUnit = unitOf(row.metric);
    if (row.unit !== expectedUnit) {
      differences.push(`${describe(row)}: unit ${row.unit}, not ${expectedUnit}`);
    }
    const key = keysOfRow(row).find((candidate) => take(open.get(candidate), row));
    if (key) equal++;
    else unmatched.push({ row, key: keysOfRow(row).find((one) => open.get(one)?.length) ?? "" });
  }
  for (const { row, key } of unmatched) {
    const expected = open.get(key)?.shift();
    differences.push(
      expected
        ? `${describe(row)}: ${show(row.value, row.end)}, not ${show(expected.value, expected.end)}`
        : `${describe(row)}: ${row.value} was never sent`,
    );
  }
  for (const fact of [...open.values()].flat()) {
    if (fact.reading !== "certain") continue;
    const when = fact.identifiedBy === "day" ? fact.localDate : fact.start;
    differences.push(
      `${provider(fact)} ${fact.metric} ${when}: ${fact.value} of ${fact.resource} is missing`,
    );
  }
  return { equal, differences };
}

/** Takes the fact that `row` states out of `facts`; a certain one first. */
function take(facts: Fact[] | undefined, row: Row): boolean {
  if (!facts) return false;
  const fits = (fact: Fact) => sameNumber(fact.value, row.value) && sameEnd(fact, row);
  const certain = facts.findIndex((fact) => fact.reading === "certain" && fits(fact));
  const index = certain >= 0 ? certain : facts.findIndex(fits);
  if (index < 0) return false;
  facts.splice(index, 1);
  return true;
}

/** A day's value has the day for its time; only spans of time have an end to compare. */
function sameEnd(fact: Fact, row: Row): boolean {
  if (fact.identifiedBy === "day" || fact.end === undefined || row.end === undefined) return true;
  return Date.parse(fact.end) === Date.parse(row.end);
}

/** Both sides convert units in floating point: a difference in the 12th digit is none. */
function sameNumber(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b));
}

function keyOfFact(fact: Fact): string {
  const time = fact.identifiedBy === "day" ? fact.localDate : Date.parse(fact.start);
  return `${provider(fact)} ${fact.metric} ${time}`;
}

function keysOfRow(row: Row): readonly string[] {
  const name = `${row.source} ${row.metric}`;
  return [`${name} ${Date.parse(row.ts)}`, `${name} ${row.localDate}`];
}

/** `dexcom-us` is the sandbox's name for one of its hosts. */
function provider(fact: Fact): string {
  return fact.provider.split("-")[0] ?? fact.provider;
}

function unitOf(metric: string): string | undefined {
  return UNITS.get(metric);
}

function describe(row: Row): string {
  return `${row.source} ${row.metric} ${row.ts}`;
}

function show(value: number, end: string | undefined): string {
  return end === undefined ? String(value) : `${value} until ${end}`;
}

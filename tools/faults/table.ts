import type { Report } from "../../tests/faults/support/fault.ts";
import type { Tally } from "../test/report.ts";

/** The plan counts from FT-01 to here. */
export const FAULTS_IN_PLAN = 50;

/** One fault's tests, how they ended and what they reported. */
export interface Run {
  readonly id: string;
  readonly seconds: number;
  readonly result: Tally;
  readonly reports: readonly Report[];
}

/** A line for each report of a fault: its time, how often it hit, and what the checker counted. */
export function row({ id, seconds, result, reports }: Run): readonly string[] {
  const state = result.failed > 0 ? "FAILED" : result.passed > 0 ? "ok" : "skipped";
  const head = `${id}  ${state.padEnd(7)} ${seconds.toFixed(1).padStart(6)} s`;
  if (reports.length === 0) return [`${head}  no report`];
  return reports.map(({ id: name, seed, fields }, n) => {
    const { hits, ...rest } = fields;
    const numbers = Object.entries(rest).map(([field, value]) => `${field} ${value}`).join(", ");
    const part = name === id ? "" : `${name.replace(`${id} `, "")}: `;
    const hit = hits === undefined ? "" : `${hits} hit`;
    return `${n === 0 ? head : " ".repeat(head.length)}  ${
      hit.padStart(10)
    }  ${part}${numbers} (seed ${seed})`;
  });
}

/** What the plan has and `present` lacks. */
export function listed(present: { has(id: string): boolean }): string {
  const missing = Array.from(
    { length: FAULTS_IN_PLAN },
    (_, n) => `FT-${String(n + 1).padStart(2, "0")}`,
  )
    .filter((id) => !present.has(id));
  return missing.length > 0 ? missing.join(" ") : "none";
}

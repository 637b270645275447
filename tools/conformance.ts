/**
 * Runs a folder of conformance cases against the registered drivers.
 *
 *   deno task conformance --cases DIR [--json]
 *
 * Prints per case what matched, what was missing and what should not have come out; with `--json` one
 * object a line: `{case, provider, result, missing, unexpected}`. Exit status 1 where a case does not
 * pass, 2 where the cases cannot be read.
 */
import { parseArgs } from "node:util";
import { ProviderError } from "@shared/providers/errors.ts";
import { findProvider } from "@shared/providers/mod.ts";
import { type Case, readCases } from "./conformance/case.ts";
import { compare, type Comparison } from "./conformance/match.ts";
import { contextOf } from "./conformance/context.ts";
import { produce } from "./conformance/produce.ts";
import { findTarget } from "./conformance/target.ts";

type Result = "pass" | "fail" | "unsupported";
type Verdict = Comparison & { readonly result: Result };

const NOTHING: Comparison = { matched: [], missing: [], unexpected: [] };

export function judge({ expectation, payload }: Case): Verdict {
  const found = findProvider(expectation.provider);
  if (found?.kind !== "driver") return { ...NOTHING, result: "unsupported" };
  const target = findTarget(found.driver, expectation.payload_kind);
  if (!target) return failed(`no resource for ${expectation.payload_kind}`);
  try {
    const comparison = compare(
      expectation,
      produce(found.driver, target, payload, contextOf(expectation)),
    );
    const passed = comparison.missing.length === 0 && comparison.unexpected.length === 0;
    return { ...comparison, result: passed ? "pass" : "fail" };
  } catch (error) {
    if (error instanceof ProviderError || error instanceof SyntaxError) {
      return failed(error.message);
    }
    throw error;
  }
}

function failed(reason: string): Verdict {
  return { ...NOTHING, missing: [reason], result: "fail" };
}

function print({ expectation }: Case, { result, matched, missing, unexpected }: Verdict): void {
  console.log(`${result.padEnd(11)} ${expectation.case_id} (${matched.length} matched)`);
  for (const item of matched) console.log(`  = ${item}`);
  for (const item of missing) console.log(`  - missing: ${item}`);
  for (const item of unexpected) console.log(`  + unexpected: ${item}`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: { cases: { type: "string" }, json: { type: "boolean" } },
  });
  if (!values.cases) throw new Error("Cannot run conformance: --cases DIR is missing");
  const cases = await readCases(values.cases.replace(/\/+$/, ""));
  if (cases.length === 0) throw new Error(`Cannot run conformance: no cases in ${values.cases}`);
  const tally: Record<Result, number> = { pass: 0, fail: 0, unsupported: 0 };
  for (const one of cases) {
    const verdict = judge(one);
    tally[verdict.result]++;
    if (!values.json) {
      print(one, verdict);
      continue;
    }
    const { case_id, provider } = one.expectation;
    const { result, missing, unexpected } = verdict;
    console.log(JSON.stringify({ case: case_id, provider, result, missing, unexpected }));
  }
  // On stderr, so that `--json` stays one object a line.
  console.error(`${tally.pass} passed, ${tally.fail} failed, ${tally.unsupported} unsupported`);
  return tally.fail + tally.unsupported > 0 ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exitCode = 2;
  }
}

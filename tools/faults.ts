/**
 * The fault plan by itself, one fault after the other on the running Deno, and what each came to.
 *
 *   deno task faults [--long] [--only FT-xx…]
 *
 * `--long`: the counts of the plan instead of the gate's, within an hour. `FAULTS_SEED=<n>` repeats a
 * run. The last line is `N passed, N failed`.
 */
import { parseArgs } from "node:util";
import type { Report } from "../tests/faults/support/fault.ts";
import { FAULTS_IN_PLAN, listed, row, type Run } from "./faults/table.ts";
import { running } from "./test/denos.ts";
import { lastLine, sum, type Tally, tally } from "./test/report.ts";
import { runTests } from "./test/run.ts";
import { startTestServer } from "./test/server.ts";
import { suiteOf } from "./test/suites.ts";

const FOLDER = "tests/faults";
/** No fault may take longer, or the whole would not fit into a night's hour. */
const MOST_SECONDS = 8 * 60;

/** Every fault that has a test, with the files that hold one. */
async function faultFiles(): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!name.endsWith("_test.ts")) continue;
    const path = `${FOLDER}/${name}`;
    const text = await Deno.readTextFile(path);
    for (
      const id of new Set(
        [...text.matchAll(/\bfault\(\s*["`](FT-\d+)\b/g)].map(([, id = ""]) => id),
      )
    ) {
      found.set(id, [...found.get(id) ?? [], path]);
    }
  }
  return new Map([...found].toSorted(([a], [b]) => a < b ? -1 : 1));
}

async function runFault(
  id: string,
  files: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Run> {
  const report = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const started = performance.now();
    const all = { ...env, FAULTS_REPORT: report };
    const { xml, code } = await runTests(
      running,
      suiteOf(FOLDER),
      files,
      all,
      new RegExp(`^${id} `),
    );
    const seconds = (performance.now() - started) / 1_000;
    const lines = (await Deno.readTextFile(report)).split("\n").filter(Boolean);
    const reports: readonly Report[] = lines.map((line) => JSON.parse(line));
    const result = inTime(tally(xml, code, id), id, seconds);
    return { id, seconds, result, reports: reports.filter((one) => one.id.startsWith(id)) };
  } finally {
    await Deno.remove(report);
  }
}

function inTime(result: Tally, id: string, seconds: number): Tally {
  if (seconds <= MOST_SECONDS) return result;
  const what = `took ${Math.round(seconds)} s, longer than ${MOST_SECONDS}`;
  return {
    ...result,
    failed: result.failed + 1,
    failures: [...result.failures, { where: id, what }],
  };
}

async function main(): Promise<number> {
  const { values: { long = false, only = [] } } = parseArgs({
    args: Deno.args,
    options: { long: { type: "boolean" }, only: { type: "string", multiple: true } },
  });
  const all = await faultFiles();
  const unknown = only.filter((id) => !all.has(id));
  if (unknown.length > 0) throw new Error(`Cannot run ${unknown.join(", ")}: no such fault test`);

  const runs: Run[] = [];
  const server = await startTestServer(console.log);
  try {
    const env = { ...server.env, ...(long ? { FAULTS_LONG: "1" } : {}) };
    for (const [id, files] of all) {
      if (only.length > 0 && !only.includes(id)) continue;
      const run = await runFault(id, files, env);
      console.log(row(run).join("\n")); // here too: a long run may be ended before its table
      runs.push(run);
    }
  } finally {
    await server.stop();
  }

  const result = sum(runs.map((one) => one.result));
  for (const { where, what } of result.failures) console.log(`\nFAILED ${where}\n${what}`);
  console.log(`\n${runs.flatMap(row).join("\n")}`);
  const seconds = runs.reduce((total, one) => total + one.seconds, 0);
  console.log(`\n${runs.length} faults in ${(seconds / 60).toFixed(1)} minutes`);
  console.log(`in the plan of ${FAULTS_IN_PLAN}, not in this suite: ${listed(all)}`);
  // Deno counts what its filter left out as skipped: here only a fault that did not run is.
  const skipped = runs.filter(({ result: { passed, failed } }) => passed + failed === 0).length;
  console.log(`\n${lastLine({ ...result, skipped })}`);
  return result.failed > 0 || result.passed === 0 ? 1 : 0;
}

if (import.meta.main) {
  Deno.exit(
    await main().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      console.log("\n0 passed, 1 failed");
      return 1;
    }),
  );
}

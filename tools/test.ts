/**
 * Everything that needs Deno and Node only, on both Denos.
 *
 *   deno task test [--one] [--only <path>…] [--filter <text>]
 *
 * `--one`: the running Deno alone. `--only`: these files or folders, with their suite's permissions.
 * `--filter`: tests whose name has this text, or matches this `/expression/`.
 * `DENO_OTHER=<path>` saves fetching the other Deno. The last line is `N passed, N failed`.
 */
import { parseArgs } from "node:util";
import { type DenoBinary, other, running } from "./test/denos.ts";
import { lastLine, sum, type Tally, tally } from "./test/report.ts";
import { runTests } from "./test/run.ts";
import { startTestServer, type TestServer } from "./test/server.ts";
import { type Suite, suiteOf, SUITES } from "./test/suites.ts";

interface Selection {
  readonly suite: Suite;
  readonly paths: readonly string[];
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: {
      one: { type: "boolean" },
      only: { type: "string", multiple: true },
      filter: { type: "string" },
    },
    allowPositionals: true,
  });
  const selections = await select([...(values.only ?? []), ...positionals]);
  const denos = values.one ? [running] : [running, await other()];
  const server = selections.some(({ suite }) => suite.database)
    ? await startTestServer(console.log)
    : undefined;
  const tallies: Tally[] = [];
  try {
    for (const deno of denos) {
      for (const selection of selections) {
        tallies.push(await run(deno, selection, server, values.filter));
      }
    }
  } finally {
    await server?.stop();
  }
  return report(sum(tallies));
}

/** Suites that hold a test file; with `only`, the given paths under the suite they belong to. */
async function select(only: readonly string[]): Promise<readonly Selection[]> {
  const owners = only.map((path) => ({ path, suite: suiteOf(path) }));
  const selections: Selection[] = [];
  for (const suite of SUITES) {
    const paths = owners.filter((owner) => owner.suite === suite).map(({ path }) => path);
    if (paths.length > 0) selections.push({ suite, paths });
    else if (only.length === 0 && await holdsTests(suite.path)) {
      selections.push({ suite, paths: [suite.path] });
    }
  }
  return selections;
}

async function holdsTests(folder: string): Promise<boolean> {
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && entry.name.endsWith("_test.ts")) return true;
      if (entry.isDirectory && await holdsTests(`${folder}/${entry.name}`)) return true;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}

async function run(
  deno: DenoBinary,
  { suite, paths }: Selection,
  server: TestServer | undefined,
  filter: string | undefined,
): Promise<Tally> {
  const name = `Deno ${deno.version}, ${suite.path}`;
  console.log(`\n=== ${name}`);
  const { xml, code } = await runTests(deno, suite, paths, server?.env ?? {}, filter);
  return tally(xml, code, name);
}

function report(all: Tally): number {
  for (const { where, what } of all.failures) console.log(`\nFAILED ${where}\n${what}`);
  if (all.passed + all.failed === 0) console.log("\nFAILED no test was found");
  console.log(`\n${lastLine(all)}`);
  return all.failed > 0 || all.passed === 0 ? 1 : 0;
}

/** Even a run that could not begin ends with the last line that its readers wait for. */
Deno.exit(
  await main().catch((error: unknown) => {
    const what = error instanceof Error ? error.message : String(error);
    return report({ passed: 0, failed: 1, skipped: 0, failures: [{ where: "set-up", what }] });
  }),
);

/**
 * The fault suite by itself, on the running Deno, and what each run came to.
 *
 *   deno task faults [--long] [--only FT-xx…]
 *
 * `--long`: the counts of the fault plan instead of the gate's. `FAULTS_SEED=<n>` repeats a run.
 */
import { parseArgs } from "node:util";

const FOLDER = "tests/faults";

/** Files that hold a test of one of these ids; all without ids. */
export async function filesOf(ids: readonly string[]): Promise<readonly string[]> {
  const found = new Map<string, string>();
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!name.endsWith("_test.ts")) continue;
    found.set(`${FOLDER}/${name}`, await Deno.readTextFile(`${FOLDER}/${name}`));
  }
  const unknown = ids.filter((id) => ![...found.values()].some((text) => holds(text, id)));
  if (unknown.length > 0) throw new Error(`Cannot run ${unknown.join(", ")}: no such fault test`);
  return [...found].filter(([, text]) => ids.length === 0 || ids.some((id) => holds(text, id)))
    .map(([path]) => path).sort();
}

function holds(text: string, id: string): boolean {
  return new RegExp(`fault\\(\\s*"${id}"`).test(text);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: { long: { type: "boolean" }, only: { type: "string", multiple: true } },
  });
  const files = await filesOf(values.only ?? []);
  const report = await Deno.makeTempFile({ suffix: ".log" });
  try {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-lock", "--allow-all", "tools/test.ts", "--one"],
        ...files.flatMap((path) => ["--only", path]),
      ],
      env: { FAULTS_REPORT: report, ...(values.long ? { FAULTS_LONG: "1" } : {}) },
      stdin: "null",
    }).spawn().status;
    console.log(`\n${await Deno.readTextFile(report)}`.trimEnd());
    return code;
  } finally {
    await Deno.remove(report);
  }
}

if (import.meta.main) {
  Deno.exit(
    await main().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return 1;
    }),
  );
}

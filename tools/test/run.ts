import { DENO_ENV, type DenoBinary } from "./denos.ts";
import { FLAGS, nested, type Suite } from "./suites.ts";

export interface RunResult {
  readonly code: number;
  /** The JUnit report; empty if the run ended before it wrote one. */
  readonly xml: string;
}

/**
 * One `deno test` with the permissions of its suite; what it prints is shown as it comes.
 * @param filter tests whose name has it, or matches it where it is `/…/`; all without it
 */
export async function runTests(
  deno: DenoBinary,
  suite: Suite,
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
  filter?: RegExp | string,
): Promise<RunResult> {
  const ignored = nested(suite).map((path) => `--ignore=${path}`);
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { code } = await new Deno.Command(deno.path, {
      args: [
        ...["test", ...FLAGS, `--junit-path=${report}`, ...ignored, ...suite.permissions],
        ...filter ? [`--filter=${filter}`] : [],
        ...suite.parallel ? ["--parallel"] : [],
        ...paths,
      ],
      env: { ...DENO_ENV, ...env, ...suite.parallel ? { DENO_JOBS: `${suite.parallel}` } : {} },
      stdin: "null",
    }).spawn().status;
    return { code, xml: await Deno.readTextFile(report) };
  } finally {
    await Deno.remove(report);
  }
}

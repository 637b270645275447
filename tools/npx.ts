/** Programs from npm, each at one version: what a person would run, without asking or telling anybody. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  /** Both streams, in the order of the streams, without terminal colours. */
  readonly output: string;
}

/** @param program with its version, `name@1.2.3`; never asks: stdin is empty */
export async function npx(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const result = await new Deno.Command("npx", {
    args: ["-y", program, ...args],
    env: { DO_NOT_TRACK: "1", NO_COLOR: "1", npm_config_loglevel: "error", ...env },
    stdin: "null",
  }).output();
  const stdout = new TextDecoder().decode(result.stdout);
  const stderr = new TextDecoder().decode(result.stderr);
  return { code: result.code, stdout, output: `${stdout}${stderr}`.trim() };
}

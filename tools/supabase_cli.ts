/** The stock Supabase CLI, from npm, at one version: what a person who deploys would run. */
export const SUPABASE_CLI = "supabase@3.1.0";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  /** Both streams, in the order of the streams, without terminal colours. */
  readonly output: string;
}

/** @param env added to a telemetry-free, tokenless environment. Never asks: stdin is empty. */
export async function supabase(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const result = await new Deno.Command("npx", {
    args: ["-y", SUPABASE_CLI, ...args],
    env: {
      SUPABASE_TELEMETRY_DISABLED: "1",
      DO_NOT_TRACK: "1",
      SUPABASE_ACCESS_TOKEN: "",
      NO_COLOR: "1",
      PGSSLMODE: "disable", // loopback has no TLS, and saying so would bury a real warning
      npm_config_loglevel: "error",
      ...env,
    },
    stdin: "null",
  }).output();
  const stdout = new TextDecoder().decode(result.stdout);
  const stderr = new TextDecoder().decode(result.stderr);
  return { code: result.code, stdout, output: `${stdout}${stderr}`.trim() };
}

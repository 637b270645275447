import { type CliResult, npx } from "./npx.ts";

/** The stock Supabase CLI, from npm, at one version: what a person who deploys would run. */
export const SUPABASE_CLI = "supabase@3.1.0";

/** @param env added to a telemetry-free, tokenless environment */
export function supabase(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  return npx(SUPABASE_CLI, args, {
    SUPABASE_TELEMETRY_DISABLED: "1",
    SUPABASE_ACCESS_TOKEN: "",
    PGSSLMODE: "disable", // loopback has no TLS, and saying so would bury a real warning
    ...env,
  });
}

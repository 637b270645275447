/** Development's Deno, and the one that production's edge runtime is built on. */
export const DEVELOPMENT = "2.9.6";
export const PRODUCTION = "2.1.4";

export interface DenoBinary {
  readonly version: string;
  readonly path: string;
}

export const running: DenoBinary = { version: Deno.version.deno, path: Deno.execPath() };

/** The Deno that is not running: `DENO_OTHER` where it is set (a path), else fetched by npm once. */
export async function other(): Promise<DenoBinary> {
  const version = running.version === PRODUCTION ? DEVELOPMENT : PRODUCTION;
  const given = Deno.env.get("DENO_OTHER");
  const path = given
    ? await binaryBehind(given, [])
    : await binaryBehind("npx", ["-y", `deno@${version}`]);
  return { version, path };
}

/** Production's Deno, whichever of the two is running. */
export async function production(): Promise<DenoBinary> {
  return running.version === PRODUCTION ? running : await other();
}

/**
 * The program itself: `npx` costs half a second at every start, and a launcher that is killed leaves
 * the program behind.
 */
async function binaryBehind(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, {
    args: [...args, "eval", "--no-lock", "console.log(Deno.execPath())"],
    stdin: "null",
    stderr: "inherit",
  }).output();
  const path = new TextDecoder().decode(stdout).trim();
  if (!success || !path) throw new Error(`Cannot find the other Deno: ${command} failed`);
  return path;
}

/** Production's Deno trusts no system certificates unless told to, and a proxy's may be there alone. */
export const DENO_ENV = {
  DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "mozilla,system",
  DENO_NO_UPDATE_CHECK: "1",
  DENO_NO_PROMPT: "1",
} as const;

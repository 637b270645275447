import process from "node:process";

/** Development's Deno, and the one that production's edge runtime is built on. */
export const DEVELOPMENT = "2.9.6";
export const PRODUCTION = "2.1.4";

export interface DenoBinary {
  readonly version: string;
  readonly path: string;
}

export const running: DenoBinary = { version: Deno.version.deno, path: Deno.execPath() };

/**
 * The Deno that is not running: `DENO_OTHER` where it is set (a path), else fetched by npm once.
 * Asked for its path, because `npx` costs half a second at every start.
 */
export async function other(): Promise<DenoBinary> {
  const version = running.version === PRODUCTION ? DEVELOPMENT : PRODUCTION;
  const given = Deno.env.get("DENO_OTHER");
  return { version, path: given || await fetchDeno(version) };
}

/** Production's Deno, whichever of the two is running. */
export async function production(): Promise<DenoBinary> {
  return running.version === PRODUCTION ? running : await other();
}

async function fetchDeno(version: string): Promise<string> {
  const npx = await new Deno.Command(process.platform === "win32" ? "npx.cmd" : "npx", {
    args: ["-y", `deno@${version}`, "eval", "--no-lock", "console.log(Deno.execPath())"],
    stdin: "null",
    stderr: "inherit",
  }).output();
  const path = new TextDecoder().decode(npx.stdout).trim();
  if (!npx.success || !path) throw new Error(`Cannot fetch deno@${version}: npx failed`);
  return path;
}

/** Production's Deno trusts no system certificates unless told to, and a proxy's may be there alone. */
export const DENO_ENV = {
  DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "mozilla,system",
  DENO_NO_UPDATE_CHECK: "1",
  DENO_NO_PROMPT: "1",
} as const;

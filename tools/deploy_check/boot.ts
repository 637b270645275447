import { dirname, join } from "node:path";
import { DENO_ENV, type DenoBinary } from "../test/denos.ts";
import { freePort } from "../../dev/ports.ts";
import type { Upload } from "./management_api.ts";

/** Writes what was uploaded, and nothing else, to a folder of its own. */
export async function unpack(upload: Upload, folder: string): Promise<void> {
  for (const [path, bytes] of upload.files) {
    const target = join(folder, join("/", path)); // a path cannot leave the folder
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeFile(target, bytes);
  }
  await Deno.writeTextFile(join(folder, "deno.json"), CONFIG);
}

/** The compiler's settings are not uploaded; those that change what compiles are repeated. */
const CONFIG = JSON.stringify({
  importMap: "./import_map.json",
  nodeModulesDir: "none",
  lock: false,
  compilerOptions: { strict: true, exactOptionalPropertyTypes: true },
});

/** @returns the compiler's complaint, or undefined */
export async function typeCheck(
  deno: DenoBinary,
  { metadata }: Upload,
  folder: string,
): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(deno.path, {
    args: ["check", "--quiet", metadata.entrypoint_path],
    cwd: folder,
    env: { ...DENO_ENV, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return success
    ? undefined
    : new TextDecoder().decode(stderr).split("Stack backtrace:")[0]?.trim();
}

/** What a function may answer to a stranger who asks for its health. */
const ANSWERS: readonly number[] = [200, 401, 404];
const BOOT_TIMEOUT = 20_000;

/**
 * Boots the function with `env` alone and asks for `/<slug>/health`.
 * @returns what went wrong, or undefined
 */
export async function boot(
  deno: DenoBinary,
  { slug, metadata }: Upload,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const port = freePort();
  const child = new Deno.Command(deno.path, {
    args: [
      ...["serve", "--quiet", "--no-prompt", "--no-check", "--host", "127.0.0.1"],
      ...["--port", String(port), "--allow-net", "--allow-env", metadata.entrypoint_path],
    ],
    cwd: folder,
    env: { ...DENO_ENV, ...env, ...home() },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = Promise.all([child.stdout, child.stderr].map((s) => new Response(s).text()));
  let ended = false;
  child.status.then(() => ended = true);
  const status = await firstStatus(`http://127.0.0.1:${port}/${slug}/health`, () => ended);
  if (!ended) child.kill("SIGKILL"); // an orderly end waits for our idle connection
  const said = (await output).join("").trim();
  if (status !== undefined && ANSWERS.includes(status)) return undefined;
  return status === undefined ? `did not boot: ${said}` : `answered ${status}: ${said}`;
}

async function firstStatus(url: string, ended: () => boolean): Promise<number | undefined> {
  const deadline = Date.now() + BOOT_TIMEOUT;
  while (Date.now() < deadline && !ended()) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      await response.body?.cancel();
      return response.status;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return undefined;
}

/** Where Deno keeps its packages: not what a function reads. */
function home(): Record<string, string> {
  const names = ["HOME", "DENO_DIR", "NPM_CONFIG_REGISTRY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value ? [[name, value]] : [];
  }));
}

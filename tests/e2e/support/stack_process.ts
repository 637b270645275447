/** `deno task start` as its own process, on free ports and with a state folder of its own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { eachLine } from "../../../dev/guard.ts";

export interface Ready {
  readonly url: string;
  readonly anonKey: string;
  readonly demo: { readonly email: string; readonly password: string };
  readonly databaseUrl: string;
  readonly sandboxUrl: string;
}

export interface StackProcess {
  readonly process: Deno.ChildProcess;
  /** Rejects with what it printed if it ends before it is ready. */
  readonly ready: Promise<Ready>;
  /** Everything it printed, once it has ended. */
  readonly output: Promise<{ readonly stdout: string; readonly stderr: string }>;
}

export function startStack(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): StackProcess {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--quiet", "--allow-all", "dev/start.ts", ...args],
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { promise: ready, resolve, reject } = Promise.withResolvers<Ready>();
  const [out, err]: string[][] = [[], []];
  const drained = Promise.all([
    eachLine(process.stdout, (line) => {
      out?.push(line);
      if (line.startsWith("{")) resolve(JSON.parse(line));
    }),
    eachLine(process.stderr, (line) => err?.push(line)),
  ]);
  const output = drained.then(() => {
    const printed = { stdout: out?.join("\n") ?? "", stderr: err?.join("\n") ?? "" };
    reject(new Error(`It ended before it was ready: ${printed.stderr}`));
    return printed;
  });
  ready.catch(() => {}); // only some tests wait for it
  return { process, ready, output };
}

/** Options for a stack that meets no other; the folder is removed afterwards. */
export async function withStateDir(
  use: (options: readonly string[], stateDir: string) => Promise<void>,
): Promise<void> {
  const stateDir = await Deno.makeTempDir({ prefix: "raphael-e2e-" });
  const ports = ["--port=0", "--db-port=0", "--sandbox-port=0"];
  try {
    await use([...ports, `--state-dir=${stateDir}`], stateDir);
  } finally {
    // As root the database lives elsewhere, where its user can get to.
    const elsewhere = await Deno.realPath(join(stateDir, "postgres")).catch(() => undefined);
    if (elsewhere) await Deno.remove(elsewhere, { recursive: true });
    await Deno.remove(stateDir, { recursive: true });
  }
}

/** Whether everything that the stack listened on falls silent within 5 s. */
export async function assertSilent(ready: Ready): Promise<void> {
  const ports = [ready.url, ready.databaseUrl, ready.sandboxUrl]
    .map((address) => Number(new URL(address).port));
  for (let tries = 0; tries < 100; tries++) {
    if ((await Promise.all(ports.map(listens))).every((one) => !one)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`Something still listens on one of ${ports.join(", ")}`);
}

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

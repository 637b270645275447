/** A server in a process of its own, as it serves in production. */
import { fileURLToPath } from "node:url";
import { failure } from "../../dev/failure.ts";
import { passedOn } from "../../dev/functions.ts";
import { guarded } from "../../dev/guard.ts";
import { freePort } from "../../dev/ports.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const START_MS = 30_000;
const FLAGS = ["--no-lock", "--no-check", "--quiet", "--allow-net", "--allow-env"];

export interface Server {
  /** Without a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** What `deno serve` runs of `entrypoint`, relative to the root of the tree. */
export function serveDeno(
  entrypoint: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  return startServer((port) => ({
    command: Deno.execPath(),
    args: ["serve", ...FLAGS, "--host=127.0.0.1", `--port=${port}`, entrypoint],
    env,
  }));
}

/** Runs a program that listens at `port`; resolves when it does. */
export async function startServer(
  program: (port: number) => {
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<Server> {
  const port = freePort();
  const { command, args, env } = program(port);
  const last: string[] = [];
  const server = guarded({
    // The log goes where reading it costs nobody anything; writing it is the server's to pay.
    command: "/bin/sh",
    args: ["-c", 'exec "$@" >/dev/null', "sh", command, ...args],
    env: { ...env, ...passedOn() },
    cwd: ROOT,
    signal: "TERM",
    patienceSeconds: 0.5,
    onLine: (line) => last.push(line),
  });
  for (const until = Date.now() + START_MS; Date.now() < until;) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
    if (connection) {
      connection.close();
      return { url: `http://127.0.0.1:${port}`, stop: () => server.stop() };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await server.stop();
  throw failure(`Cannot start ${args.at(-1)}: ${last.slice(-3).join(" ")}`);
}

/** A Redis of the benchmark's own, with the durability that is asked for. */
import { join, resolve } from "node:path";
import { failure } from "../../dev/failure.ts";
import { freePort } from "../../dev/ports.ts";

export type Fsync = "everysec" | "always";

export interface Redis {
  readonly port: number;
  readonly version: string;
  stop(): Promise<void>;
}

const START_MS = 10_000;

/** Throws `StackFailure` in one line where redis-server is not installed. */
export async function startRedis(stateDir: string, fsync: Fsync): Promise<Redis> {
  const version = await redisVersion();
  const folder = resolve(stateDir, "bench", `redis-${fsync}`);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const port = freePort();
  // deno-fmt-ignore
  const child = new Deno.Command("redis-server", {
    args: [
      "--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
      "--appendonly", "yes", "--appendfsync", fsync, "--maxmemory-policy", "noeviction",
      "--logfile", join(folder, "log"),
    ],
    stdin: "null", stdout: "null", stderr: "null",
  }).spawn();
  await listening(port);
  return {
    port,
    version,
    async stop() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
}

async function redisVersion(): Promise<string> {
  const output = await new Deno.Command("redis-server", { args: ["--version"] }).output().catch(
    (error) => {
      throw failure(
        "Cannot start Redis: install Debian's redis-server (or --without bullmq)",
        error,
      );
    },
  );
  return /v=(\S+)/.exec(new TextDecoder().decode(output.stdout))?.[1] ?? "unknown";
}

async function listening(port: number): Promise<void> {
  for (const until = Date.now() + START_MS; Date.now() < until;) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
    if (connection) return connection.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw failure(`Cannot start Redis: port ${port} does not answer`);
}

/** Node and the packages to compare with: fetched once with npm, into a folder that git ignores. */
import { join, resolve } from "node:path";
import { failure } from "../../dev/failure.ts";
import type { Program } from "./workers.ts";

/** Exact: a result names what it was measured against. */
export const PACKAGES = {
  node: "24.21.0",
  "graphile-worker": "0.18.0",
  "pg-boss": "12.38.0",
  bullmq: "6.7.0",
  ioredis: "5.11.1",
  express: "4.22.1",
  pg: "8.23.1",
} as const;

/** Throws `StackFailure` in one line where npm is absent or cannot install. */
export async function nodeProgram(
  stateDir: string,
  log: (line: string) => void,
): Promise<Program> {
  const folder = resolve(stateDir, "bench", "node");
  const manifest = JSON.stringify({ private: true, dependencies: PACKAGES });
  const modules = join(folder, "node_modules");
  const stamp = join(folder, "installed.json");
  if (await Deno.readTextFile(stamp).catch(() => "") !== manifest) {
    log("installing node and the queues to compare with");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "package.json"), manifest);
    await npmInstall(folder);
    await Deno.writeTextFile(stamp, manifest);
  }
  return {
    command: join(modules, "node", "bin", "node"),
    args: [],
    env: { BENCH_PACKAGES: join(folder, "package.json") },
  };
}

async function npmInstall(folder: string): Promise<void> {
  const install = new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--loglevel=error"],
    cwd: folder,
    stdout: "null",
    stderr: "piped",
  });
  const { success, stderr } = await install.output().catch((error) => {
    throw failure("Cannot install the queues to compare with: npm is not on PATH", error);
  });
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim().split("\n")[0];
  throw failure(`Cannot install the queues to compare with: ${reason}`);
}

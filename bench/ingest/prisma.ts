/** The seed's Prisma: installed and generated once, beside the other packages to compare with. */
import { join, resolve } from "node:path";
import type { Program } from "../support/workers.ts";

/** As the seed has it. */
export const PRISMA = "7.4.2";
const PACKAGES = {
  prisma: PRISMA,
  "@prisma/client": PRISMA,
  "@prisma/adapter-pg": PRISMA,
};

const SCHEMA = `
generator client {
  provider = "prisma-client-js"
}
datasource db {
  provider = "postgresql"
}
model HealthMetric {
  id     BigInt   @id @default(autoincrement())
  userId String   @map("user_id") @db.Uuid
  source String
  metric String
  value  Decimal
  unit   String?
  ts     DateTime @db.Timestamptz(6)
  raw    Json?
  @@map("health_metrics")
}
`;

/** `node` with the generated client; nothing, and why, where it cannot be made here. */
export async function prismaProgram(
  node: Program,
  stateDir: string,
  log: (line: string) => void,
): Promise<Program | undefined> {
  const folder = resolve(stateDir, "bench", "prisma");
  const stamp = join(folder, "generated.json");
  const manifest = JSON.stringify({ private: true, dependencies: PACKAGES });
  if (await Deno.readTextFile(stamp).catch(() => "") !== manifest) {
    log("installing Prisma");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "package.json"), manifest);
    await Deno.writeTextFile(join(folder, "schema.prisma"), SCHEMA);
    // Its scripts fetch engines that this client does not use.
    const failed =
      await run(folder, "npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"]) ??
        await run(folder, node.command, [
          join(folder, "node_modules/prisma/build/index.js"),
          "generate",
          "--schema=schema.prisma",
        ]);
    if (failed) return void log(`Prisma: not measured, ${failed}`);
    await Deno.writeTextFile(stamp, manifest);
  }
  return { ...node, env: { ...node.env, BENCH_PACKAGES: join(folder, "package.json") } };
}

/** Nothing where it went well, else the first line of why. */
async function run(cwd: string, command: string, args: readonly string[]) {
  const { success, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    // Any program that exists: to generate a client needs none, and it would be fetched.
    env: { PRISMA_SCHEMA_ENGINE_BINARY: "/bin/true" },
    stdout: "null",
    stderr: "piped",
  }).output();
  return success
    ? undefined
    : new TextDecoder().decode(stderr).trim().split("\n")[0] ?? "no reason";
}

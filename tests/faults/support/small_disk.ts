import { join } from "node:path";
import postgres from "postgres";
import { migrate } from "../../../dev/migrate.ts";
import { postgresOwner } from "../../../dev/postgres_files.ts";
import { withDatabaseName } from "../../support/database.ts";
import { withOwnPostgres } from "./own_postgres.ts";

export interface SmallDisk {
  readonly admin: postgres.Sql;
  readonly appUrl: string;
  /** Leaves no byte free, as a log or a neighbour that grows does. */
  fill(): Promise<void>;
  /** Gives it all back. */
  free(): Promise<void>;
}

/** Room for a migrated database and some webhooks. */
const MEGABYTES = 64;
const quiet = () => {};

async function run(...args: readonly string[]): Promise<boolean> {
  const output = await new Deno.Command(args[0] ?? "", { args: args.slice(1) }).output()
    .catch(() => undefined);
  return output?.success ?? false;
}

/** What this machine lacks for it. */
export async function missingForSmallDisk(): Promise<string | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    if (!await run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)) {
      return "a tmpfs cannot be mounted here";
    }
    await run("umount", folder);
    return undefined;
  } finally {
    await Deno.remove(folder);
  }
}

/** A migrated database in a tablespace on a disk of its own, which can be filled. */
export async function withSmallDisk(use: (disk: SmallDisk) => Promise<void>): Promise<void> {
  const disk = await Deno.makeTempDir({ prefix: "small-disk-" });
  if (!await run("mount", "-t", "tmpfs", "-o", `size=${MEGABYTES}m`, "tmpfs", disk)) {
    throw new Error("Cannot mount the small disk");
  }
  const ballast = join(disk, "ballast");
  const space = join(disk, "space");
  const free = () => Deno.remove(ballast).catch(quiet);
  try {
    await Deno.mkdir(space);
    await Deno.chmod(disk, 0o755);
    const owner = await postgresOwner();
    if (owner) await Deno.chown(space, owner.uid, owner.gid);
    await withOwnPostgres(async ({ server, appUrl }) => {
      const main = postgres(server.url, { max: 1, onnotice: quiet });
      await main.unsafe(`create tablespace small_disk location '${space}'`);
      await main.unsafe("create database small tablespace small_disk");
      await main.end({ timeout: 1 });
      const url = withDatabaseName(server.url, "small");
      await migrate(url, { log: quiet });
      const admin = postgres(url, { max: 2, onnotice: quiet });
      try {
        const smallUrl = withDatabaseName(appUrl, "small");
        await use({ admin, appUrl: smallUrl, free, fill: () => fill(ballast) });
      } finally {
        await free();
        await admin.end({ timeout: 1 });
      }
    });
  } finally {
    await run("umount", disk);
    await Deno.remove(disk);
  }
}

async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { create: true, append: true });
  for (const size of [1 << 20, 4_096]) {
    const zeros = new Uint8Array(size);
    for (let free = true; free;) {
      free = await file.write(zeros).then((written) => written === size, () => false);
    }
  }
}

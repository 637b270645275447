/** A throwaway cluster of Debian's PostgreSQL 15: the one with plpgsql_check and a real pg_cron. */
import { join } from "node:path";
import postgres from "postgres";
import { freePort } from "../../dev/ports.ts";

const BIN = "/usr/lib/postgresql/15/bin";

export interface DebianPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** Whether this machine has it; where not, the lane cannot run and says so. */
export async function missingPackages(): Promise<readonly string[]> {
  const needed = {
    "postgresql-15": `${BIN}/postgres`,
    "postgresql-15-cron": "/usr/share/postgresql/15/extension/pg_cron.control",
    "postgresql-15-plpgsql-check": "/usr/share/postgresql/15/extension/plpgsql_check.control",
  };
  const missing: string[] = [];
  for (const [name, file] of Object.entries(needed)) {
    await Deno.stat(file).catch(() => missing.push(name));
  }
  return missing;
}

/** Listens on the loopback address alone, on a free port, and answers once it takes connections. */
export async function startDebianPostgres(): Promise<DebianPostgres> {
  const folder = await Deno.makeTempDir({ prefix: "raphael-pg15-" });
  const data = join(folder, "data");
  const port = freePort();
  if (Deno.uid() === 0) await command("chown", ["postgres:", folder]);
  const stop = async () => {
    await pg("pg_ctl", ["-D", data, "-m", "immediate", "-w", "stop"]).catch(() => {});
    await Deno.remove(folder, { recursive: true });
  };
  const settings = [
    ...["listen_addresses=127.0.0.1", `port=${port}`, "unix_socket_directories=", "fsync=off"],
    ...["shared_preload_libraries=pg_cron", "cron.database_name=postgres"],
    "cron.use_background_workers=on", // pg_cron's own connections would need a password file
  ];
  try {
    await pg("initdb", ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
    const options = settings.map((setting) => `-c ${setting}`).join(" ");
    await pg("pg_ctl", ["-D", data, "-l", join(folder, "log"), "-o", options, "-w", "start"]);
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const admin = postgres(url, { max: 1, onnotice: () => {} });
    await admin`create extension pg_cron with schema pg_catalog`;
    await admin.end();
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Postgres refuses root, so root runs it as the user that Debian's package made. */
async function pg(program: string, args: readonly string[]): Promise<void> {
  const path = join(BIN, program);
  await (Deno.uid() === 0
    ? command("runuser", ["-u", "postgres", "--", path, ...args])
    : command(path, args));
}

async function command(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: "/",
    env: { LC_ALL: "C.UTF-8", TZ: "UTC" },
    stdin: "null",
    stdout: "null", // pg_ctl's server would hold a pipe open
    stderr: "piped",
  }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim();
  throw new Error(`Cannot run ${program} ${args.join(" ")}: ${reason}`);
}

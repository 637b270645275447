/** A real Postgres 17 in a folder of ours: no server, package or Docker has to be installed. */
import { join } from "node:path";
import { failure } from "./failure.ts";
import { type Guarded, guarded } from "./guard.ts";
import { freePort, portTaken } from "./ports.ts";
import {
  exists,
  type Owner,
  postgresHome,
  postgresOwner,
  postgresPrograms,
} from "./postgres_files.ts";
import { awaitVacant, readLock, signal } from "./postgres_lock.ts";
import { randomSecret, writePrivate } from "./private_file.ts";

export interface PostgresOptions {
  /** Programs are copied here once (60 MB); clusters live side by side below it. */
  readonly stateDir: string;
  /** Name of the cluster: one folder of data. Default `main`. */
  readonly cluster?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Further `-c name=value`, over the ones below. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Further environment of the server alone. */
  readonly env?: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

export interface Postgres {
  /** Connects as the superuser `postgres` to the database `postgres`. */
  readonly url: string;
  readonly dataDir: string;
  /** Resolves with a reason if it ends without being asked to. */
  readonly died: Promise<string>;
  /** Like `pg_ctl restart -m`: `immediate` ends every backend as a crash would. */
  restart(options: { readonly mode: "fast" | "immediate" }): Promise<void>;
  stop(): Promise<void>;
}

/** No fsync: the data outlives the death of every process, not of the machine. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  shared_buffers: "64MB",
  fsync: "off",
  timezone: "UTC",
  log_timezone: "UTC",
};
const ENV = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" };
const START_TIMEOUT = 30_000;

/** Starts a cluster, creating it first where there is none. Throws `StackFailure` in one line. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { stateDir, cluster = "main", log } = options;
  if (Deno.build.os === "windows") {
    throw failure("Cannot start Postgres on Windows: use WSL or set DATABASE_URL");
  }
  const owner = await postgresOwner();
  const home = await postgresHome(stateDir, owner, log);
  const programs = await postgresPrograms(home, log);
  const folder = join(home, cluster);
  const dataDir = join(folder, "data");
  await Deno.mkdir(folder, { recursive: true, mode: 0o755 });
  await awaitVacant(dataDir);
  const password = await initialise(programs, folder, owner, log);
  if (options.port !== 0 && portTaken(options.port)) {
    throw failure(`Cannot start Postgres: port ${options.port} is taken`);
  }
  const port = options.port === 0 ? freePort() : options.port;

  const settings = Object.entries({ ...SETTINGS, ...options.settings, port: String(port) })
    .flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const start = () =>
    launch({
      program: join(programs, "postgres"),
      args: ["-D", dataDir, ...settings],
      dataDir,
      logFile: join(folder, "log"),
      owner,
      env: { ...ENV, ...options.env },
    });
  const { promise: died, resolve: reportDeath } = Promise.withResolvers<string>();
  let expected = false;
  const watch = (running: Guarded): Guarded => {
    running.ended.then((code) => {
      if (!expected) reportDeath(`Postgres ended with status ${code}; see ${join(folder, "log")}`);
    });
    return running;
  };
  let server = watch(await start());

  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    dataDir,
    died,
    async restart({ mode }) {
      const lock = await readLock(dataDir);
      if (!lock) throw failure("Cannot restart Postgres: it does not run");
      expected = true;
      signal(lock.pid, mode === "immediate" ? "SIGQUIT" : "SIGINT");
      await server.ended;
      server = watch(await start());
      expected = false;
    },
    async stop() {
      expected = true;
      await server.stop();
    },
  };
}

/** Forgets the cluster's data. Throws `StackFailure` where a Postgres runs in it. */
export async function removeCluster(stateDir: string, cluster = "main"): Promise<void> {
  const folder = join(stateDir, "postgres", cluster);
  await awaitVacant(join(await Deno.realPath(folder).catch(() => folder), "data"));
  await Deno.remove(folder, { recursive: true }).catch(() => {});
}

/** Makes the cluster where there is none; answers the superuser's password. */
async function initialise(
  programs: string,
  folder: string,
  owner: Owner | undefined,
  log: (line: string) => void,
): Promise<string> {
  const dataDir = join(folder, "data");
  const passwordFile = join(folder, "password");
  if (await exists(dataDir)) return await Deno.readTextFile(passwordFile);

  log("creating a database cluster");
  const password = randomSecret();
  await writePrivate(passwordFile, password);
  // initdb runs as the owner, reads the password from a file of its own and gets a folder to fill.
  const [copy, fresh] = [join(folder, "password.initdb"), join(folder, "data.new")];
  await Deno.remove(fresh, { recursive: true }).catch(() => {});
  await Deno.mkdir(fresh, { mode: 0o700 });
  await writePrivate(copy, password);
  if (owner) {
    for (const path of [copy, fresh]) await Deno.chown(path, owner.uid, owner.gid);
  }
  try {
    // deno-fmt-ignore
    const args = [
      "-D", fresh, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${copy}`, "-E", "UTF8",
      "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync",
    ];
    const { success, stderr } = await new Deno.Command(join(programs, "initdb"), {
      args,
      env: ENV,
      clearEnv: true,
      cwd: folder,
      ...owner,
    }).output();
    if (!success) {
      const reason = new TextDecoder().decode(stderr).trim().split("\n")[0];
      throw failure(`Cannot create a database cluster: ${reason}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw failure(`Cannot run ${programs}/initdb as Postgres's user`, error);
  } finally {
    await Deno.remove(copy).catch(() => {});
  }
  await Deno.rename(fresh, dataDir); // a half-made cluster is never used
  return password;
}

interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly dataDir: string;
  readonly logFile: string;
  readonly owner: Owner | undefined;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs the server and waits until its lock file says that it takes connections. */
async function launch({ program, args, dataDir, logFile, owner, env }: Launch): Promise<Guarded> {
  const last: string[] = [];
  const stale = await readLock(dataDir);
  const sink = await Deno.open(logFile, { append: true, create: true, mode: 0o600 });
  const encoder = new TextEncoder();
  const server = guarded({
    command: program,
    args,
    env,
    cwd: dataDir.replace(/\/data$/, ""),
    signal: "INT",
    patienceSeconds: 30,
    onLine: (line) => {
      last.push(line);
      if (last.length > 20) last.shift();
      sink.writeSync(encoder.encode(`${line}\n`));
    },
    ...owner,
  });
  let code: number | undefined;
  server.ended.then((status) => {
    code = status;
    sink.close();
  });
  for (let waited = 0; waited < START_TIMEOUT; waited += 20) {
    const lock = await readLock(dataDir);
    if (lock?.ready && (lock.pid !== stale?.pid || lock.startedAt !== stale.startedAt)) {
      return server;
    }
    if (code !== undefined) {
      const reason = last.findLast((line) => line.includes("FATAL")) ?? last.at(-1);
      throw failure(`Cannot start Postgres: ${reason ?? `status ${code}`} (log: ${logFile})`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await server.stop();
  throw failure(`Cannot start Postgres: not ready after ${START_TIMEOUT / 1_000} s (${logFile})`);
}

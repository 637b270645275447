/** A Postgres of the benchmark's own: durable as production's is, migrated, signed in as its roles. */
import { dirname } from "node:path";
import postgres from "postgres";
import { migrate } from "../../dev/migrate.ts";
import { startPostgres } from "../../dev/postgres.ts";

export interface BenchDatabase {
  /** As superuser: to arrange and to look. */
  readonly url: string;
  /** As `raphael_app`, which the functions sign in with. */
  readonly appUrl: string;
  readonly admin: postgres.Sql;
  readonly version: string;
  /** Another database of this server, migrated alike. */
  sibling(name: string): Promise<{ readonly admin: postgres.Sql; readonly appUrl: string }>;
  stop(): Promise<void>;
}

/** Commits wait for the disk; room enough that no checkpoint falls into one round and not the next. */
export const SETTINGS = {
  fsync: "on",
  synchronous_commit: "on",
  shared_buffers: "512MB",
  max_wal_size: "8GB",
  jit: "off",
  max_connections: "150",
};

/** What a job's effect is, in every queue that is compared. */
const EFFECT_TABLE = `
  create schema bench;
  create table bench.effect (job_key text primary key, value int not null);
  grant usage on schema bench to raphael_app;
  grant select, insert, update on bench.effect to raphael_app`;

/** TEST KEY: the password of `raphael_app` on this throwaway server. */
const APP_PASSWORD = "bench-only-password";

/** Throws `StackFailure` in one line where no Postgres can be started. */
export async function startDatabase(
  stateDir: string,
  log: (line: string) => void,
): Promise<BenchDatabase> {
  const cluster = `bench-${crypto.randomUUID()}`;
  const server = await startPostgres({ stateDir, cluster, port: 0, settings: SETTINGS, log });
  const admins = [open(server.url)];
  const stop = async () => {
    await Promise.all(admins.map((admin) => admin.end({ timeout: 1 })));
    await server.stop();
    await Deno.remove(dirname(server.dataDir), { recursive: true });
  };
  const prepare = async (admin: postgres.Sql, url: string) => {
    await migrate(url, { log: () => {} });
    await admin.unsafe(EFFECT_TABLE).simple();
    return { admin, appUrl: asApp(url) };
  };
  try {
    const [admin] = admins;
    if (!admin) throw new Error("Cannot reach the database: no connection was opened");
    const { appUrl } = await prepare(admin, server.url);
    await admin.unsafe(`alter role raphael_app with login password '${APP_PASSWORD}'`);
    const [row] = await admin<
      [{ version: string }]
    >`select current_setting('server_version') as version`;
    return {
      url: server.url,
      appUrl,
      admin,
      version: row.version,
      stop,
      async sibling(name) {
        await admin.unsafe(`create database ${name}`);
        const url = named(server.url, name);
        const own = open(url);
        admins.push(own);
        return await prepare(own, url);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function open(url: string): postgres.Sql {
  return postgres(url, { max: 4, onnotice: () => {} });
}

function named(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

function asApp(url: string): string {
  const app = new URL(url);
  app.username = "raphael_app";
  app.password = APP_PASSWORD;
  return app.href;
}

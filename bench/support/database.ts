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
  stop(): Promise<void>;
}

/** Commits wait for the disk; room enough that no checkpoint falls into one round and not the next. */
const SETTINGS = {
  fsync: "on",
  synchronous_commit: "on",
  shared_buffers: "512MB",
  max_wal_size: "8GB",
  jit: "off",
  max_connections: "150",
};

/**
 * What a job's effect is, in every queue that is compared; and what lease and deletion reach without a
 * wire, a handler or a second process.
 */
const BENCH_SCHEMA = `
  create schema bench;
  create table bench.effect (job_key text primary key, value int not null);
  grant usage on schema bench to raphael_app;
  grant select, insert, update on bench.effect to raphael_app;
  create procedure bench.drain_inside() language plpgsql as $$
  declare
    v_ids bigint[];
    v_epoch bigint;
  begin
    loop
      select j.ids, j.epoch into v_ids, v_epoch
      from raphael_private.claim_jobs(3::smallint, 500, 120) j;
      exit when v_ids is null;
      commit;
      perform raphael_private.complete_jobs(v_ids, array_fill(v_epoch, array[cardinality(v_ids)]));
      commit;
    end loop;
  end
  $$`;

/** TEST KEY: the password of `raphael_app` on this throwaway server. */
const APP_PASSWORD = "bench-only-password";

/** Throws `StackFailure` in one line where no Postgres can be started. */
export async function startDatabase(
  stateDir: string,
  log: (line: string) => void,
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchDatabase> {
  const cluster = `bench-${crypto.randomUUID()}`;
  const server = await startPostgres({
    stateDir,
    cluster,
    port: 0,
    settings: { ...SETTINGS, ...settings },
    log,
  });
  const admin = postgres(server.url, { max: 4, onnotice: () => {} });
  const stop = async () => {
    await admin.end({ timeout: 1 });
    await server.stop();
    await Deno.remove(dirname(server.dataDir), { recursive: true });
  };
  try {
    await migrate(server.url, { log: () => {} });
    await admin.unsafe(BENCH_SCHEMA).simple();
    await admin.unsafe(`alter role raphael_app with login password '${APP_PASSWORD}'`);
    const [row] = await admin<
      [{ version: string }]
    >`select current_setting('server_version') as version`;
    return { url: server.url, appUrl: asApp(server.url), admin, version: row.version, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function asApp(url: string): string {
  const app = new URL(url);
  app.username = "raphael_app";
  app.password = APP_PASSWORD;
  return app.href;
}

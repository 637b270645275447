/** Debian's pgbouncer in transaction mode, where Supabase's pooler has it: on port 6543. */
import { join } from "node:path";
import { guarded } from "../../dev/guard.ts";
import { portTaken } from "../../dev/ports.ts";
import { postgresOwner } from "../../dev/postgres_files.ts";

/** The functions prepare no statements on this port. */
const PORT = 6_543;

export interface Pooler {
  /** The database's address, through the pooler. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Nothing, and why, where it cannot run here. */
export async function startPgbouncer(
  databaseUrl: string,
  log: (line: string) => void,
): Promise<Pooler | undefined> {
  const found = await new Deno.Command("pgbouncer", { args: ["--version"] }).output()
    .catch(() => undefined);
  if (!found) return void log("pgbouncer: not installed");
  if (portTaken(PORT)) return void log(`pgbouncer: not measured, port ${PORT} is taken`);
  const url = new URL(databaseUrl);
  // It refuses root, as Postgres does.
  const owner = await postgresOwner();
  const folder = await Deno.makeTempDir({ prefix: "pgbouncer-" });
  if (owner) await Deno.chown(folder, owner.uid, owner.gid);
  const config = join(folder, "pgbouncer.ini");
  await Deno.writeTextFile(
    config,
    `[databases]
postgres = host=127.0.0.1 port=${url.port} user=${url.username} password=${url.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${PORT}
unix_socket_dir =
auth_type = any
pool_mode = transaction
`,
  );
  const pooler = guarded({
    command: "pgbouncer",
    args: [config],
    env: {},
    signal: "INT",
    patienceSeconds: 2,
    onLine: (line) => / (ERROR|FATAL) /.test(line) && log(`pgbouncer: ${line}`),
    ...owner,
  });
  url.port = String(PORT);
  return {
    url: url.href,
    async stop() {
      await pooler.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

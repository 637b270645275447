import { dirname } from "node:path";
import postgres from "postgres";
import { migrate } from "../../../dev/migrate.ts";
import { type Postgres, type PostgresOptions, startPostgres } from "../../../dev/postgres.ts";
import { APP_PASSWORD } from "../../support/database.ts";
import { createLedger } from "./ledger.ts";

export interface OwnPostgres {
  readonly server: Postgres;
  readonly appUrl: string;
}

/** A server that the test may crash. Its commits are durable, unlike those of the shared one. */
export async function withOwnPostgres(
  use: (own: OwnPostgres) => Promise<void>,
  options: Pick<PostgresOptions, "settings" | "env"> = {},
): Promise<void> {
  const quiet = () => {};
  const cluster = `faults-${crypto.randomUUID()}`;
  const stateDir = ".local";
  const server = await startPostgres({ stateDir, cluster, port: 0, log: quiet, ...options });
  try {
    await migrate(server.url, { log: quiet });
    const admin = postgres(server.url, { max: 1, onnotice: quiet });
    await admin.unsafe(`alter role raphael_app with login password '${APP_PASSWORD}'`);
    await createLedger(admin);
    await admin.end({ timeout: 1 });
    const app = new URL(server.url);
    app.username = "raphael_app";
    app.password = APP_PASSWORD;
    await use({ server, appUrl: app.href });
  } finally {
    await server.stop();
    await Deno.remove(dirname(server.dataDir), { recursive: true });
  }
}

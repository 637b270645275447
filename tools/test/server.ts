import { dirname } from "node:path";
import postgres from "postgres";
import { migrate } from "../../dev/migrate.ts";
import { startPostgres } from "../../dev/postgres.ts";
import { APP_PASSWORD, withDatabaseName } from "../../tests/support/database.ts";

const TEMPLATE = "raphael_template";

/** The run's Postgres: what the tests need in their environment, and how to end it. */
export interface TestServer {
  readonly env: { readonly TEST_DATABASE_URL: string; readonly TEST_TEMPLATE: string };
  stop(): Promise<void>;
}

/** One throwaway cluster for all suites and both Denos; its template holds the migrated database. */
export async function startTestServer(log: (line: string) => void): Promise<TestServer> {
  const server = await startPostgres({
    stateDir: ".local",
    cluster: `test-${Deno.pid}`, // two runs at once do not meet
    port: 0,
    settings: { max_connections: "200", synchronous_commit: "off", full_page_writes: "off" },
    log,
  });
  const stop = async () => {
    await server.stop();
    await Deno.remove(dirname(server.dataDir), { recursive: true });
  };
  try {
    await createTemplate(server.url, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { env: { TEST_DATABASE_URL: server.url, TEST_TEMPLATE: TEMPLATE }, stop };
}

async function createTemplate(url: string, log: (line: string) => void): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await admin.unsafe(`create database ${TEMPLATE}`);
    await migrate(withDatabaseName(url, TEMPLATE), { log });
    await admin.unsafe(`alter role raphael_app with login password '${APP_PASSWORD}'`);
  } finally {
    await admin.end({ timeout: 1 });
  }
}

import postgres from "postgres";

/**
 * A database of one test's own: a copy of the migrated template, dropped afterwards. The server is
 * the one `deno task test` starts once for all test files.
 *
 * `TEST_DATABASE_URL` names the server, as superuser. `TEST_TEMPLATE` names the template; where it is
 * unset the tests share the database of the URL itself, because pg_cron keeps a session in its
 * database and Postgres will not copy a database in use.
 */
export interface TestDatabase {
  /** As superuser: to arrange and to look, never to prove what a role may do. */
  readonly url: string;
  /** As `raphael_app`, the role the functions sign in with. */
  readonly appUrl: string;
  readonly admin: postgres.Sql;
  readonly app: postgres.Sql;
}

/** TEST KEY: the password of `raphael_app` on throwaway servers. */
export const APP_PASSWORD = "test-only-password";

export async function withDatabase<T>(use: (database: TestDatabase) => Promise<T>): Promise<T> {
  const server = serverUrl();
  const template = Deno.env.get("TEST_TEMPLATE");
  if (!template) return await withConnections(server, use);

  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const maintenance = connect(server, 1);
  try {
    await maintenance.unsafe(`create database ${name} template ${template}`);
    try {
      return await withConnections(withDatabaseName(server, name), use);
    } finally {
      await maintenance.unsafe(`drop database ${name} with (force)`);
    }
  } finally {
    await maintenance.end({ timeout: 1 });
  }
}

async function withConnections<T>(
  url: string,
  use: (database: TestDatabase) => Promise<T>,
): Promise<T> {
  const appUrl = asApp(url);
  const admin = connect(url, 8);
  const app = connect(appUrl, 8);
  try {
    return await use({ url, appUrl, admin, app });
  } finally {
    await Promise.all([admin.end({ timeout: 1 }), app.end({ timeout: 1 })]);
  }
}

function serverUrl(): string {
  const url = Deno.env.get("TEST_DATABASE_URL");
  if (url) return url;
  throw new Error(
    "Cannot open test database: TEST_DATABASE_URL is unset; run deno task test --only <path>",
  );
}

function asApp(url: string): string {
  const app = new URL(url);
  app.username = "raphael_app";
  app.password = APP_PASSWORD;
  return app.href;
}

export function withDatabaseName(url: string, name: string): string {
  const named = new URL(url);
  named.pathname = `/${name}`;
  return named.href;
}

function connect(url: string, max: number): postgres.Sql {
  return postgres(url, { max, prepare: false, connect_timeout: 5, onnotice: () => {} });
}

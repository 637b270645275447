/** Brings a database to what the tree says: the platform's stand-ins, then our migrations. */
import postgres from "postgres";
import { failure } from "./failure.ts";

/** Said by `compat.sql`, which runs last: a schema `auth` without it is somebody's real project. */
const STAND_IN = "Stand-in of the local stack";
const MIGRATIONS = new URL("../migrations/", import.meta.url);
const COMPAT = new URL("./compat.sql", import.meta.url);

/** Two runs at once on one server would race for the roles; any constant of ours will do. */
const LOCK_KEY = 7_264_911;

export interface MigrateOptions {
  readonly log: (line: string) => void;
}

/**
 * Applies what is missing, each file in a transaction of its own, and records it exactly as the
 * Supabase CLI does: a `supabase db push` afterwards says "up to date".
 * `url` must connect as a superuser. Throws `StackFailure` naming the file and the line.
 */
export async function migrate(
  url: string,
  { log }: MigrateOptions,
): Promise<{ readonly applied: readonly string[] }> {
  const sql = postgres(url, { max: 1, prepare: false, onnotice: () => {}, connect_timeout: 10 });
  try {
    await reach(sql, url);
    await sql`select pg_advisory_lock(${LOCK_KEY})`;
    await assertOurs(sql);
    await sql.unsafe(await Deno.readTextFile(COMPAT)).simple();
    const known = await history(sql);
    const applied: string[] = [];
    for (const file of await migrationFiles()) {
      const statements = known.get(file.version);
      const text = await Deno.readTextFile(new URL(file.name, MIGRATIONS));
      if (statements === undefined) {
        await apply(sql, file, text);
        applied.push(file.name);
      } else if (statements.length === 1 && statements[0] !== text) {
        log(`${file.name} changed since it was applied: --fresh applies it anew`);
      }
    }
    return { applied };
  } finally {
    await sql.end();
  }
}

type Sql = postgres.Sql;
interface MigrationFile {
  readonly name: string;
  readonly version: string;
  readonly noun: string;
}

/** The project's files in the order of their versions. */
export async function migrationFiles(): Promise<readonly MigrationFile[]> {
  const files: MigrationFile[] = [];
  for await (const { name } of Deno.readDir(MIGRATIONS)) {
    const [, version, noun] = /^(\d{14})_(\w+)\.sql$/.exec(name) ?? [];
    if (version && noun) files.push({ name, version, noun });
  }
  return files.sort((a, b) => a.version.localeCompare(b.version));
}

/** The first words with a server: its address and its role are the operator's to get right. */
async function reach(sql: Sql, url: string): Promise<void> {
  const { host, pathname } = new URL(url);
  const [role] = await sql`select rolsuper from pg_roles where rolname = current_user`.catch(
    (error) => {
      throw failure(`Cannot reach Postgres at ${host}${pathname}`, error);
    },
  );
  if (!role?.["rolsuper"]) {
    throw failure(`Cannot use the database at ${host}${pathname}: its user is no superuser`);
  }
}

/** Refuses a real project: stand-ins over its `auth` and `vault` would break it. */
async function assertOurs(sql: Sql): Promise<void> {
  const [found] = await sql`
    select obj_description(oid, 'pg_namespace') as comment from pg_namespace where nspname = 'auth'`;
  if (found && found["comment"] !== STAND_IN) {
    throw failure("Cannot use this database: it has a schema auth that is not the local stack's");
  }
}

async function history(sql: Sql): Promise<ReadonlyMap<string, readonly string[]>> {
  await sql`create schema if not exists supabase_migrations`;
  await sql`
    create table if not exists supabase_migrations.schema_migrations (
      version text not null primary key, statements text[], name text)`;
  const rows = await sql<{ version: string; statements: string[] | null }[]>`
    select version, statements from supabase_migrations.schema_migrations`;
  return new Map(rows.map((row) => [row.version, row.statements ?? []]));
}

async function apply(sql: Sql, file: MigrationFile, text: string): Promise<void> {
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(text).simple();
      // A migration may leave a role or search_path behind; the record is the superuser's.
      await tx`reset all`;
      await tx`reset role`;
      await tx`
        insert into supabase_migrations.schema_migrations (version, statements, name)
        values (${file.version}, ${[text]}, ${file.noun})`;
    });
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    const before = text.slice(0, Number(error.position ?? 1) - 1);
    const place = error.position ? `:${before.split("\n").length}` : "";
    throw failure(`Cannot apply migrations/${file.name}${place}: ${error.message}`);
  }
}

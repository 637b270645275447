import postgres from "postgres";
import { supabase } from "../supabase_cli.ts";

/** One thing a lane has shown, or failed to. */
export interface Finding {
  readonly what: string;
  readonly fault?: string;
}

const COMPAT = new URL("../../dev/compat.sql", import.meta.url);

/** TEST KEYS: what `[db.vault]` of `supabase/config.toml` reads; nothing is ever sent there. */
const VAULT_ENV = {
  PROJECT_URL: "http://127.0.0.1:1",
  WORKER_SECRET: "test-only-worker-secret-of-a-lane",
};

/** What a Supabase project has before our migrations. */
export async function applyCompat(url: string): Promise<void> {
  await withAdmin(url, async (admin) => {
    await admin.unsafe(await Deno.readTextFile(COMPAT)).simple();
  });
}

/**
 * A role with the rights that a hosted project's `postgres` has, and no more: it is no superuser there.
 * Answers with its url; the migrations are pushed as it.
 */
export async function createProjectOwner(url: string): Promise<string> {
  const own = new URL(url);
  own.username = "project_owner";
  own.password = "test-only-password-of-a-lane";
  const database = own.pathname.slice(1);
  await withAdmin(url, async (admin) => {
    await admin.unsafe(`
      create role project_owner login createrole createdb bypassrls password '${own.password}';
      grant create on database ${database} to project_owner;
      grant anon, authenticated, service_role to project_owner with admin option;
      grant usage on schema auth, vault, net, cron to project_owner with grant option;
      grant select, references on auth.users to project_owner;
      grant select, insert, update on vault.secrets to project_owner;
      grant select on vault.decrypted_secrets to project_owner;
      grant all on all tables in schema cron to project_owner;
      grant execute on all functions in schema cron, net, vault to project_owner;
    `).simple();
  });
  return own.href;
}

/** The real `db push` as the role of `as`, twice: all migrations first, then not a catalog row. */
export async function push(url: string, as: string = url): Promise<readonly Finding[]> {
  const files = (await Array.fromAsync(Deno.readDir("supabase/migrations"))).length;
  const first = await supabase(["db", "push", `--remote=${as}`, "--yes"], VAULT_ENV);
  const applied = first.output.match(/^Applying migration /gm)?.length ?? 0;
  const before = await fingerprint(url);
  const second = await supabase(["db", "push", `--remote=${as}`, "--yes"], VAULT_ENV);
  const unchanged = second.output.includes("up to date") && before === await fingerprint(url);
  return [
    finding(
      `db push: ${files} migrations on an empty database`,
      first.code === 0 && applied === files && !/\bwarn/i.test(first.output),
      first.output,
    ),
    finding(
      "db push again: nothing changes",
      second.code === 0 && unchanged && !/\bwarn/i.test(second.output),
      second.output,
    ),
  ];
}

/** Supabase's own linter of schemas, permissions and performance. */
export async function advise(url: string): Promise<Finding> {
  const args = ["db", "advisors", `--remote=${url}`, "--level", "info", "-o", "json"];
  const { code, stdout, output } = await supabase(args);
  const what = "db advisors: nothing at WARN or above";
  if (code !== 0) return { what, fault: output };
  const found: readonly { level: string; detail: string }[] = JSON.parse(stdout);
  const bad = found.filter(({ level }) => level !== "INFO");
  return finding(
    `${what} (${found.length - bad.length} at INFO)`,
    bad.length === 0,
    bad.map(({ level, detail }) => `${level} ${detail}`).join("\n"),
  );
}

/** plpgsql_check over every function. */
export async function lint(url: string): Promise<Finding> {
  const args = ["db", "lint", `--remote=${url}`, "--level", "warning", "--fail-on", "warning"];
  const { code, output } = await supabase(args);
  const clean = code === 0 && output.includes("No schema errors found") &&
    output.includes("Linting schema: raphael_private");
  return finding("db lint: nothing at warning or above", clean, output);
}

/** Beyond a minute, which is how often the fastest schedule of every pg_cron comes. */
const TICK_MS = 75_000;

/** The real pg_cron: each schedule once, seconds where it has them, and a tick that really posts. */
export function schedules(url: string): Promise<readonly Finding[]> {
  return withAdmin(url, async (admin) => {
    const [cron] = await admin<[{ seconds: boolean; version: string }]>`
      select regexp_match(extversion, '^(\\d+)\\.(\\d+)')::int[] >= array[1, 5] as seconds, extversion as version
      from pg_extension where extname = 'pg_cron'`;
    const expected = ["prune", "prune-runs", "sync-worker", "token-refresh"]
      .concat(cron.seconds ? ["wake"] : []).map((name) => `raphael-${name}`).join();
    const names = async () =>
      (await admin<[{ names: string }]>`
        select string_agg(jobname, ',' order by jobname) as names
        from cron.job where jobname like 'raphael-%' and active`)[0].names;
    const first = await names();
    const migration = await Deno.readTextFile("supabase/migrations/20260101001000_schedules.sql");
    await admin.unsafe(migration.slice(migration.lastIndexOf("do $$"))).simple();
    const again = await names();
    const run = await tick(admin);
    return [
      finding(`pg_cron ${cron.version}: ${expected}`, first === expected, first),
      finding("pg_cron: set again, nothing is doubled", again === expected, again),
      finding("pg_cron: a tick runs and posts to the worker", run === "succeeded", run),
    ];
  });
}

async function tick(admin: postgres.Sql): Promise<string> {
  let seen = "no run";
  for (const end = Date.now() + TICK_MS; Date.now() < end;) {
    const [row] = await admin<{ status: string; posted: boolean; message: string | null }[]>`
      select d.status, d.return_message as message, exists (
        select from net.http_request_queue q
        where q.url = ${`${VAULT_ENV.PROJECT_URL}/functions/v1/sync-worker`}
          and q.headers ->> 'x-raphael-secret' = ${VAULT_ENV.WORKER_SECRET}
      ) as posted
      from cron.job_run_details d join cron.job j using (jobid)
      where j.jobname = 'raphael-sync-worker' and d.status in ('succeeded', 'failed')
      order by d.start_time desc limit 1`;
    if (row) seen = row.posted ? row.status : `${row.status}, nothing posted: ${row.message}`;
    if (seen === "succeeded") return seen;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  return seen;
}

function finding(what: string, holds: boolean, fault: string): Finding {
  return holds ? { what } : { what, fault };
}

/** Every row of the catalog that is ours, by the transaction that last wrote it. */
function fingerprint(url: string): Promise<string> {
  return withAdmin(url, async (admin) => {
    const [row] = await admin<{ digest: string }[]>`
      with ours as (select oid from pg_namespace where nspname in ('raphael', 'raphael_private'))
      select md5(string_agg(line, ',' order by line)) as digest from (
        select 'class ' || c.oid || ' ' || c.xmin from pg_class c where relnamespace in (table ours)
        union all
        select 'proc ' || p.oid || ' ' || p.xmin from pg_proc p where pronamespace in (table ours)
        union all
        select 'push ' || version || ' ' || m.xmin from supabase_migrations.schema_migrations m
        union all
        select 'metric ' || ctid || ' ' || m.xmin from raphael.metrics m
      ) rows (line)`;
    return row?.digest ?? "";
  });
}

export async function withAdmin<T>(url: string, use: (admin: postgres.Sql) => Promise<T>) {
  const admin = postgres(url, { max: 1, prepare: false, onnotice: () => {} });
  try {
    return await use(admin);
  } finally {
    await admin.end({ timeout: 1 });
  }
}

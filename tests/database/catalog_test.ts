/**
 * What the database's own catalog says about our schemas, whatever migration made it so. Each check
 * lists its violations: an empty list passes, anything else names the object.
 */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { withDatabase } from "../support/database.ts";

interface Check {
  readonly name: string;
  /** Text of a query whose rows `(violation)` are what is wrong. */
  readonly violations: string;
}

const OURS = `('raphael', 'raphael_private')`;

/** Each grant on a relation of ours, column grants too: (schema, relation, grantee, privilege). */
const RELATION_GRANTS = `
  select n.nspname as schema, c.oid::regclass::text as relation,
         case when a.grantee = 0 then 'public' else a.grantee::regrole::text end as grantee,
         a.privilege_type as privilege
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select * from aclexplode(c.relacl)
    union all
    select g.* from pg_attribute t cross join lateral aclexplode(t.attacl) g where t.attrelid = c.oid
  ) a
  where n.nspname in ${OURS}`;

/** Every function of ours, with its settings and who may execute it (no list means: everyone). */
const FUNCTIONS = `
  select p.*, n.nspname, p.oid::regprocedure::text as signature
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ${OURS}`;

const CHECKS: readonly Check[] = [
  {
    name: "tables of raphael have row level security on and forced",
    violations: `
      select c.oid::regclass::text as violation from pg_class c
      where c.relnamespace = 'raphael'::regnamespace and c.relkind in ('r', 'p')
        and not (c.relrowsecurity and c.relforcerowsecurity)`,
  },
  {
    name: "anon, service_role and public have no grant on any relation",
    violations: `
      select relation || ': ' || privilege || ' to ' || grantee as violation
      from (${RELATION_GRANTS}) g where grantee in ('anon', 'service_role', 'public')`,
  },
  {
    name: "authenticated may only select, and only in raphael",
    violations: `
      select relation || ': ' || privilege as violation from (${RELATION_GRANTS}) g
      where grantee = 'authenticated' and (schema <> 'raphael' or privilege <> 'SELECT')`,
  },
  {
    name: "anon and public have no usage of either schema, authenticated none of raphael_private",
    violations: `
      select n.nspname || ': ' || r.rolname as violation
      from pg_namespace n cross join pg_roles r
      where n.nspname in ${OURS}
        and (r.rolname = 'anon' or (r.rolname = 'authenticated' and n.nspname = 'raphael_private'))
        and (has_schema_privilege(r.oid, n.oid, 'usage')
             or has_schema_privilege(r.oid, n.oid, 'create'))
      union all
      select n.nspname || ': public' from pg_namespace n cross join lateral aclexplode(n.nspacl) a
      where n.nspname in ${OURS} and a.grantee = 0`,
  },
  {
    name: "public, anon and authenticated may execute no function",
    violations: `
      select f.signature as violation from (${FUNCTIONS}) f
      where f.proacl is null or exists (
        select from aclexplode(f.proacl) a
        where a.grantee = 0 or a.grantee in ('anon'::regrole, 'authenticated'::regrole))`,
  },
  {
    name: "every function has an empty search_path",
    violations: `
      select f.signature as violation from (${FUNCTIONS}) f
      where not coalesce(f.proconfig @> array['search_path=""'], false)`,
  },
  {
    name: "views run with the rights of who asks, and nothing of a person is materialised",
    violations: `
      select c.oid::regclass::text as violation from pg_class c
      where c.relnamespace::regnamespace::text in ${OURS}
        and (c.relkind = 'm'
             or c.relkind = 'v' and not coalesce(c.reloptions @> array['security_invoker=true'], false))`,
  },
  {
    name: "raphael_owner owns the schemas and everything in them",
    violations: `
      select 'schema ' || nspname as violation from pg_namespace
      where nspname in ${OURS} and nspowner <> 'raphael_owner'::regrole
      union all
      select oid::regclass::text from pg_class
      where relnamespace::regnamespace::text in ${OURS} and relowner <> 'raphael_owner'::regrole
      union all
      -- kick() belongs to the migrating role, the only one that may read Vault and post.
      select signature from (${FUNCTIONS}) f
      where proowner <> 'raphael_owner'::regrole and oid <> 'raphael_private.kick(text)'::regprocedure`,
  },
  {
    name: "our roles neither are superuser, bypass row level security nor inherit the owner",
    violations: `
      select rolname::text as violation from pg_roles
      where rolname in ('raphael_app', 'raphael_owner')
        and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
      union all
      select 'raphael_app is a member of raphael_owner'
      where pg_has_role('raphael_app', 'raphael_owner', 'member')`,
  },
  {
    name:
      "every table, view and function says what it is for, and every column of raphael's tables",
    violations: `
      select c.oid::regclass::text as violation from pg_class c
      where c.relnamespace::regnamespace::text in ${OURS} and c.relkind in ('r', 'p', 'v')
        and not c.relispartition and obj_description(c.oid, 'pg_class') is null
      union all
      select c.oid::regclass || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'raphael'::regnamespace and c.relkind in ('r', 'p')
        and not c.relispartition and a.attnum > 0 and not a.attisdropped
        and col_description(c.oid, a.attnum) is null
      union all
      select f.signature from (${FUNCTIONS}) f where obj_description(f.oid, 'pg_proc') is null`,
  },
  {
    name: "every foreign key has an index that begins with its columns",
    violations: `
      select k.conrelid::regclass || ': ' || k.conname as violation from pg_constraint k
      where k.contype = 'f' and k.connamespace::regnamespace::text in ${OURS} and not exists (
        select from pg_index i
        where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
          and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
          and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] <@ k.conkey)`,
  },
  {
    name: "no publication holds a table of ours",
    violations: `
      select pubname || ': ' || schemaname || '.' || tablename as violation
      from pg_publication_tables where schemaname in ${OURS}`,
  },
  {
    name: "policies ask for the person once per query, not once per row",
    violations: `
      select polrelid::regclass || ': ' || polname as violation from pg_policy p
      join pg_class c on c.oid = p.polrelid
      where c.relnamespace::regnamespace::text in ${OURS}
        and coalesce(pg_get_expr(polqual, polrelid), '')
            || coalesce(pg_get_expr(polwithcheck, polrelid), '') ~ 'auth\\.(uid|jwt|role)\\(\\)'
        and coalesce(pg_get_expr(polqual, polrelid), '')
            || coalesce(pg_get_expr(polwithcheck, polrelid), '') !~* 'select auth\\.(uid|jwt|role)\\(\\)'`,
  },
];

Deno.test("catalog", async (t) => {
  await withDatabase(async ({ admin }) => {
    for (const { name, violations } of CHECKS) {
      await t.step(name, async () => {
        const rows = await admin.unsafe<{ violation: string }[]>(violations);
        assert.deepEqual(rows.map((row) => row.violation).sort(), []);
      });
    }
    await t.step("both schemas hold something to check", async () => {
      const rows = await admin.unsafe<{ nspname: string }[]>(`
        select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ${OURS} and c.relkind in ('r', 'p') group by 1 order by 1`);
      assert.deepEqual(rows.map((row) => row.nspname), ["raphael", "raphael_private"]);
    });
    await t.step("what is created tomorrow is private too", () => probeDefaults(admin));
  });
});

/** Default privileges, seen from what they do: a table and a function made by the owner, undone. */
async function probeDefaults(admin: Sql): Promise<void> {
  const undo = new Error("undo");
  await admin.begin(async (tx) => {
    await tx`set local role raphael_owner`;
    for (const schema of ["raphael", "raphael_private"]) {
      await tx.unsafe(`create table ${schema}.probe (x int)`);
      await tx.unsafe(`create function ${schema}.probe() returns int language sql return 1`);
    }
    const rows = await tx<{ leak: string }[]>`
      select n || ' ' || r as leak
      from unnest(array['raphael', 'raphael_private']) n, unnest(array['anon', 'authenticated']) r
      where has_function_privilege(r, n || '.probe()', 'execute')
         or has_table_privilege(r, n || '.probe', 'select, insert, update, delete')`;
    assert.deepEqual(rows.map((row) => row.leak), []);
    throw undo;
  }).catch((error) => {
    if (error !== undo) throw error;
  });
}

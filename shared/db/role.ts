import type { Sql } from "./client.ts";

/**
 * Refuses a connection that row security would not bind: a superuser, a role that bypasses it, or an
 * owner. `allowed` is the operator's switch for a first deploy, and `onAllowed` says it loudly.
 */
export async function refusePrivilegedRole(
  sql: Sql,
  options: { readonly allowed: boolean; readonly onAllowed: (role: string) => void },
): Promise<void> {
  const [row] = await sql<{ role: string; privileged: boolean }[]>`
    select current_user as role,
           r.rolsuper or r.rolbypassrls or pg_catalog.pg_has_role('raphael_owner', 'usage') as privileged
    from pg_catalog.pg_roles r
    where r.rolname = current_user`;
  if (!row?.privileged) return;
  if (!options.allowed) {
    throw new Error(
      "Cannot use database: its role is a superuser, bypasses row security or owns our tables; connect as raphael_app",
    );
  }
  options.onAllowed(row.role);
}

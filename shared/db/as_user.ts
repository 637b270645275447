import type { Database, Sql } from "./client.ts";

/** Verified claims of a session; `sub` is the person. */
export type UserClaims = Readonly<Record<string, unknown>> & { readonly sub: string };

/**
 * Reads as the person: role `authenticated` with their claims, for one transaction. Row security
 * then decides what is seen, even where our own query were wrong.
 */
export async function asUser<T>(
  db: Database,
  claims: UserClaims,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  return await db.transaction(async (sql) => {
    await sql`
      select pg_catalog.set_config('role', 'authenticated', true),
             pg_catalog.set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
    return await work(sql);
  });
}

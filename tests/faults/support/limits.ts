import type { Sql } from "@shared/db/client.ts";

/**
 * What a deadline of one second is to production's fifteen: a worker that is out of reach holds its rows,
 * and its dead neighbours wait behind it.
 */
const LIMITS = {
  lock_timeout: "333ms",
  idle_in_transaction_session_timeout: "2s",
  transaction_timeout: "2s",
} as const;

/** The product's limits, in the proportion of a test's short deadlines. */
export async function shortenLimits(sql: Sql): Promise<void> {
  await limit(sql, LIMITS);
}

/** Sets limits of waiting for the app's role, in this database, for whoever connects from now on. */
export async function limit(sql: Sql, limits: Readonly<Record<string, string>>): Promise<void> {
  const [here] = await sql<{ name: string }[]>`select quote_ident(current_database()) as name`;
  for (const [setting, to] of Object.entries(limits)) {
    await sql.unsafe(`alter role raphael_app in database ${here?.name} set ${setting} = '${to}'`);
  }
}

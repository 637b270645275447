import type { Sql } from "@shared/db/client.ts";

/** What a deadline of one second is to production's fifteen. */
const LIMITS = { lock_timeout: "333ms", idle_in_transaction_session_timeout: "2s" } as const;

/**
 * The product's limits of waiting in the database (5 and 30 s), in the proportion of a test's short
 * deadlines: a worker that is out of reach holds its rows, and its dead neighbours wait behind it.
 * For this database, and for whoever connects from now on.
 */
export async function shortenLimits(sql: Sql): Promise<void> {
  const [here] = await sql<{ name: string }[]>`select quote_ident(current_database()) as name`;
  for (const [setting, limit] of Object.entries(LIMITS)) {
    await sql.unsafe(
      `alter role raphael_app in database ${here?.name} set ${setting} = '${limit}'`,
    );
  }
}

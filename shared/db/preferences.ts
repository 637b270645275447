import type { Sql } from "./client.ts";
import type { OrderRow } from "./person.ts";

/** Puts a person's order in the place of the one before. */
export function setSourceOrder(sql: Sql, userId: string, entries: readonly OrderRow[]) {
  // SAFETY: rows are plain JSON values; postgres.js wants an index signature that interfaces lack.
  return sql`select raphael_private.set_source_order(${userId}, ${sql.json(entries as never)})`;
}

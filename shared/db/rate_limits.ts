import type { Sql } from "./client.ts";

/** One request out of a budget that all isolates share. */
export async function takeSlot(
  sql: Sql,
  key: string,
  limit: number,
  windowSeconds: number,
): Promise<{ allowed: boolean; remaining: number; resetSeconds: number }> {
  const [row] = await sql<[{ allowed: boolean; remaining: number; resetSeconds: number }]>`
    select allowed, remaining, reset_seconds as "resetSeconds"
    from raphael_private.take_slot(${key}, ${limit}, ${windowSeconds})`;
  return row;
}

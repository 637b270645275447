import type { Sql } from "./client.ts";

/** Whether another day of samples is to be thinned: once a day, where the operator wants any thinned. */
export async function isThinningDue(sql: Sql): Promise<boolean> {
  const [row] = await sql<[{ due: boolean }]>`select raphael_private.thinning_due() as due`;
  return row.due;
}

/** Settles the days that are to be thinned: from then on they are not corrected. */
export async function beginThinning(sql: Sql): Promise<void> {
  await sql`select raphael_private.begin_thinning()`;
}

/**
 * Of the next `most` people behind `after` the first of whom anything is to be thinned; else the last of
 * them, not due; nobody where they end.
 */
export async function nextToThin(
  sql: Sql,
  after: number,
  most: number,
): Promise<{ readonly userKey: number; readonly due: boolean } | undefined> {
  const [row] = await sql<{ userKey: number; due: boolean }[]>`
    select user_key as "userKey", due from raphael_private.next_to_thin(${after}, ${most})`;
  return row;
}

/** Thins `most` of a person's old samples, and their buckets that have become old; how many samples. */
export async function thinPerson(sql: Sql, userKey: number, most: number): Promise<number> {
  const [row] = await sql<[{ samples: number }]>`
    select raphael_private.thin_person(${userKey}, ${most}) as samples`;
  return row.samples;
}

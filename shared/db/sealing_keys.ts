import type { Sql } from "./client.ts";

/** Tables with sealed values: two texts a row at most, sealed by the same rules. */
export const SEALED_PLACES = ["account_tokens", "oauth_states", "revocations"] as const;
export type SealedPlace = (typeof SEALED_PLACES)[number];

/** Ids of the keys that something is sealed with. */
export async function sealingKeys(sql: Sql): Promise<string[]> {
  const rows = await sql<{ kid: string }[]>`select kid from raphael_private.sealing_keys() as kid`;
  return rows.map(({ kid }) => kid);
}

/**
 * Refuses to work without a key that something is sealed with: it would end links that are well. Costs
 * three index probes; counting, which reads every row, only where a key lacks.
 */
export async function refuseMissingKeys(sql: Sql, held: ReadonlySet<string>): Promise<void> {
  const missing = new Set((await sealingKeys(sql)).filter((kid) => !held.has(kid)));
  if (missing.size === 0) return;
  const counts = await sql<{ kid: string; sealed: string }[]>`
    select kid, sum(sealed)::text as sealed from raphael_private.sealed_counts() group by kid order by kid`;
  const lacking = counts.filter(({ kid }) => missing.has(kid))
    .map(({ kid, sealed }) => `${kid} (${sealed} values)`);
  throw new Error(
    `Cannot start: ENCRYPTION_KEYS lacks keys that are in use: ${lacking.join(", ")}`,
  );
}

/** A row whose values are sealed with an older key; both texts null where there is none. */
export interface SealedRow {
  readonly id: string;
  /** What its values are bound to, see `SealContext`. */
  readonly accountId: string;
  readonly userId: string;
  readonly provider: string;
  readonly tokenVersion: number;
  /** Access token, or verifier. */
  readonly first: string | null;
  /** Refresh token, or what the callback brought. */
  readonly second: string | null;
}

/** The next rows, by id, that another key than `kid` has sealed. */
export async function rowsToReseal(
  sql: Sql,
  p: { place: SealedPlace; kid: string; after: string; limit: number },
): Promise<SealedRow[]> {
  return await sql<SealedRow[]>`
    select id, account_id as "accountId", user_id as "userId", provider, token_version as "tokenVersion",
           first_ct as first, second_ct as second
    from raphael_private.rows_to_reseal(${p.place}, ${p.kid}, ${p.after}, ${p.limit})`;
}

export interface Resealed {
  readonly old: SealedRow;
  readonly first: string | null;
  readonly second: string | null;
}

/** Writes them, except where the row was written since; how many that were. */
export async function resealRows(
  sql: Sql,
  place: SealedPlace,
  rows: readonly Resealed[],
): Promise<number> {
  const records = rows.map(({ old, first, second }) => ({
    id: old.id,
    old_first_ct: old.first,
    old_second_ct: old.second,
    first_ct: first,
    second_ct: second,
  }));
  const [row] = await sql<[{ count: number }]>`
    select raphael_private.reseal_rows(${place}, ${sql.json(records)}) as count`;
  return row.count;
}

import type { Bytes } from "../core/bytes.ts";
import type { SealedTokens } from "./accounts.ts";
import type { Sql } from "./client.ts";

/**
 * go: send the request · fresh: another has stored a newer token · busy: another is at it ·
 * none: there is nothing to refresh with.
 */
export type RefreshVerdict = "go" | "fresh" | "busy" | "none";

/** Written down before the request goes out. `seen` is the token version that the caller has read. */
export async function beginRefresh(
  sql: Sql,
  accountId: string,
  seen: number,
  leaseSeconds: number,
): Promise<{ verdict: RefreshVerdict; epoch: number }> {
  const [row] = await sql<[{ verdict: RefreshVerdict; epoch: number }]>`
    select verdict, epoch from raphael_private.begin_refresh(${accountId}, ${seen}, ${leaseSeconds})`;
  return row;
}

/** Stores what the consumed token was exchanged for; false where its successor is stored already. */
export async function commitRefresh(
  sql: Sql,
  accountId: string,
  consumed: Bytes,
  t: SealedTokens,
): Promise<boolean> {
  const [row] = await sql<[{ stored: boolean }]>`
    select raphael_private.commit_refresh(
      ${accountId}, ${consumed}, ${t.tokenVersion}, ${t.accessCt}, ${t.refreshCt}, ${t.fingerprint}, ${t.expiresAt}
    ) as stored`;
  return row.stored;
}

/**
 * What a refused token means: `revoked` or `lost_rotation` only where it is still the stored one;
 * `uncertain` asks for another round; `fresh`, `stale` and `gone` mean nothing at all.
 */
export type RejectVerdict = "gone" | "fresh" | "stale" | "uncertain" | "revoked" | "lost_rotation";

export async function rejectRefresh(
  sql: Sql,
  accountId: string,
  p: { consumed: Bytes; epoch: number; maxRounds: number },
): Promise<RejectVerdict> {
  const [row] = await sql<[{ verdict: RejectVerdict }]>`
    select raphael_private.reject_refresh(${accountId}, ${p.consumed}, ${p.epoch}, ${p.maxRounds}) as verdict`;
  return row.verdict;
}

/** No answer, or half of one: whether the provider rotated is unknown. */
export async function doubtRefresh(sql: Sql, accountId: string, epoch: number): Promise<void> {
  await sql`select raphael_private.doubt_refresh(${accountId}, ${epoch})`;
}

/** The provider said that it did nothing. */
export async function releaseRefresh(sql: Sql, accountId: string, epoch: number): Promise<void> {
  await sql`select raphael_private.release_refresh(${accountId}, ${epoch})`;
}

/** Accounts whose access token ends within so many seconds. */
export async function dueRefreshes(
  sql: Sql,
  withinSeconds: number,
): Promise<{ accountId: string; expiresIn: number }[]> {
  return await sql<{ accountId: string; expiresIn: number }[]>`
    select account_id as "accountId", expires_in as "expiresIn"
    from raphael_private.due_refreshes(${withinSeconds})`;
}

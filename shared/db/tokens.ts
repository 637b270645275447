import type { Bytes } from "../core/bytes.ts";
import type { SealedTokens } from "./accounts.ts";
import type { Sql } from "./client.ts";

/**
 * go: send the request · fresh: another has stored a newer token · busy: another is at it, or a pause
 * is kept · none: there is nothing to refresh with.
 */
export type RefreshVerdict = "go" | "fresh" | "busy" | "none";

/** Written down before the request goes out. `seen` is the token version that the caller has read. */
export async function beginRefresh(
  sql: Sql,
  accountId: string,
  seen: number,
  leaseSeconds: number,
): Promise<{ verdict: RefreshVerdict; epoch: number; waitSeconds: number }> {
  const [row] = await sql<[{ verdict: RefreshVerdict; epoch: number; waitSeconds: number }]>`
    select verdict, epoch, wait_seconds as "waitSeconds"
    from raphael_private.begin_refresh(${accountId}, ${seen}, ${leaseSeconds})`;
  return row;
}

/** One request of ours, by its number and by the sha256 of the refresh token that it consumes. */
export interface RefreshRequest {
  readonly epoch: number;
  readonly consumed: Bytes;
}

/**
 * `stored`, or `late` where the lease had been taken over · `superseded`: its successor is stored
 * already · `sibling`: what is stored answers an earlier request with the same token, so seal this for
 * the next version and come again · `stale`: late, and not stored · `gone`: the account was closed.
 */
export type CommitVerdict = "stored" | "late" | "superseded" | "sibling" | "stale" | "gone";

/** Stores what the consumed token was exchanged for; `storeLate`: also without the lease. */
export async function commitRefresh(
  sql: Sql,
  accountId: string,
  { epoch, consumed }: RefreshRequest,
  t: SealedTokens,
  storeLate: boolean,
): Promise<CommitVerdict> {
  const [row] = await sql<[{ verdict: CommitVerdict }]>`
    select raphael_private.commit_refresh(
      ${accountId}, ${epoch}, ${consumed}, ${t.tokenVersion}, ${t.accessCt}, ${t.refreshCt}, ${t.fingerprint},
      ${t.expiresAt}, ${storeLate}
    ) as verdict`;
  return row.verdict;
}

/**
 * What a refused token means: `revoked` or `lost_rotation`, which end the account, only where it is
 * still the stored one; `uncertain` asks to try again; `fresh`, `stale` and `gone` mean nothing at all.
 */
export type RejectVerdict = "gone" | "fresh" | "stale" | "uncertain" | "revoked" | "lost_rotation";

/** `patienceSeconds`: for how long a token that is in doubt may be refused before it counts. */
export async function rejectRefresh(
  sql: Sql,
  accountId: string,
  { epoch, consumed }: RefreshRequest,
  patienceSeconds: number,
): Promise<RejectVerdict> {
  const [row] = await sql<[{ verdict: RejectVerdict }]>`
    select raphael_private.reject_refresh(${accountId}, ${consumed}, ${epoch}, ${patienceSeconds}) as verdict`;
  return row.verdict;
}

/** No answer, or half of one: whether the provider rotated is unknown. */
export async function doubtRefresh(sql: Sql, accountId: string, epoch: number): Promise<void> {
  await sql`select raphael_private.doubt_refresh(${accountId}, ${epoch})`;
}

/** The provider said that it did nothing, and perhaps for how long not to ask again. */
export async function releaseRefresh(
  sql: Sql,
  accountId: string,
  epoch: number,
  waitSeconds: number,
): Promise<void> {
  await sql`select raphael_private.release_refresh(${accountId}, ${epoch}, ${waitSeconds})`;
}

/** Tokens that came for an account that was closed meanwhile: their revocation's id. */
export async function leaveRevocation(
  sql: Sql,
  account: {
    readonly id: string;
    readonly userId: string;
    readonly provider: string;
    readonly region: string;
    readonly externalUserId: string;
  },
  t: SealedTokens,
): Promise<string> {
  const [row] = await sql<[{ id: string }]>`
    select raphael_private.leave_revocation(
      ${account.id}, ${account.userId}, ${account.provider}, ${account.region}, ${account.externalUserId},
      ${t.tokenVersion}, ${t.accessCt}, ${t.refreshCt}
    ) as id`;
  return row.id;
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

import type { Bytes } from "../core/bytes.ts";
import type { Sql } from "./client.ts";

export type AccountStatus = "pending" | "active" | "error" | "disconnected";

/** A linked account with its sealed tokens. */
export interface StoredAccount {
  readonly id: string;
  readonly userId: string;
  readonly provider: string;
  /** Empty where the provider has one region. */
  readonly region: string;
  readonly externalUserId: string;
  readonly via: string | null;
  readonly status: AccountStatus;
  readonly scopes: readonly string[] | null;
  /** Fence of its writers: grows at each link and disconnect. */
  readonly generation: number;
  /** Null where the link has no tokens. */
  readonly tokenVersion: number | null;
  readonly accessCt: string | null;
  readonly refreshCt: string | null;
  /** Seconds, by the database's clock. */
  readonly expiresIn: number | null;
  /** The database's clock, with microseconds, before any request: what it brings was observed then. */
  readonly readAt: string;
  /** Origin of the person's own server; null where the provider has its own. */
  readonly site: string | null;
  /** The person's IANA zone, else that of their profile at the provider; null where both are unknown. */
  readonly timeZone: string | null;
}

export async function loadAccount(sql: Sql, id: string): Promise<StoredAccount | undefined> {
  const [row] = await sql<StoredAccount[]>`
    select account_id as id, user_id as "userId", provider, region, external_user_id as "externalUserId", via,
           status, scopes, generation, token_version as "tokenVersion", access_ct as "accessCt",
           refresh_ct as "refreshCt", expires_in as "expiresIn", read_at::text as "readAt", site,
           time_zone as "timeZone"
    from raphael_private.load_account(${id})`;
  return row;
}

/** Its id, and the version to seal its tokens with. Throws `accountOfAnother`. */
export async function reserveAccount(
  sql: Sql,
  p: { userId: string; provider: string; region: string; externalUserId: string; via?: string },
): Promise<{ id: string; tokenVersion: number }> {
  const [row] = await sql<[{ id: string; tokenVersion: number }]>`
    select account_id as id, token_version as "tokenVersion"
    from raphael_private.reserve_account(
      ${p.userId}, ${p.provider}, ${p.region}, ${p.externalUserId}, ${p.via ?? null}
    )`;
  return row;
}

export interface SealedTokens {
  readonly tokenVersion: number;
  readonly accessCt: string;
  readonly refreshCt: string | null;
  /** sha256 of the refresh token. */
  readonly fingerprint: Bytes | null;
  readonly expiresAt: Date | null;
}

/** The tokens of a fresh link. */
export async function storeTokens(sql: Sql, accountId: string, t: SealedTokens): Promise<void> {
  await sql`
    select raphael_private.store_tokens(
      ${accountId}, ${t.tokenVersion}, ${t.accessCt}, ${t.refreshCt}, ${t.fingerprint}, ${t.expiresAt}
    )`;
}

/** Opens the account; answers its new generation. */
export async function activateAccount(
  sql: Sql,
  accountId: string,
  p: { scopes?: readonly string[]; uiId?: string; site?: URL },
): Promise<number> {
  const [row] = await sql<[{ generation: number }]>`
    select raphael_private.activate_account(
      ${accountId}, ${p.scopes ? [...p.scopes] : null}::text[], ${p.uiId ?? null}, ${
    p.site?.origin ?? null
  }
    ) as generation`;
  return row.generation;
}

export interface AccountKey {
  readonly id: string;
  readonly status: AccountStatus;
  readonly generation: number;
}

/** An account that a webhook is about. */
export interface FoundAccount extends AccountKey {
  readonly via: string | null;
  /** As `StoredAccount` has it. */
  readonly timeZone: string | null;
}

/** The live accounts that a webhook's external id means. */
export async function findAccounts(
  sql: Sql,
  provider: string,
  externalUserId: string,
): Promise<FoundAccount[]> {
  return await sql<FoundAccount[]>`
    select account_id as id, via, status, generation, time_zone as "timeZone"
    from raphael_private.find_account(${provider}, ${externalUserId})`;
}

/** A person's live accounts at one provider. */
export async function liveAccounts(
  sql: Sql,
  userId: string,
  provider: string,
): Promise<AccountKey[]> {
  return await sql<AccountKey[]>`
    select account_id as id, status, generation from raphael_private.live_accounts(${userId}, ${provider})`;
}

/** The person must link again. False where they already did, or left. */
export async function failAccount(
  sql: Sql,
  account: { readonly id: string; readonly generation: number },
  cause: string,
): Promise<boolean> {
  const [row] = await sql<[{ failed: boolean }]>`
    select raphael_private.fail_account(${account.id}, ${account.generation}, ${cause}) as failed`;
  return row.failed;
}

/** Disconnects; the id of the revocation that is left to do, or null. */
export async function closeAccount(
  sql: Sql,
  accountId: string,
  p: { cause: string; revoke: boolean },
): Promise<string | null> {
  const [row] = await sql<[{ id: string | null }]>`
    select raphael_private.close_account(${accountId}, ${p.cause}, ${p.revoke}) as id`;
  return row.id;
}

export async function renameAccount(
  sql: Sql,
  p: { provider: string; previous: string; externalUserId: string },
): Promise<boolean> {
  const [row] = await sql<[{ renamed: boolean }]>`
    select raphael_private.rename_account(${p.provider}, ${p.previous}, ${p.externalUserId}) as renamed`;
  return row.renamed;
}

export async function setScopes(
  sql: Sql,
  accountId: string,
  scopes: readonly string[],
): Promise<void> {
  await sql`select raphael_private.set_scopes(${accountId}, ${[...scopes]})`;
}

/** What a person sees of a linked account. */
export interface ListedAccount {
  readonly id: string;
  readonly provider: string;
  readonly via: string | null;
  readonly status: AccountStatus;
  readonly cause: string | null;
  readonly uiId: string | null;
  readonly connectedAt: Date | null;
  readonly lastSyncAt: Date | null;
}

export async function listAccounts(sql: Sql, userId: string): Promise<ListedAccount[]> {
  return await sql<ListedAccount[]>`
    select account_id as id, provider, via, status, cause, ui_id as "uiId", connected_at as "connectedAt",
           last_sync_at as "lastSyncAt"
    from raphael_private.list_accounts(${userId})`;
}

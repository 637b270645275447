import type { Sql } from "@shared/db/client.ts";
import { sha256 } from "@shared/core/crypto.ts";
import { type SealedTokens, storeTokens } from "@shared/db/accounts.ts";
import { beginRefresh, commitRefresh, rejectRefresh } from "@shared/db/tokens.ts";
import type { TestDatabase } from "./database.ts";
import { addAccount, addPerson } from "./people.ts";

export const PATIENCE_SECONDS = 60;
export const fingerprint = (version: number) => sha256(`refresh-${version}`);

export function sealed(version: number, expiresIn = 3_600): SealedTokens {
  return {
    tokenVersion: version,
    accessCt: `access-${version}`,
    refreshCt: `refresh-${version}`,
    fingerprint: fingerprint(version),
    expiresAt: new Date(Date.now() + expiresIn * 1_000),
  };
}

/** An account whose tokens have version 1. */
export async function linked({ app, admin }: TestDatabase, tokens = sealed(1)): Promise<string> {
  const { id } = await addAccount(app, await addPerson(admin));
  await storeTokens(app, id, tokens);
  return id;
}

export const begin = (sql: Sql, id: string, seen = 1) => beginRefresh(sql, id, seen, 60);
export const reject = (sql: Sql, id: string, epoch: number, version = 1) =>
  rejectRefresh(sql, id, { consumed: fingerprint(version), epoch }, PATIENCE_SECONDS);
export const commit = (
  sql: Sql,
  id: string,
  epoch: number,
  from = 1,
  to = sealed(from + 1),
  storeLate = true,
) => commitRefresh(sql, id, { consumed: fingerprint(from), epoch }, to, storeLate);

/** As if the lease's time, or the pause's, were over. */
export async function expire({ admin }: TestDatabase): Promise<void> {
  await admin`
    update raphael_private.account_tokens set refresh_not_before = now() - interval '1 second'
    where refresh_not_before is not null`;
}

/** As if a doubt were so old. */
export async function age({ admin }: TestDatabase, seconds: number): Promise<void> {
  await admin`
    update raphael_private.account_tokens
    set in_doubt_since = now() - make_interval(secs => ${seconds}) where in_doubt_since is not null`;
}

import { listAccounts, type ListedAccount } from "../db/accounts.ts";
import type { ConnectionDeps } from "./deps.ts";

/** A linked account as its person sees it. */
export interface Source {
  readonly id: string;
  readonly provider: string;
  readonly via?: string;
  readonly status: ListedAccount["status"];
  readonly cause?: string;
  readonly uiId?: string;
  readonly connectedAt: Date;
  readonly lastSyncAt?: Date;
}

/** A person's linked accounts, newest first; attempts that never came to be are left out. */
export async function sources(
  deps: Pick<ConnectionDeps, "db">,
  request: { readonly userId: string },
): Promise<Source[]> {
  const accounts = await deps.db.query((sql) => listAccounts(sql, request.userId));
  return accounts.filter((account) => account.connectedAt !== null).map(toSource);
}

export function toSource(account: ListedAccount): Source {
  return {
    id: account.id,
    provider: account.provider,
    status: account.status,
    connectedAt: account.connectedAt ?? new Date(0),
    ...(account.via ? { via: account.via } : {}),
    ...(account.cause ? { cause: account.cause } : {}),
    ...(account.uiId ? { uiId: account.uiId } : {}),
    ...(account.lastSyncAt ? { lastSyncAt: account.lastSyncAt } : {}),
  };
}

import { loadAccount, type StoredAccount } from "../db/accounts.ts";
import type { ConfiguredProvider } from "../providers/configured.ts";
import type { AccountRef } from "../providers/driver.ts";
import type { ConnectionDeps } from "./deps.ts";
import { refresh, type RefreshResult } from "./refresh.ts";
import { openTokens } from "./tokens.ts";

export type Access =
  | {
    readonly kind: "open";
    readonly provider: ConfiguredProvider;
    readonly account: StoredAccount;
    readonly ref: AccountRef;
  }
  /** Disconnected, or waiting for its person: nothing to do. */
  | { readonly kind: "closed" }
  | Exclude<RefreshResult, { kind: "fresh" }>;

type Deps = Pick<ConnectionDeps, "db" | "vault" | "log" | "providers">;

/** A token that ends within 5 minutes could end in mid-call. */
const MARGIN_SECONDS = 300;

/** What a job needs to call a provider for an account: its live token, refreshed where it must be. */
export async function access(
  deps: Deps,
  accountId: string,
  marginSeconds = MARGIN_SECONDS,
): Promise<Access> {
  const account = await deps.db.query((sql) => loadAccount(sql, accountId));
  if (!account || account.status !== "active") return { kind: "closed" };
  const provider = deps.providers.get(account.provider);
  if (!provider) {
    return {
      kind: "wait",
      seconds: 3_600,
      reason: `Cannot reach ${account.provider}: it is not configured`,
    };
  }
  if (
    account.expiresIn === null || account.expiresIn > marginSeconds || account.refreshCt === null
  ) {
    return await open(deps, provider, account);
  }
  return await renew(deps, provider, account);
}

/** Refreshes now, whatever the clock says: the provider has just refused the token. */
export async function renew(
  deps: Deps,
  provider: ConfiguredProvider,
  account: StoredAccount,
): Promise<Access> {
  const result = await refresh(deps, provider, account);
  return result.kind === "fresh" ? await open(deps, provider, result.account) : result;
}

async function open(
  deps: Pick<ConnectionDeps, "vault">,
  provider: ConfiguredProvider,
  account: StoredAccount,
): Promise<Access> {
  const tokens = await openTokens(deps.vault, account);
  return {
    kind: "open",
    provider,
    account,
    ref: {
      externalUserId: account.externalUserId,
      ...(account.region ? { region: account.region } : {}),
      ...(tokens ? { accessToken: tokens.accessToken } : {}),
    },
  };
}

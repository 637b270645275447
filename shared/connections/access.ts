import { loadAccount, type StoredAccount } from "../db/accounts.ts";
import type { ConfiguredProvider } from "../providers/configured.ts";
import type { AccountRef } from "../providers/driver.ts";
import type { ConnectionDeps } from "./deps.ts";
import { refresh, type RefreshResult } from "./refresh.ts";
import { unseal } from "./stored_tokens.ts";

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

type Deps = Pick<ConnectionDeps, "db" | "vault" | "log" | "providers" | "isolate">;

/** A token that ends within 5 minutes could end in mid-call. */
const MARGIN_SECONDS = 300;
/** Accounts that were linked together are not refreshed together. */
const MARGIN_JITTER_SECONDS = 60;

/** What a job needs to call a provider for an account: its live token, refreshed where it must be. */
export async function access(
  deps: Deps,
  accountId: string,
  marginSeconds = marginOf(accountId),
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
  deps: Pick<ConnectionDeps, "db" | "vault" | "log">,
  provider: ConfiguredProvider,
  account: StoredAccount,
): Promise<Access> {
  const opened = await unseal(deps, account);
  if (opened.kind !== "tokens") return opened;
  return {
    kind: "open",
    provider,
    account,
    ref: {
      externalUserId: account.externalUserId,
      ...(account.region ? { region: account.region } : {}),
      ...(account.site === null ? {} : { site: new URL(account.site) }),
      ...(account.timeZone === null ? {} : { timeZone: account.timeZone }),
      ...(opened.tokens ? { accessToken: opened.tokens.accessToken } : {}),
    },
  };
}

/** By its random id: the same for each worker, another for each account. */
function marginOf(accountId: string): number {
  return MARGIN_SECONDS + MARGIN_JITTER_SECONDS * parseInt(accountId.slice(0, 4), 16) / 0xffff;
}

import { failAccount, type StoredAccount } from "../db/accounts.ts";
import type { OAuthTokens } from "../providers/link.ts";
import type { ConnectionDeps } from "./deps.ts";
import { openTokens } from "./tokens.ts";

/** Ask again later. */
export interface Wait {
  readonly kind: "wait";
  readonly seconds: number;
  readonly reason: string;
}

/** Only the person can mend it. */
export interface Reauthorize {
  readonly kind: "reauthorize";
  readonly cause: string;
}

type Deps = Pick<ConnectionDeps, "db" | "vault" | "log">;

const KEY_MISSING_SECONDS = 300;

/**
 * An account's tokens, opened. A key that is missing here is an operator's doing, and waited for; what
 * does not open with its key was moved or damaged, and ends the account before a provider is asked.
 */
export async function unseal(
  deps: Deps,
  account: StoredAccount,
): Promise<{ readonly kind: "tokens"; readonly tokens?: OAuthTokens } | Wait | Reauthorize> {
  try {
    const tokens = await openTokens(deps.vault, account);
    return { kind: "tokens", ...(tokens ? { tokens } : {}) };
  } catch {
    const [missing] = [account.accessCt, account.refreshCt]
      .map((text) => text === null ? undefined : deps.vault.missingKey(text)).filter(Boolean);
    if (missing === undefined) return await giveUp(deps, account, "tokens_damaged");
    deps.log("error", "key_missing", { account: account.id, kid: missing });
    return {
      kind: "wait",
      seconds: KEY_MISSING_SECONDS,
      reason: `Cannot open tokens: key ${missing} is not configured`,
    };
  }
}

/** The person must link again. */
export async function giveUp(
  deps: Pick<Deps, "db" | "log">,
  account: StoredAccount,
  cause: string,
): Promise<Reauthorize> {
  const failed = await deps.db.query((sql) => failAccount(sql, account, cause));
  if (failed) noteReauthorize(deps, account, cause);
  return { kind: "reauthorize", cause };
}

export function noteReauthorize(
  deps: Pick<Deps, "log">,
  { id, provider }: Pick<StoredAccount, "id" | "provider">,
  cause: string,
): void {
  deps.log("warn", "needs_reauth", { account: id, provider, cause });
}

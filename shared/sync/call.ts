import { type Access, access, renew } from "../connections/access.ts";
import type { ConnectionDeps } from "../connections/deps.ts";
import { failAccount } from "../db/accounts.ts";
import type { Sql } from "../db/client.ts";
import { type Outcome, outcomeOf } from "../jobs/outcome.ts";
import { ProviderError } from "../providers/errors.ts";

export type SyncDeps = Pick<
  ConnectionDeps,
  "db" | "vault" | "log" | "providers" | "isolate" | "now"
>;
export type OpenAccess = Extract<Access, { kind: "open" }>;

/**
 * Calls a provider for an account, with a live token, and turns whatever goes wrong into the job's
 * outcome: closed accounts end it, waits snooze it, a refused token is refreshed and tried again.
 */
export async function withAccess(
  deps: SyncDeps,
  accountId: string,
  work: (open: OpenAccess) => Promise<Outcome<Sql>>,
): Promise<Outcome<Sql>> {
  const opened = await access(deps, accountId);
  if (opened.kind !== "open") return waiting(opened);
  try {
    return await work(opened);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { failure, message } = error;
    return failure.kind === "reauthorize"
      ? await refused(deps, opened, failure.cause, message)
      : outcomeOf(failure, message);
  }
}

function waiting(access: Exclude<Access, { kind: "open" }>): Outcome<Sql> {
  return access.kind === "wait"
    ? { kind: "snooze", seconds: access.seconds, reason: access.reason }
    : { kind: "done" };
}

async function refused(
  deps: SyncDeps,
  opened: OpenAccess,
  cause: string,
  reason: string,
): Promise<Outcome<Sql>> {
  const { account, provider } = opened;
  if (account.tokenVersion === null) return { kind: "dead", errorClass: "reauthorize", reason };
  if (account.refreshCt === null) {
    await deps.db.query((sql) => failAccount(sql, account, cause));
    return { kind: "done" };
  }
  const renewed = await renew(deps, provider, account);
  // With a new token in hand the refusal was about the old one. An attempt is spent all the same, so
  // that a provider which refuses every token does not keep us at it.
  return renewed.kind === "open"
    ? { kind: "retry", errorClass: "token_refused", reason }
    : waiting(renewed);
}

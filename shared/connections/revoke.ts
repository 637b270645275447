import { loadAccount } from "../db/accounts.ts";
import { readRevocation, settleRevocation } from "../db/sync.ts";
import type { Handler } from "../jobs/handlers.ts";
import { ProviderError } from "../providers/errors.ts";
import { withAccess } from "../sync/call.ts";
import type { ConnectionDeps } from "./deps.ts";
import { close } from "./disconnect.ts";
import { openTokens } from "./tokens.ts";

type Deps = Pick<ConnectionDeps, "db" | "vault" | "log" | "providers" | "isolate" | "now">;

/** Tells a provider to forget a grant that we have forgotten. A grant it does not know is revoked too. */
export function revoke(deps: Deps): Handler<"connection.revoke"> {
  return async ({ payload, signal }) => {
    const { revocationId } = payload;
    const grant = await deps.db.query((sql) => readRevocation(sql, revocationId));
    if (!grant) return { kind: "done" };
    const provider = deps.providers.get(grant.provider);
    if (!provider) {
      return {
        kind: "snooze",
        seconds: 3_600,
        reason: `Cannot revoke at ${grant.provider}: it is not configured`,
      };
    }
    const { link } = provider.driver;
    const ref = {
      externalUserId: grant.externalUserId,
      ...(grant.region ? { region: grant.region } : {}),
    };
    const ctx = provider.context(signal, { urgency: "token" });
    try {
      if (link.kind === "widget") await link.unlink?.(ref, ctx);
      const tokens = await openTokens(deps.vault, { ...grant, id: grant.accountId });
      if (link.kind === "oauth2" && tokens) await link.revokeTokens?.(tokens, ref, ctx);
    } catch (error) {
      if (!isForgotten(error)) throw error;
    }
    return { kind: "done", effect: (tx) => settleRevocation(tx, revocationId) };
  };
}

/** 401, 404 and 410 say that there is no such grant any more. */
function isForgotten(error: unknown): boolean {
  if (!(error instanceof ProviderError)) return false;
  const { failure } = error;
  return failure.kind === "reauthorize" ||
    (failure.kind === "rejected" && (failure.status === 404 || failure.status === 410));
}

/**
 * An event said that the person revoked the link. Anyone could have sent some of these, so the provider
 * is asked: only where it refuses the account is it closed.
 */
export function confirmRevocation(deps: Deps): Handler<"connection.confirm_revocation"> {
  return async ({ payload, signal }) => {
    const { accountId } = payload;
    const account = await deps.db.query((sql) => loadAccount(sql, accountId));
    if (!account || account.status === "disconnected") return { kind: "done" };
    const provider = deps.providers.get(account.provider);
    const link = provider?.driver.link;
    if (link?.kind !== "oauth2") {
      // Its webhooks are signed and it has no token to ask with: the event is the provider's word.
      return {
        kind: "done",
        effect: async (tx) => {
          await close(tx, account.provider, accountId, "revoked");
        },
      };
    }
    // A provider that refuses the token makes `withAccess` mark the account; one that answers keeps it.
    return await withAccess(deps, accountId, async ({ provider: open, ref }) => {
      await link.fetchProfile(ref, open.context(signal));
      return { kind: "done" };
    });
  };
}

import { closeAccount, liveAccounts } from "../db/accounts.ts";
import type { Sql } from "../db/client.ts";
import { enqueue } from "../db/jobs.ts";
import { ProblemError } from "../core/problems.ts";
import type { ProviderDriver } from "../providers/driver.ts";
import { PROVIDERS } from "../providers/mod.ts";
import type { ConnectionDeps } from "./deps.ts";
import { slugsOf } from "./find.ts";

/**
 * Forgets a person's accounts at one provider: tokens are gone when this returns, and the provider is
 * told from the outbox until it listens. Throws `connection_not_found`.
 */
export async function disconnect(
  deps: Pick<ConnectionDeps, "db">,
  request: { readonly userId: string; readonly provider: string },
): Promise<{ disconnected: number; revoked: "queued" | "unsupported" }> {
  const slugs = slugsOf(request.provider);
  return await deps.db.transaction(async (tx) => {
    let [disconnected, queued] = [0, false];
    for (const slug of slugs) {
      const accounts = await liveAccounts(tx, request.userId, slug);
      for (const { id } of accounts) queued = await close(tx, slug, id, "disconnected") || queued;
      disconnected += accounts.length;
    }
    if (disconnected === 0) {
      const problem = `Cannot disconnect ${slugs[0]}: it is not linked`;
      throw new ProblemError("connection_not_found", problem);
    }
    return { disconnected, revoked: queued ? "queued" : "unsupported" };
  });
}

/** Closes one account and queues its revocation; false where the provider has no way to revoke. */
export async function close(
  tx: Sql,
  slug: string,
  accountId: string,
  cause: string,
): Promise<boolean> {
  const driver = PROVIDERS.find((one) => one.slug === slug);
  const revoke = driver !== undefined && canRevoke(driver);
  const revocationId = await closeAccount(tx, accountId, { cause, revoke });
  if (revocationId === null) return false;
  await enqueue(tx, [{ kind: "connection.revoke", payload: { revocationId } }]);
  return true;
}

function canRevoke({ link }: ProviderDriver): boolean {
  return link.kind === "oauth2"
    ? link.revokeTokens !== undefined
    : link.kind === "widget" && link.unlink !== undefined;
}

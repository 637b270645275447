import { ProblemError } from "../core/problems.ts";
import { activateAccount, listAccounts, reserveAccount, storeTokens } from "../db/accounts.ts";
import type { Sql } from "../db/client.ts";
import { setAccountZone } from "../db/days.ts";
import { enqueue } from "../db/jobs.ts";
import { isRaised } from "../db/lost.ts";
import { schedulePolls } from "../db/sync.ts";
import type { ConfiguredProvider } from "../providers/configured.ts";
import { backfillJobs, firstPolls } from "../sync/plan.ts";
import { firstSubscriptions, firstUpkeep } from "../webhooks/subscribe.ts";
import type { ConnectionDeps } from "./deps.ts";
import type { Linked } from "./received.ts";
import { type Source, toSource } from "./sources.ts";
import { sealTokens } from "./tokens.ts";

/** An account that its person has proved, and under which tile they asked for it. */
export interface Opening {
  readonly userId: string;
  readonly region: string;
  readonly uiId: string | null;
  /** `site`: the person's own server, where each hosts the service alone. */
  readonly linked: Linked & { readonly site?: URL };
}

/**
 * Opens a proved account: tokens sealed, polls planned, history queued, all in one transaction. Throws
 * `account_linked_elsewhere`.
 */
export async function openAccount(
  deps: Pick<ConnectionDeps, "db" | "vault" | "now">,
  provider: ConfiguredProvider,
  opening: Opening,
): Promise<Source> {
  try {
    return await deps.db.transaction((sql) => open(deps, sql, provider, opening));
  } catch (error) {
    if (!isRaised(error, "accountOfAnother")) throw error;
    throw new ProblemError(
      "account_linked_elsewhere",
      `Cannot link ${provider.driver.slug}: another person has linked this account`,
    );
  }
}

async function open(
  deps: Pick<ConnectionDeps, "db" | "vault" | "now">,
  sql: Sql,
  provider: ConfiguredProvider,
  p: Opening,
): Promise<Source> {
  const { driver } = provider;
  const { externalUserId, tokens, scopes, timeZone, via, site } = p.linked;
  const { id, tokenVersion } = await reserveAccount(sql, {
    userId: p.userId,
    provider: driver.slug,
    region: p.region,
    externalUserId,
    ...(via ? { via } : {}),
  });
  const account = { id, userId: p.userId, provider: driver.slug };
  if (tokens) {
    await storeTokens(sql, id, await sealTokens(deps.vault, account, tokens, tokenVersion));
  }
  await activateAccount(sql, id, {
    ...(scopes ? { scopes } : {}),
    ...(p.uiId ? { uiId: p.uiId } : {}),
    ...(site ? { site } : {}),
  });
  const redates = timeZone !== undefined && await setAccountZone(sql, id, timeZone);
  await schedulePolls(sql, id, [...firstPolls(driver, scopes), ...firstUpkeep(driver)]);
  await enqueue(sql, [
    ...backfillJobs(driver, { id, ...(scopes ? { scopes } : {}) }, deps.now()),
    ...(redates ? [{ kind: "metrics.redate", payload: { userId: p.userId } } as const] : []),
    ...firstSubscriptions(driver, id),
  ]);
  const listed = (await listAccounts(sql, p.userId)).find((one) => one.id === id);
  if (!listed) throw new Error("Cannot open account: it vanished");
  return toSource(listed);
}

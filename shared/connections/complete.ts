import { sha256 } from "../core/crypto.ts";
import { ProblemError } from "../core/problems.ts";
import { activateAccount, listAccounts, reserveAccount, storeTokens } from "../db/accounts.ts";
import type { Sql } from "../db/client.ts";
import { enqueue } from "../db/jobs.ts";
import { isRaised } from "../db/lost.ts";
import { consumeTicket } from "../db/states.ts";
import { schedulePolls } from "../db/sync.ts";
import type { ConfiguredProvider } from "../providers/configured.ts";
import { backfillJobs, firstPolls } from "../sync/plan.ts";
import { type ConnectionDeps, INTERACTIVE_MS } from "./deps.ts";
import { exchange } from "./exchange.ts";
import { configured } from "./find.ts";
import { problemOf } from "./problem_of.ts";
import { type Linked, openVerifier, readReceived } from "./received.ts";
import { sealed } from "./sealed.ts";
import { type Source, toSource } from "./sources.ts";
import { sealTokens } from "./tokens.ts";

/**
 * The person brings the ticket, in the session that began: only now is the code exchanged, the account
 * opened and its history queued. Throws `ticket_invalid`, `ticket_of_another`, `provider_*`,
 * `account_linked_elsewhere`.
 */
export async function complete(
  deps: ConnectionDeps,
  request: { readonly userId: string; readonly ticket: string },
): Promise<Source> {
  const state = await deps.db.query((sql) => consumeTicket(sql, sha256(request.ticket)));
  if (!state) throw new ProblemError("ticket_invalid", "Cannot complete link: ticket is not valid");
  if (state.userId !== request.userId) {
    deps.log("warn", "connect.user_mismatch", { provider: state.provider });
    throw new ProblemError("ticket_of_another", "Cannot complete link: another person began it");
  }
  const provider = configured(deps.providers, state.provider);
  const received = readReceived(
    (await deps.vault.open(sealed("callback", state), state.callbackCt)).reveal(),
  );
  const verifier = await openVerifier(deps.vault, state);
  let linked: Linked;
  try {
    linked = await exchange(
      provider,
      { ...state, verifier },
      received,
      AbortSignal.timeout(INTERACTIVE_MS),
    );
  } catch (error) {
    throw problemOf(error, state.provider);
  }
  try {
    return await deps.db.transaction((sql) => open(deps, sql, provider, { ...state, linked }));
  } catch (error) {
    if (!isRaised(error, "accountOfAnother")) throw error;
    throw new ProblemError(
      "account_linked_elsewhere",
      `Cannot link ${state.provider}: another person has linked this account`,
    );
  }
}

async function open(
  deps: ConnectionDeps,
  sql: Sql,
  provider: ConfiguredProvider,
  p: { userId: string; region: string; uiId: string | null; linked: Linked },
): Promise<Source> {
  const { driver } = provider;
  const { externalUserId, tokens, scopes, timeZone, via } = p.linked;
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
    ...(timeZone ? { timeZone } : {}),
  });
  await schedulePolls(sql, id, firstPolls(driver, scopes));
  await enqueue(sql, [
    ...backfillJobs(driver, { id, ...(scopes ? { scopes } : {}) }, deps.now()),
    // Its news are of use from the first link on.
    ...(driver.webhook?.subscribe
      ? [{ kind: "webhook.subscribe", payload: { provider: driver.slug } } as const]
      : []),
    ...(driver.webhook?.subscribePerson
      ? [
        {
          kind: "webhook.subscribe",
          payload: { provider: driver.slug, accountId: id },
          accountId: id,
        } as const,
      ]
      : []),
  ]);
  const listed = (await listAccounts(sql, p.userId)).find((one) => one.id === id);
  if (!listed) throw new Error("Cannot complete link: account vanished");
  return toSource(listed);
}

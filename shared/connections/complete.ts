import { sha256 } from "../core/crypto.ts";
import { ProblemError } from "../core/problems.ts";
import { consumeTicket } from "../db/states.ts";
import { type ConnectionDeps, INTERACTIVE_MS } from "./deps.ts";
import { exchange } from "./exchange.ts";
import { configured } from "./find.ts";
import { openAccount } from "./open_account.ts";
import { problemOf } from "./problem_of.ts";
import { type Linked, openVerifier, readReceived } from "./received.ts";
import { sealed } from "./sealed.ts";
import type { Source } from "./sources.ts";

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
  return await openAccount(deps, provider, { ...state, linked });
}

import type { SealContext } from "../core/envelope.ts";

/** Where a state's sealed values live. */
export function sealed(
  column: "verifier" | "callback",
  state: { readonly id: string; readonly userId: string; readonly provider: string },
): SealContext {
  return {
    table: "oauth_states",
    column,
    connectionId: state.id,
    userId: state.userId,
    provider: state.provider,
    tokenVersion: 1,
  };
}

/** Where an account's sealed tokens live. */
export function sealedToken(
  column: "access_token" | "refresh_token",
  account: { readonly id: string; readonly userId: string; readonly provider: string },
  tokenVersion: number,
): SealContext {
  return {
    table: "account_tokens",
    column,
    connectionId: account.id,
    userId: account.userId,
    provider: account.provider,
    tokenVersion,
  };
}

import type { ProviderFailure } from "../providers/errors.ts";

/**
 * What becomes of a job. `effect` runs in the transaction that settles it, after the lease is proved:
 * both commit or neither. It may run twice where a commit's answer was lost, or where another effect of
 * its transaction failed; the first time is then in vain. Effects of several jobs share a transaction,
 * statement by statement: so each statement stands by itself, and what is read for another is locked or
 * compared by that other.
 */
export type Outcome<Tx> =
  & { readonly effect?: (tx: Tx) => Promise<void> }
  & (
    | { readonly kind: "done" }
    /** One page is done; the job goes on from `cursor`. */
    | { readonly kind: "continue"; readonly cursor: string }
    /** Something not of our making: wait, and spend no attempt. Ends after 24 hours of it. */
    | { readonly kind: "snooze"; readonly seconds: number; readonly reason: string }
    /** Our failure: try again with backoff, a few times. */
    | { readonly kind: "retry"; readonly errorClass: string; readonly reason: string }
    /** Trying again would change nothing: a person has to look. */
    | { readonly kind: "dead"; readonly errorClass: string; readonly reason: string }
  );

/** How long to leave a provider alone that does not answer. */
const UNAVAILABLE_SECONDS = 30;

/** What a provider's failure means to the job that met it; `reauthorize` is for the caller to judge. */
export function outcomeOf(
  failure: Exclude<ProviderFailure, { kind: "reauthorize" }>,
  reason: string,
): Outcome<unknown> {
  switch (failure.kind) {
    case "rate_limited":
      return { kind: "snooze", seconds: failure.retryAfter, reason };
    case "unavailable":
      return { kind: "snooze", seconds: UNAVAILABLE_SECONDS, reason };
    case "contract":
    case "rejected":
      return { kind: "dead", errorClass: failure.kind, reason };
  }
}

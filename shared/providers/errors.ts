/** Why a provider call failed, named by what the caller does about it. */
export type ProviderFailure =
  /** The grant is gone or was refused: stop, tell the person. */
  | { readonly kind: "reauthorize"; readonly cause: string }
  /** Wait `retryAfter` seconds: no attempt is spent. */
  | { readonly kind: "rate_limited"; readonly retryAfter: number }
  /** Down, slow or cut: try again later. */
  | { readonly kind: "unavailable"; readonly status?: number }
  /** The provider changed its shape: stop, raise an alert. `issues` are paths and rules, no values. */
  | { readonly kind: "contract"; readonly issues: readonly string[] }
  /** Refused for good: 403 without the scope, 404, our own bug. */
  | { readonly kind: "rejected"; readonly status: number };

export class ProviderError extends Error {
  override readonly name = "ProviderError";

  constructor(readonly provider: string, readonly failure: ProviderFailure, action = "call") {
    super(`Cannot ${action} ${provider}: ${describe(failure)}`);
  }
}

function describe(failure: ProviderFailure): string {
  switch (failure.kind) {
    case "reauthorize":
      return `the person must link again (${failure.cause})`;
    case "rate_limited":
      return `rate limited for ${failure.retryAfter} s`;
    case "unavailable":
      return failure.status ? `unavailable with status ${failure.status}` : "unavailable";
    case "contract":
      return `unexpected answer at ${failure.issues.slice(0, 3).join(", ")}`;
    case "rejected":
      return `rejected with status ${failure.status}`;
  }
}

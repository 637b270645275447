import { ProblemError } from "../core/problems.ts";
import { ProviderError } from "../providers/errors.ts";

/** What a provider's failure means to a person who waits for it; anything else stays what it is. */
export function problemOf(error: unknown, slug: string): unknown {
  if (!(error instanceof ProviderError)) return error;
  const { failure } = error;
  switch (failure.kind) {
    case "rate_limited":
      return new ProblemError(
        "unavailable",
        `Cannot reach ${slug}: it asks to wait`,
        failure.retryAfter,
      );
    case "unavailable":
      return new ProblemError("unavailable", `Cannot reach ${slug}: it does not answer`, 30);
    case "reauthorize":
      return new ProblemError(
        "state_invalid",
        `Cannot link ${slug}: it no longer knows the attempt`,
      );
    case "contract":
    case "rejected":
      return new ProblemError("provider_failed", `Cannot link ${slug}: it refused`);
  }
}

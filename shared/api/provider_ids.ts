import { ProblemError } from "../core/problems.ts";

/**
 * A provider's id as a caller wrote it: the app's tiles have ids of their own. What it means, and whether
 * there is such a provider, is `providers/names.ts`' to say. Throws `provider_unknown` for what cannot be one.
 */
export function readProviderId(id: string): string {
  if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(id)) {
    throw new ProblemError("provider_unknown", "Cannot find the provider: unknown");
  }
  return id;
}

import { ProblemError } from "../core/problems.ts";

/** What a provider's id may look like: ours and those of the app. */
export const PROVIDER_ID = /^[a-z0-9][a-z0-9_-]{0,39}$/;

/**
 * A provider's id as a caller wrote it: the app's tiles have ids of their own. What it means, and whether
 * there is such a provider, is `providers/names.ts`' to say. Throws `provider_unknown` for what cannot be one.
 */
export function readProviderId(id: string): string {
  if (!PROVIDER_ID.test(id)) {
    throw new ProblemError("provider_unknown", "Cannot find the provider: unknown");
  }
  return id;
}

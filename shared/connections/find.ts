import { ProblemError } from "../core/problems.ts";
import type { ConfiguredProvider, ProviderDirectory } from "../providers/configured.ts";
import { findProvider } from "../providers/mod.ts";

/** The slug that `name` means; throws `provider_unknown`, or `provider_unsupported` with the reason. */
export function slugOf(name: string): string {
  const found = findProvider(name);
  if (!found) throw new ProblemError("provider_unknown", "Cannot find provider: unknown name");
  if (found.kind !== "driver") {
    throw new ProblemError("provider_unsupported", `Cannot link ${found.slug}: ${found.reason}`);
  }
  return found.driver.slug;
}

/** The configured provider that `name` means; throws `provider_not_configured` as well. */
export function configured(providers: ProviderDirectory, name: string): ConfiguredProvider {
  const slug = slugOf(name);
  const provider = providers.get(slug);
  if (!provider) {
    throw new ProblemError("provider_not_configured", `Cannot link ${slug}: it is not configured`);
  }
  return provider;
}

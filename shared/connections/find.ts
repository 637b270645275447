import { ProblemError } from "../core/problems.ts";
import type { ConfiguredProvider, ProviderDirectory } from "../providers/configured.ts";
import type { ProviderDriver } from "../providers/driver.ts";
import { findProvider, linkedBy } from "../providers/mod.ts";

/** The slug that `name` is linked by; throws `provider_unknown`, or `provider_unsupported` with the reason. */
export function slugOf(name: string): string {
  return linkedBy(driverOf(name)).slug;
}

/** The same, and its own, under which links stand that were made before its API ended. */
export function slugsOf(name: string): readonly string[] {
  return [...new Set([slugOf(name), driverOf(name).slug])];
}

/** The name the app asked by, where it is not `slug`: its tile is found again by it. */
export function tileOf(slug: string, name: string): string | null {
  return name === slug ? null : name;
}

function driverOf(name: string): ProviderDriver {
  const found = findProvider(name);
  if (!found) throw new ProblemError("provider_unknown", "Cannot find provider: unknown name");
  if (found.kind !== "driver") {
    throw new ProblemError("provider_unsupported", `Cannot link ${found.slug}: ${found.reason}`);
  }
  return found.driver;
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

import dexcom from "./dexcom.ts";
import type { ProviderDriver } from "./driver.ts";
import { knownProvider } from "./names.ts";
import oura from "./oura.ts";
import terra from "./terra.ts";
import whoop from "./whoop.ts";

/** Every driver there is: adding a provider is its file, its fixtures and its line here. */
export const PROVIDERS: readonly ProviderDriver[] = [
  dexcom,
  oura,
  terra,
  whoop,
];

const BY_SLUG: ReadonlyMap<string, ProviderDriver> = new Map(
  PROVIDERS.map((driver) => [driver.slug, driver]),
);

export type FoundProvider =
  | { readonly kind: "driver"; readonly driver: ProviderDriver }
  /** We know the service and cannot link it; `reason` may be shown. */
  | { readonly kind: "unsupported"; readonly slug: string; readonly reason: string };

/** The provider that an app calls `name`: our slug or any alias, in any case; nothing if unknown. */
export function findProvider(name: string): FoundProvider | undefined {
  const known = knownProvider(name);
  const driver = BY_SLUG.get(known?.slug ?? name.trim().toLowerCase());
  if (driver) return { kind: "driver", driver };
  return known && { kind: "unsupported", ...known };
}

import type { MetricCode } from "../catalog/metrics.ts";
import type { ProviderDirectory } from "../providers/configured.ts";
import type { ProviderDriver } from "../providers/driver.ts";
import type { CredentialField } from "../providers/link.ts";
import { linkedBy, PROVIDERS } from "../providers/mod.ts";

/** `page`: the provider's own, opened at `authUrl`. `app`: the phone's, which pushes by itself. */
export type Need =
  | CredentialField
  | { readonly name: "consent"; readonly kind: "page" }
  | { readonly name: "phone"; readonly kind: "app" }
  | {
    readonly name: "region" | "service";
    readonly kind: "choice";
    readonly choices: readonly string[];
  };

/** What the app's tile of a provider needs. */
export interface ProviderInfo {
  /** What linking takes of the app: a form to fill in, a page to open, a choice to offer. */
  readonly needs: readonly Need[];
  readonly slug: string;
  readonly name: string;
  readonly kind: ProviderDriver["link"]["kind"];
  /** `unavailable`: a phone pushes it, and the endpoint that takes it is not there yet. */
  readonly status: "available" | "not_configured" | "unavailable";
  readonly docs: string;
  /** Catalog codes that it may bring, those derived from its sleeps and workouts left out. */
  readonly metrics: readonly MetricCode[];
  readonly sessions: readonly ("sleep" | "workout")[];
  readonly webhook: boolean;
  readonly regions?: readonly string[];
}

/** Every provider there is, and whether this deployment can link it, by itself or its successor. */
export function listProviders(providers: ProviderDirectory): ProviderInfo[] {
  return PROVIDERS.map((own) => [own, linkedBy(own)] as const).map(([own, driver]) => ({
    slug: own.slug,
    name: own.name,
    kind: driver.link.kind,
    status: driver.link.kind === "bridge"
      ? "unavailable"
      : providers.get(driver.slug)
      ? "available"
      : "not_configured",
    needs: needsOf(driver),
    docs: driver.docs,
    metrics: [...new Set(driver.resources.flatMap((resource) => resource.produces))].sort(),
    sessions: [...new Set(driver.resources.flatMap((resource) => resource.sessions ?? []))].sort(),
    webhook: driver.webhook !== undefined,
    ...(driver.regions ? { regions: Object.keys(driver.regions) } : {}),
  }));
}

/** The first region is the default, so that choosing one is never a must; a service is. */
function needsOf({ link, regions }: ProviderDriver): readonly Need[] {
  const choice: readonly Need[] = regions
    ? [{ name: "region", kind: "choice", choices: Object.keys(regions) }]
    : [];
  const page = { name: "consent", kind: "page" } as const;
  switch (link.kind) {
    case "oauth2":
      return [...choice, page];
    case "widget":
      return link.services
        ? [...choice, { name: "service", kind: "choice", choices: link.services }, page]
        : [...choice, page];
    case "credentials":
      return [...choice, ...link.needs];
    case "bridge":
      return [{ name: "phone", kind: "app" }];
  }
}

import apple_health from "./apple_health.ts";
import dexcom from "./dexcom.ts";
import type { ProviderDriver } from "./driver.ts";
import fitbit from "./fitbit.ts";
import garmin from "./garmin.ts";
import google_health from "./google_health.ts";
import health_connect from "./health_connect.ts";
import junction from "./junction.ts";
import { knownProvider } from "./names.ts";
import nightscout from "./nightscout.ts";
import oura from "./oura.ts";
import polar from "./polar.ts";
import rook from "./rook.ts";
import samsung_health from "./samsung_health.ts";
import spike from "./spike.ts";
import strava from "./strava.ts";
import suunto from "./suunto.ts";
import terra from "./terra.ts";
import tidepool from "./tidepool.ts";
import ultrahuman from "./ultrahuman.ts";
import validic from "./validic.ts";
import wahoo from "./wahoo.ts";
import whoop from "./whoop.ts";
import withings from "./withings.ts";

/** Every driver there is: adding a provider is its file, its fixtures and its line here. */
export const PROVIDERS: readonly ProviderDriver[] = [
  apple_health,
  dexcom,
  fitbit,
  garmin,
  google_health,
  health_connect,
  junction,
  nightscout,
  oura,
  polar,
  rook,
  samsung_health,
  spike,
  strava,
  suunto,
  terra,
  tidepool,
  ultrahuman,
  validic,
  wahoo,
  whoop,
  withings,
];

const BY_SLUG: ReadonlyMap<string, ProviderDriver> = new Map(
  PROVIDERS.map((driver) => [driver.slug, driver]),
);

export type FoundProvider =
  | { readonly kind: "driver"; readonly driver: ProviderDriver }
  /** We know the service and cannot link it; `reason` may be shown, `source` is the page that says so. */
  | {
    readonly kind: "unsupported";
    readonly slug: string;
    readonly reason: string;
    readonly source?: string;
  };

const NOT_YET = "there is no driver for it yet";

/**
 * The provider that an app calls `name`: our slug or any alias, in any case; nothing if unknown. One
 * without a driver is its successor, where that has one. What it is linked by, `linkedBy` says.
 */
export function findProvider(name: string): FoundProvider | undefined {
  const known = knownProvider(name);
  const driver = BY_SLUG.get(known?.slug ?? name.trim().toLowerCase()) ??
    BY_SLUG.get(known?.successor ?? "");
  if (driver) return { kind: "driver", driver };
  if (!known) return undefined;
  const { slug, unavailable, reason = NOT_YET } = known;
  return { kind: "unsupported", slug, reason, ...unavailable };
}

/** What people link `driver`'s service by today: itself, unless its API has ended and has a successor. */
export function linkedBy(driver: ProviderDriver): ProviderDriver {
  return BY_SLUG.get(knownProvider(driver.slug)?.successor ?? "") ?? driver;
}

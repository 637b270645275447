import { ProblemError } from "../core/problems.ts";

/**
 * Ids that the app's tiles and registries use, and the provider each one means. The table ends here, at
 * the edge: inside there is one name a provider.
 */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["oura_ring", "oura"],
  ["dexcom_cgm", "dexcom"],
  ["libre-agg", "abbott_libre"],
  ["freestylelibre", "abbott_libre"],
  ["google-fit", "google_fit"],
  ["apple-health", "apple_health"],
  ["apple_healthkit", "apple_health"],
  ["healthkit", "apple_health"],
  ["samsung-health", "samsung_health"],
  ["healthconnect", "health_connect"],
  ["android_health_connect", "health_connect"],
  ["humanapi", "human_api"],
  ["spike_api", "spike"],
]);

/** Tiles the app shows for which there is no provider here: an honest 501, not "unknown". */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  "1up_health",
  "ava",
  "ble_blood_pressure",
  "ble_glucose_meter",
  "ble_heart_rate",
  "ble_pulse_oximeter",
  "ble_weight_scale",
  "cms_blue_button",
  "fhir",
  "fitabase",
  "fitrockr",
  "health_gorilla",
  "manual",
  "manual_cgm_upload",
  "omron",
  "openmhealth",
  "particle_health",
  "resmed",
  "smart_fhir",
  "smart_on_fhir",
  "smart_on_fhir_generic",
  "tempdrop",
  "zus_health",
]);

/** What a provider's id may look like: ours and those of the app. */
export const PROVIDER_ID = /^[a-z0-9][a-z0-9_-]{0,39}$/;

/** A provider as the caller named it and as we do. */
export interface ProviderId {
  readonly provider: string;
  /** The caller's own id where it differs: its tile is found again by it. */
  readonly uiId?: string;
}

/**
 * Reads a provider's id. Whether it is registered is the registry's to say. Throws `provider_unknown`
 * for what cannot be an id, `provider_unsupported` for a tile without a provider.
 */
export function readProviderId(id: string): ProviderId {
  if (!PROVIDER_ID.test(id)) {
    throw new ProblemError("provider_unknown", "Cannot find the provider: unknown");
  }
  if (UNSUPPORTED.has(id)) {
    throw new ProblemError("provider_unsupported", `Cannot link "${id}": not supported`);
  }
  const provider = ALIASES.get(id);
  return provider ? { provider, uiId: id } : { provider: id };
}

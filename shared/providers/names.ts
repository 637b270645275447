/**
 * Every service an app may ask for, by the slug we use, with the other ids it is known by. Where we
 * have no driver, `reason` says why, so that a tile gets an answer rather than "unknown".
 */
interface KnownProvider {
  readonly slug: string;
  readonly aliases?: readonly string[];
  readonly reason?: string;
}

const NOT_YET = "there is no driver for it yet";
const VIA_AGGREGATOR = "it is an aggregator of its own: link the services behind it directly";
const CLINICAL = "clinical records are outside what this service links";
const BLUETOOTH = "a Bluetooth device is read by the app and not by this service";

const KNOWN: readonly KnownProvider[] = [
  { slug: "terra" },
  { slug: "oura", aliases: ["oura_ring"] },
  { slug: "dexcom", aliases: ["dexcom_cgm"] },
  { slug: "fitbit", reason: NOT_YET },
  { slug: "whoop" },
  { slug: "garmin", reason: NOT_YET },
  { slug: "withings", reason: NOT_YET },
  { slug: "polar", reason: NOT_YET },
  { slug: "strava", reason: NOT_YET },
  { slug: "suunto", reason: NOT_YET },
  { slug: "ultrahuman", reason: NOT_YET },
  { slug: "nightscout", reason: NOT_YET },
  // Google Fit's API ended; its data lives on in Google Health.
  { slug: "google_health", aliases: ["google_fit", "google"], reason: NOT_YET },
  { slug: "apple_health", aliases: ["apple_healthkit", "healthkit", "apple"], reason: NOT_YET },
  {
    slug: "health_connect",
    aliases: ["samsung_health", "healthconnect", "android_health_connect", "samsung"],
    reason: NOT_YET,
  },
  { slug: "abbott_libre", aliases: ["libre_agg", "freestylelibre"], reason: NOT_YET },
  { slug: "myfitnesspal", reason: "its API is closed to new partners" },
  { slug: "validic", reason: VIA_AGGREGATOR },
  { slug: "metriport", reason: VIA_AGGREGATOR },
  { slug: "rook", reason: VIA_AGGREGATOR },
  { slug: "human_api", aliases: ["humanapi"], reason: VIA_AGGREGATOR },
  { slug: "spike", aliases: ["spike_api"], reason: VIA_AGGREGATOR },
  { slug: "manual", aliases: ["manual_cgm_upload"], reason: "files are uploaded, not linked" },
  { slug: "smart_on_fhir", aliases: ["smart_on_fhir_generic", "smart_fhir"], reason: CLINICAL },
  ...["particle_health", "1up_health", "health_gorilla", "zus_health", "fhir", "cms_blue_button"]
    .map((slug) => ({ slug, reason: CLINICAL })),
  ...["heart_rate", "blood_pressure", "weight_scale", "glucose_meter", "pulse_oximeter"]
    .map((device) => ({ slug: `ble_${device}`, reason: BLUETOOTH })),
  ...["fitabase", "fitrockr", "openmhealth", "omron", "resmed", "ava", "tempdrop"]
    .map((slug) => ({ slug, reason: NOT_YET })),
];

const BY_NAME: ReadonlyMap<string, KnownProvider> = new Map(
  KNOWN.flatMap((one) => [one.slug, ...one.aliases ?? []].map((name) => [name, one])),
);

/** The service called `name`, in any case, with hyphens, spaces or underscores. */
export function knownProvider(
  name: string,
): { readonly slug: string; readonly reason: string } | undefined {
  const known = BY_NAME.get(name.trim().toLowerCase().replaceAll(/[\s-]+/g, "_"));
  return known && { slug: known.slug, reason: known.reason ?? NOT_YET };
}

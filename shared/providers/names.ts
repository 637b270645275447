/**
 * Every service an app may ask for, by the slug we use, with the other ids it is known by: the seed's,
 * the app's, a service's former names. Where there is no driver the entry says why, so that a tile gets
 * an answer rather than "unknown".
 */
export interface KnownProvider {
  readonly slug: string;
  readonly aliases?: readonly string[];
  /** The provider that took its place: linked instead. A driver of the slug's own reads what is stored. */
  readonly successor?: string;
  /** Why it cannot be linked, to be shown, and the page that says so. */
  readonly unavailable?: { readonly reason: string; readonly source: string };
  /** Why it is no provider at all here. */
  readonly reason?: string;
}

const CLINICAL = "clinical records are outside what this service links";
const BLUETOOTH = "a Bluetooth device is read by the app and not by this service";
const FILES = "files are uploaded, not linked";

export const KNOWN: readonly KnownProvider[] = [
  // Clouds
  { slug: "oura", aliases: ["oura_ring"] },
  { slug: "dexcom", aliases: ["dexcom_cgm"] },
  { slug: "google_health", aliases: ["google_fit", "googlefit", "google"] },
  { slug: "fitbit", aliases: ["google_fitbit"], successor: "google_health" },
  { slug: "whoop" },
  { slug: "strava" },
  { slug: "garmin", aliases: ["garmin_connect"] },
  { slug: "withings", aliases: ["nokia_health"] },
  { slug: "polar", aliases: ["polar_accesslink"] },
  { slug: "suunto" },
  { slug: "wahoo" },
  { slug: "ultrahuman" },
  { slug: "nightscout" },
  { slug: "tidepool" },
  ...["coros", "cronometer", "eight_sleep", "medtronic", "omron", "peloton", "senseonics"]
    .map((slug) => ({ slug })),
  // Phones
  { slug: "apple_health", aliases: ["apple_healthkit", "healthkit", "apple"] },
  { slug: "health_connect", aliases: ["healthconnect", "android_health_connect"] },
  { slug: "samsung_health", aliases: ["samsung"] },
  // Aggregators
  { slug: "terra" },
  { slug: "junction", aliases: ["vital", "tryvital"] },
  { slug: "validic" },
  { slug: "rook" },
  { slug: "spike", aliases: ["spike_api"] },
  // Closed to us
  {
    slug: "abbott_libre",
    aliases: ["libre_agg", "freestylelibre", "freestyle_libre", "libreview"],
    unavailable: {
      reason:
        "Abbott opens its API to contracted partners only: upload LibreView's CSV export, or " +
        "link the phone that the sensor's app writes to",
      source: "https://www.libreview.com",
    },
  },
  {
    slug: "myfitnesspal",
    unavailable: {
      reason: "its API is closed to new partners: link the phone that its app writes to",
      source: "https://www.myfitnesspal.com/api",
    },
  },
  {
    slug: "human_api",
    aliases: ["humanapi"],
    unavailable: {
      reason: "it now orders medical records for insurers, and documents no wearable data",
      source: "https://reference.humanapi.co",
    },
  },
  {
    slug: "metriport",
    unavailable: {
      reason: "its devices API is no longer documented nor offered to new developers",
      source: "https://docs.metriport.com",
    },
  },
  {
    slug: "thryve",
    unavailable: {
      reason: "neither its signature nor its table of types and units is published",
      source: "https://docs.thryve.health",
    },
  },
  // No providers
  { slug: "manual", aliases: ["manual_cgm_upload"], reason: FILES },
  {
    slug: "smart_on_fhir",
    aliases: ["smart_on_fhir_generic", "smart_fhir", "fhir"],
    reason: CLINICAL,
  },
  ...["particle_health", "1up_health", "health_gorilla", "zus_health", "cms_blue_button"]
    .map((slug) => ({ slug, reason: CLINICAL })),
  ...["heart_rate", "blood_pressure", "weight_scale", "glucose_meter", "pulse_oximeter"]
    .map((device) => ({ slug: `ble_${device}`, reason: BLUETOOTH })),
  ...["fitabase", "fitrockr", "openmhealth", "resmed", "ava", "tempdrop"].map((slug) => ({ slug })),
];

const BY_NAME: ReadonlyMap<string, KnownProvider> = new Map(
  KNOWN.flatMap((one) => [one.slug, ...one.aliases ?? []].map((name) => [name, one])),
);

/** The service called `name`, in any case, with hyphens, spaces or underscores. */
export function knownProvider(name: string): KnownProvider | undefined {
  return BY_NAME.get(name.trim().toLowerCase().replaceAll(/[\s-]+/g, "_"));
}

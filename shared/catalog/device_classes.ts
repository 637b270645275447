/** What kind of thing measured; empty where nobody can tell. */
export type DeviceClass =
  | "cgm"
  | "meter"
  | "cuff"
  | "thermometer"
  | "scale"
  | "chest_strap"
  | "bike_computer"
  | "watch"
  | "ring"
  | "band"
  | "sleep_mat"
  | "phone"
  | "";

interface DeviceClassDefinition {
  /** Lower is more to be believed where two measured the same. */
  readonly rank: number;
  /** Beginnings of words, in lower case and without accents, by which a device's name is recognised. */
  readonly words: readonly string[];
}

/**
 * Ranked by what was made for it: an instrument for one thing, then a sensor on the chest, what is worn day
 * and night, what lies under the mattress, what is carried. In the order in which names are looked at:
 * `Pixel Watch` is a watch before it is a Pixel.
 */
export const DEVICE_CLASSES: Readonly<Record<DeviceClass, DeviceClassDefinition>> = {
  cgm: { rank: 1, words: ["cgm", "dexcom", "libre", "guardian", "eversense", "xdrip", "share2"] },
  meter: { rank: 2, words: ["glucometer", "contour", "onetouch", "accu-chek", "meter"] },
  cuff: { rank: 3, words: ["bpm", "cuff", "blood pressure"] },
  thermometer: { rank: 4, words: ["thermo"] },
  scale: { rank: 5, words: ["scale", "body", "aria", "index"] },
  chest_strap: {
    rank: 6,
    words: ["chest", "hrm", "tickr", "h7", "h9", "h10", "verity", "oh1", "strap", "smart sensor"],
  },
  ring: { rank: 9, words: ["ring", "oura", "sm-q5"] },
  // deno-fmt-ignore: a list of names
  band: {
    rank: 10,
    words: [
      "band", "whoop", "charge", "inspire", "luxe", "alta", "flex", "vivosmart", "vivofit", "loop", "a360",
      "a370", "pulse", "sm-r3", "fit3", "fitness",
    ],
  },
  // deno-fmt-ignore: a list of names
  watch: {
    rank: 8,
    words: [
      "watch", "scanwatch", "smartwatch", "steel", "activite", "sm-r", "sm-l", "forerunner", "fenix", "venu",
      "vivoactive", "vivomove", "instinct", "epix", "enduro", "marq", "descent", "lily", "approach", "quatix",
      "tactix", "versa", "sense", "ionic", "vantage", "grit", "pacer", "ignite", "unite", "m400", "m430",
      "v800", "suunto", "rival", "amazfit", "coros",
    ],
  },
  bike_computer: { rank: 7, words: ["edge", "elemnt", "bolt", "roam", "kickr", "bike"] },
  sleep_mat: { rank: 11, words: ["aura", "mattress", "sleep"] },
  phone: {
    rank: 12,
    words: ["iphone", "ipad", "phone", "pixel", "sm-", "oneplus", "xiaomi", "redmi", "moto"],
  },
  "": { rank: 13, words: [] },
};

/** What a service's readings come from where they name no device that we know. */
export const SERVICE_CLASSES: Readonly<Record<string, DeviceClass>> = {
  apple_health: "phone",
  dexcom: "cgm",
  fitbit: "band",
  garmin: "watch",
  google_health: "",
  health_connect: "phone",
  // An aggregator's readings come from the service behind it, as those of all aggregators below.
  junction: "",
  nightscout: "cgm",
  oura: "ring",
  polar: "watch",
  rook: "",
  samsung_health: "phone",
  spike: "",
  // Whatever a person records with.
  strava: "",
  suunto: "watch",
  terra: "",
  tidepool: "cgm",
  ultrahuman: "ring",
  validic: "",
  wahoo: "bike_computer",
  whoop: "band",
  // Scales, watches, cuffs and mats alike.
  withings: "",
};

/** Recognised once: some devices name themselves half a million times a year. */
const known = new Map<string, DeviceClass>();
const MOST_KNOWN = 1_000;

/** The class of `device`, as its provider names it; of its `service` where the name tells nothing. */
export function deviceClass(device: string, service: string): DeviceClass {
  let found = known.get(device);
  if (found === undefined) {
    found = recognise(device);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(device, found);
  }
  return found || (SERVICE_CLASSES[service] ?? "");
}

function recognise(device: string): DeviceClass {
  // `Garmin fēnix`, `vívoactive`: letters and their marks apart, and the marks dropped.
  const name = device.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const found = Object.entries(DEVICE_CLASSES)
    .find(([, { words }]) => words.some((word) => startsWord(name, word)));
  // SAFETY: a key of DEVICE_CLASSES.
  return found ? found[0] as DeviceClass : "";
}

function startsWord(name: string, word: string): boolean {
  for (let at = name.indexOf(word); at >= 0; at = name.indexOf(word, at + 1)) {
    if (at === 0 || !/[a-z0-9]/.test(name[at - 1] ?? "")) return true;
  }
  return false;
}

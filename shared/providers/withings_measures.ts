/** Withings' measures of scale, cuff and thermometer, and of the heart; quirks in `withings.ts`. */
import { z } from "zod";
import type { MetricCode } from "../catalog/metrics.ts";
import type { Metric, Provenance, When } from "../catalog/normalized.ts";
import {
  beatsPerMinute,
  celsius,
  kilocaloriesPerDay,
  kilograms,
  metres,
  metresPerSecond,
  millilitresPerKilogramMinute,
  millimetresOfMercury,
  percent,
  score,
  years,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import {
  instants,
  listIn,
  maybeNumber,
  maybeText,
  nextOffset,
  post,
  timeAt,
  versionOf,
  zoneIn,
} from "./withings_api.ts";

const PRODUCES = [
  "body_weight",
  "height",
  "lean_body_mass",
  "body_fat_percentage",
  "fat_mass",
  "blood_pressure_diastolic",
  "blood_pressure_systolic",
  "heart_rate",
  "spo2",
  "body_temperature",
  "skin_temperature",
  "muscle_mass",
  "body_water_mass",
  "bone_mass",
  "pulse_wave_velocity",
  "vo2_max",
  "vascular_age",
  "visceral_fat_index",
  "basal_metabolic_rate",
  "metabolic_age",
] as const satisfies readonly MetricCode[];

type At = When & Provenance;
type Made = Generator<Metric<typeof PRODUCES[number]>, void>;

/**
 * What a measure is, by its `meastype`. Left out is what the catalog has no word for (ECG intervals,
 * classes of AFib, water inside and outside cells, segments of the body) and what the reference gives
 * no unit or no subject: 12, a temperature of it does not say what; 196 and 229, conductances.
 */
const TYPES: Readonly<Record<number, (value: number, at: At) => Made>> = {
  1: (value, at) => measure("body_weight", kilograms(value), at),
  4: (value, at) => measure("height", metres(value), at),
  5: (value, at) => measure("lean_body_mass", kilograms(value), at),
  6: (value, at) => measure("body_fat_percentage", percent(value), at),
  8: (value, at) => measure("fat_mass", kilograms(value), at),
  9: (value, at) => measure("blood_pressure_diastolic", millimetresOfMercury(value), at),
  10: (value, at) => measure("blood_pressure_systolic", millimetresOfMercury(value), at),
  11: (value, at) => measure("heart_rate", beatsPerMinute(value), at),
  54: (value, at) => measure("spo2", percent(value), at),
  71: (value, at) => measure("body_temperature", celsius(value), at),
  73: (value, at) => measure("skin_temperature", celsius(value), at),
  76: (value, at) => measure("muscle_mass", kilograms(value), at),
  77: (value, at) => measure("body_water_mass", kilograms(value), at),
  88: (value, at) => measure("bone_mass", kilograms(value), at),
  91: (value, at) => measure("pulse_wave_velocity", metresPerSecond(value), at),
  123: (value, at) => measure("vo2_max", millilitresPerKilogramMinute(value), at),
  155: (value, at) => measure("vascular_age", years(value), at),
  170: (value, at) => measure("visceral_fat_index", score(value), at),
  226: (value, at) => measure("basal_metabolic_rate", kilocaloriesPerDay(value), at),
  227: (value, at) => measure("metabolic_age", years(value), at),
};

/** `attrib`: typed in by the person, now or as they signed up. */
const TYPED_IN = new Set([2, 4]);
/** `attrib`: taken by a device of which it may be another member of the family who stood on it. */
const AMBIGUOUS = 1;

const measures = resource({
  name: "measures",
  aliases: ["POST /measure getmeas", "GET /measure", "measure", "getmeas"],
  scope: "user.metrics",
  produces: PRODUCES,
  page: listIn(
    "measuregrps",
    z.looseObject({
      grpid: z.union([z.number(), z.string().min(1)]),
      attrib: maybeNumber,
      date: z.number(),
      modified: maybeNumber,
      measures: z.array(
        z.looseObject({ value: maybeNumber, type: maybeNumber, unit: maybeNumber }),
      ),
    }),
  ),
  // Category 2 are goals.
  request: (ask) =>
    post("/measure", "getmeas", {
      meastypes: Object.keys(TYPES).join(","),
      category: 1,
      ...instants(ask),
    }),
  next: nextOffset,
  record: ({ grpid, modified }) => ({ id: String(grpid), ...versionOf(modified) }),
  *normalise(row, { about }) {
    // Once somebody has said whose it is, the group comes again.
    if (row.attrib === AMBIGUOUS) return yield { kind: "quarantine", reason: "no_identity" };
    const at: At = {
      ...timeAt(row.date, zoneIn(about)),
      ...(TYPED_IN.has(row.attrib ?? 0) ? { entry: "manual" } : {}),
    };
    for (const { value, type, unit } of row.measures) {
      if (value == null || type == null || unit == null) continue;
      yield* TYPES[type]?.(scaled(value, unit), at) ?? [];
    }
  },
});

/** `value` times ten to the power `unit`; divided where it can be, because 0.001 is no exact number. */
function scaled(value: number, unit: number): number {
  return unit < 0 ? value / 10 ** -unit : value * 10 ** unit;
}

const signal = z.looseObject({ signalid: z.union([z.number(), z.string()]).nullish() }).nullish();

/** Recordings of the heart; the curves themselves are not asked for. */
const heart = resource({
  name: "heart",
  aliases: ["POST /v2/heart list", "GET /v2/heart", "heart"],
  scope: "user.metrics",
  produces: ["ecg_average_heart_rate", "blood_pressure_systolic", "blood_pressure_diastolic"],
  page: listIn(
    "series",
    z.looseObject({
      deviceid: maybeText,
      ecg: signal,
      stetho: signal,
      bloodpressure: z.looseObject({ diastole: maybeNumber, systole: maybeNumber }).nullish(),
      heart_rate: maybeNumber,
      modified: maybeNumber,
      timestamp: z.number(),
    }),
  ),
  request: (ask) => post("/v2/heart", "list", instants(ask)),
  next: nextOffset,
  record: ({ ecg, stetho, timestamp, modified }) => ({
    id: String(ecg?.signalid ?? stetho?.signalid ?? timestamp),
    ...versionOf(modified),
  }),
  *normalise(row) {
    const at = timeAt(row.timestamp);
    const { bloodpressure } = row;
    yield* measure("ecg_average_heart_rate", beatsPerMinute(row.heart_rate), at);
    yield* measure("blood_pressure_systolic", millimetresOfMercury(bloodpressure?.systole), at);
    yield* measure("blood_pressure_diastolic", millimetresOfMercury(bloodpressure?.diastole), at);
  },
});

export const WITHINGS_MEASURES = [measures, heart] as const;

/** Health Connect's and Samsung Health's types: one list of names, which the SDK gives both stores. */
import {
  beatsPerMinute,
  breathsPerMinute,
  celsius,
  centimetres,
  count,
  fahrenheit,
  glucoseMillimolesPerLitre,
  grams,
  kilocalories,
  kilocaloriesPerDay,
  kilograms,
  kilogramsPerSquareMetre,
  kilojoules,
  kilometresPerHour,
  litres,
  metres,
  metresPerSecond,
  milligramsPerDecilitre,
  millilitres,
  millilitresPerKilogramMinute,
  millimetresOfMercury,
  milliseconds,
  percent,
  revolutionsPerMinute,
  watts,
} from "../catalog/units.ts";
import type { Element } from "./mobile_sdk.ts";
import {
  either,
  reads,
  readsUnlessZero,
  readsWhole,
  records,
  type TypeTable,
} from "./mobile_sdk_records.ts";

const ENERGY = { kj: kilojoules };
/** The SDK says mmol/L; a value that says nothing is taken for mg/dL, where 6 is no living person's. */
const MMOL = { "mmol/l": glucoseMillimolesPerLitre };

/** Of blood and by a finger stick; what names no specimen may be a sensor's. */
function isBlood({ metadata }: Element): boolean {
  const specimen = metadata?.["specimenSource"] ?? metadata?.["specimen"];
  return /^(capillary|whole)/i.test(String(specimen ?? ""));
}

/** Types of Android, and the unit that the SDK sends where the record names no other. */
const TYPES = {
  HEART_RATE: readsUnlessZero("heart_rate", beatsPerMinute),
  RESTING_HEART_RATE: reads("resting_heart_rate", beatsPerMinute),
  HEART_RATE_VARIABILITY: reads("hrv_rmssd", milliseconds),
  // The host's own name of the same data, which is RMSSD whatever it says.
  HEART_RATE_VARIABILITY_SDNN: reads("hrv_rmssd", milliseconds),
  HEART_RATE_VARIABILITY_RMSSD: reads("hrv_rmssd", milliseconds),
  OXYGEN_SATURATION: reads("spo2", percent),
  RESPIRATORY_RATE: reads("respiratory_rate", breathsPerMinute),
  VO2_MAX: reads("vo2_max", millilitresPerKilogramMinute),
  BODY_TEMPERATURE: reads("body_temperature", celsius, { "°f": fahrenheit, degf: fahrenheit }),
  BLOOD_PRESSURE_SYSTOLIC: reads("blood_pressure_systolic", millimetresOfMercury),
  BLOOD_PRESSURE_DIASTOLIC: reads("blood_pressure_diastolic", millimetresOfMercury),
  BLOOD_GLUCOSE: either(
    isBlood,
    reads("glucose_blood", milligramsPerDecilitre, MMOL),
    reads("glucose", milligramsPerDecilitre, MMOL),
  ),
  WEIGHT: reads("body_weight", kilograms),
  HEIGHT: reads("height", metres, { cm: centimetres }),
  BMI: reads("bmi", kilogramsPerSquareMetre),
  BODY_FAT: reads("body_fat_percentage", percent),
  LEAN_BODY_MASS: reads("lean_body_mass", kilograms),
  BODY_FAT_MASS: reads("fat_mass", kilograms),
  SKELETAL_MUSCLE_MASS: reads("skeletal_muscle_mass", kilograms),
  STEP_COUNT: readsWhole("steps", count),
  ACTIVE_CALORIES_BURNED: reads("energy_active", kilocalories, ENERGY),
  TOTAL_CALORIES_BURNED: reads("energy_total", kilocalories, ENERGY),
  // A rate: a day at rest would burn so much. It is no energy that was burnt.
  BASAL_METABOLIC_RATE: reads("basal_metabolic_rate", kilocaloriesPerDay),
  DISTANCE: reads("distance", metres),
  FLOORS_CLIMBED: reads("floors_climbed", count),
  POWER: reads("power", watts),
  SPEED: reads("speed", metresPerSecond, { "km/h": kilometresPerHour }),
  CYCLING_PEDALING_CADENCE: reads("cadence_cycling", revolutionsPerMinute),
  DIETARY_ENERGY: reads("energy_intake", kilocalories, ENERGY),
  DIETARY_CARBOHYDRATE: reads("carbohydrate_intake", grams),
  DIETARY_PROTEIN: reads("protein_intake", grams),
  DIETARY_TOTAL_FAT: reads("fat_intake", grams),
  DIETARY_FIBER: reads("fiber_intake", grams),
  HYDRATION: reads("water_intake", millilitres, { l: litres }),
} satisfies TypeTable;

/** Samsung reads its total calories where the type says active. */
const SAMSUNG = {
  ACTIVE_CALORIES_BURNED: reads("energy_total", kilocalories, ENERGY),
} satisfies TypeTable;

/** Samsung's hourly sums get a new id at every reading. */
const AGGREGATES = { samsung: new Set(["STEP_COUNT", "ACTIVE_CALORIES_BURNED"]) };

/** Records of an upload from Android; `sender` is who sent it where the envelope does not say. */
export function androidRecords(sender: "google" | "samsung") {
  return records({
    sender,
    types: sender === "samsung" ? { ...TYPES, ...SAMSUNG } : TYPES,
    ofSender: { samsung: SAMSUNG },
    withheld: new Set(["CERVICAL_MUCUS", "OVULATION_TEST", "SEXUAL_ACTIVITY"]),
    aggregates: AGGREGATES,
  });
}

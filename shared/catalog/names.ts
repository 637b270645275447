import { isMetricCode, type MetricCode } from "./metrics.ts";

/** What a name that is not a catalog code stands for. */
export interface MetricMeaning {
  /** Rows of their own: each carries its code, and nothing is aggregated across them. */
  readonly codes: readonly MetricCode[];
  /**
   * `each`: rows of all codes. `first_present`: per source and day only the rows of the first code that
   * has any, because the later ones are parts of it.
   */
  readonly take: "each" | "first_present";
}

function each(...codes: readonly MetricCode[]): MetricMeaning {
  return { codes, take: "each" };
}

const CALORIES: MetricMeaning = { codes: ["energy_total", "energy_active"], take: "first_present" };
const TEMPERATURE = each("body_temperature", "skin_temperature", "skin_temperature_deviation");
const HRV = each("hrv_rmssd", "hrv_sdnn");
const STRAIN = each("strain_score", "workout_strain");

/**
 * Names of the seed (its `MetricType`) and of the EverAfter app, in lower case; those that are codes of
 * the catalog already (`HEART_RATE`, `STEPS`, `GLUCOSE`, `SPO2` …) stand for themselves and are not listed.
 */
export const METRIC_NAMES = {
  // The seed. Its STRAIN is on WHOOP's scale of 0 to 21; training load has another.
  calories: CALORIES,
  hrv: HRV,
  oxygen_sat: each("spo2"),
  respiration: each("respiratory_rate"),
  temperature: TEMPERATURE,
  blood_pressure: each("blood_pressure_systolic", "blood_pressure_diastolic"),
  body_fat: each("body_fat_percentage"),
  strain: STRAIN,
  readiness: each("readiness_score"),
  recovery: each("recovery_score"),
  // The app: charts, vitals logger, summaries, validation.
  sleep: each("sleep_duration"),
  sleep_hours: each("sleep_duration"),
  active_minutes: each("active_duration"),
  heart_rate_variability: HRV,
  resting_hr: each("resting_heart_rate"),
  oxygen_saturation: each("spo2"),
  blood_glucose: each("glucose_blood", "glucose"),
  a1c: each("hba1c"),
  calories_burned: CALORIES,
  weight: each("body_weight"),
  body_temp: each("body_temperature"),
  stress_level: each("stress_score"),
} as const satisfies Readonly<Record<string, MetricMeaning>>;

/** What `name` asks for, in any case: a catalog code itself, or what the seed or the app calls so. */
export function metricMeaning(name: string): MetricMeaning | undefined {
  const key = name.trim().toLowerCase();
  if (isMetricCode(key)) return each(key);
  return isName(key) ? METRIC_NAMES[key] : undefined;
}

/** The catalog codes behind `name`; none where it is unknown. */
export function resolveMetricNames(name: string): readonly MetricCode[] {
  return metricMeaning(name)?.codes ?? [];
}

function isName(key: string): key is keyof typeof METRIC_NAMES {
  return Object.hasOwn(METRIC_NAMES, key);
}

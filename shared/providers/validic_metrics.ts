/** What Validic's types of metric mean; quirks in `validic.ts`. */
import type { MetricCode, UnitOf } from "../catalog/metrics.ts";
import type { Normalized, Provenance } from "../catalog/normalized.ts";
import type { DimensionOf } from "../catalog/units.ts";
import { measure } from "./kit/measure.ts";
import type { At, Figure, Row } from "./validic_api.ts";
import {
  BODY_INDICES,
  BREATHING_RATES,
  CONCENTRATIONS,
  COUNTS,
  DURATIONS,
  ENERGIES,
  FLOWS,
  GLUCOSES,
  HEART_RATES,
  LENGTHS,
  MASSES,
  OXYGEN_UPTAKES,
  PRESSURES,
  quantityOf,
  SHARES,
  TEMPERATURE_DIFFERENCES,
  TEMPERATURES,
  type Units,
  UNKNOWN_UNIT,
  VOLUMES,
} from "./validic_units.ts";

/** What one of Validic's types of metric means. */
export interface Meaning<M extends MetricCode = MetricCode> {
  readonly produces: readonly M[];
  read(figure: Figure, value: number | null | undefined, at: At, row: Row): Iterable<Normalized<M>>;
}
export type Meanings = Readonly<Record<string, Meaning>>;

/** The type is our metric, in one of `units`; `how` says what is special about it. */
export function means<const M extends MetricCode>(
  metric: M,
  units: Units<DimensionOf<UnitOf<M>>>,
  how: Pick<Provenance, "statistic"> = {},
): Meaning<M> {
  return {
    produces: [metric],
    *read(figure, value, at) {
      const quantity = quantityOf(figure, value, units);
      if (value != null && !quantity) return yield UNKNOWN_UNIT;
      yield* measure(metric, quantity, { ...at, ...how });
    },
  };
}

/**
 * How a source makes its variability, by its own documents: Validic has it "as determined by the
 * source". That of any other source stays in raw.
 */
const VARIABILITIES = new Map<string, "hrv_rmssd" | "hrv_sdnn">([
  ["apple_health", "hrv_sdnn"],
  ["fitbit", "hrv_rmssd"],
  ["garmin", "hrv_rmssd"],
  ["oura", "hrv_rmssd"],
  ["whoop", "hrv_rmssd"],
]);

export function variabilityOf({ source }: Row): "hrv_rmssd" | "hrv_sdnn" | undefined {
  return VARIABILITIES.get(source.type ?? "");
}

export const variability: Meaning<"hrv_rmssd" | "hrv_sdnn"> = {
  produces: ["hrv_rmssd", "hrv_sdnn"],
  *read(figure, value, at, row) {
    const metric = variabilityOf(row);
    if (metric) yield* means(metric, DURATIONS).read(figure, value, at, row);
  },
};

const MOVEMENT = {
  steps: means("steps", COUNTS),
  distance: means("distance", LENGTHS),
  floors_climbed: means("floors_climbed", COUNTS),
  wheelchair_pushes: means("wheelchair_pushes", COUNTS),
  wheelchair_distance: means("distance_wheelchair", LENGTHS),
  stand_hours_count: means("stand_hours", COUNTS),
  energy_burned: means("energy_total", ENERGIES),
  calories_burned: means("energy_total", ENERGIES),
  active_energy_burned: means("energy_active", ENERGIES),
  basal_energy_burned: means("energy_basal", ENERGIES),
  active_duration: means("active_duration", DURATIONS),
  lightly_active_duration: means("active_duration_low", DURATIONS),
  fairly_active_duration: means("active_duration_moderate", DURATIONS),
  very_active_duration: means("active_duration_vigorous", DURATIONS),
  high_stress_duration: means("stress_high_duration", DURATIONS),
  mindful_duration: means("mindfulness_duration", DURATIONS),
} as const satisfies Meanings;

/** What nights have too. */
export const VITALS = {
  resting_heart_rate: means("resting_heart_rate", HEART_RATES),
  max_heart_rate: means("heart_rate_max", HEART_RATES),
  min_spo2: means("spo2", SHARES, { statistic: "minimum" }),
  max_spo2: means("spo2", SHARES, { statistic: "maximum" }),
  body_temperature: means("body_temperature", TEMPERATURES),
  body_temperature_deviation: means("skin_temperature_deviation", TEMPERATURE_DIFFERENCES),
} as const satisfies Meanings;

const HEART_AND_BREATH = {
  pulse: means("heart_rate", HEART_RATES),
  avg_heart_rate: means("heart_rate_avg", HEART_RATES),
  heart_rate_avg: means("heart_rate_avg", HEART_RATES),
  min_heart_rate: means("heart_rate_min", HEART_RATES),
  heart_rate_variability: variability,
  systolic: means("blood_pressure_systolic", PRESSURES),
  systolic_blood_pressure: means("blood_pressure_systolic", PRESSURES),
  diastolic: means("blood_pressure_diastolic", PRESSURES),
  diastolic_blood_pressure: means("blood_pressure_diastolic", PRESSURES),
  spo2: means("spo2", SHARES),
  avg_spo2: means("spo2", SHARES, { statistic: "average" }),
  respiratory_rate: means("respiratory_rate", BREATHING_RATES),
  vo2_max: means("vo2_max", OXYGEN_UPTAKES),
  fev1: means("fev1", VOLUMES),
  fvc: means("fvc", VOLUMES),
  pef: means("peak_expiratory_flow", FLOWS),
} as const satisfies Meanings;

const BODY = {
  body_weight: means("body_weight", MASSES),
  body_height: means("height", LENGTHS),
  bmi: means("bmi", BODY_INDICES),
  body_fat: means("body_fat_percentage", SHARES),
  body_fat_mass: means("fat_mass", MASSES),
  body_lean_mass: means("lean_body_mass", MASSES),
  body_muscle_mass: means("muscle_mass", MASSES),
  body_bone_mass: means("bone_mass", MASSES),
  body_water: means("body_water_percentage", SHARES),
  body_water_mass: means("body_water_mass", MASSES),
  body_waist: means("waist_circumference", LENGTHS),
} as const satisfies Meanings;

/** A measurement of glucose is a meter's: what a sensor reads comes as `cgm`. */
const BLOOD = {
  blood_glucose: means("glucose_blood", GLUCOSES),
  avg_blood_glucose: means("glucose_mean", GLUCOSES),
  gmi: means("glucose_gmi", SHARES),
  coefficient_of_variation: means("glucose_cv", SHARES),
  blood_ketone: means("ketone", CONCENTRATIONS),
} as const satisfies Meanings;

export const FOOD = {
  energy_consumed: means("energy_intake", ENERGIES),
  carbohydrate: means("carbohydrate_intake", MASSES),
  protein: means("protein_intake", MASSES),
  fat: means("fat_intake", MASSES),
  dietary_fiber: means("fiber_intake", MASSES),
  water: means("water_intake", VOLUMES),
} as const satisfies Meanings;

/** "It is possible for any Metric Type to appear as part of any API Resource." */
export const ALL = {
  ...MOVEMENT,
  ...VITALS,
  ...HEART_AND_BREATH,
  ...BODY,
  ...BLOOD,
  ...FOOD,
} as const satisfies Meanings;

/** Every code that `meanings` may give, once. */
export function codesOf<const T extends Meanings>(meanings: T): readonly CodeOf<T>[] {
  // SAFETY: the codes are those of the table's own entries.
  return [...new Set(Object.values(meanings).flatMap(({ produces }) => produces))] as CodeOf<T>[];
}
export type CodeOf<T extends Meanings> = T[keyof T]["produces"][number];

/** What the figures of `row` mean, of those types that `meanings` has. */
export function* readFigures<const T extends Meanings>(
  meanings: T,
  row: Row,
  at: At,
): Generator<Normalized<CodeOf<T>>, void> {
  for (const figure of row.metrics ?? []) {
    yield* meaningOf(meanings, figure)?.read(figure, figure.value, entered(figure, at), row) ?? [];
  }
}

/** The meaning of a figure's type, where `meanings` has one. */
export function meaningOf<const T extends Meanings>(
  meanings: T,
  { type }: Figure,
): Meaning<CodeOf<T>> | undefined {
  // SAFETY: each entry of `meanings` yields no other codes than the table's.
  return Object.hasOwn(meanings, type) ? meanings[type] as Meaning<CodeOf<T>> : undefined;
}

export function entered({ origin }: Figure, at: At): At {
  return origin === "manual" ? { ...at, entry: "manual" } : at;
}

/** Terra's body: scale, cuff, meter, thermometer, heart; quirks in `terra.ts`. */
import { z } from "zod";
import type { When } from "../catalog/normalized.ts";
import {
  beatsPerMinute,
  celsius,
  centimetres,
  grams,
  insulinUnits,
  ketoneMilligramsPerDecilitre,
  kilocaloriesPerDay,
  kilograms,
  kilogramsPerSquareMetre,
  metresPerSecond,
  milligramsPerDecilitre,
  millilitres,
  millilitresPerKilogramMinute,
  millimetresOfMercury,
  milliseconds,
  percent,
  score,
  years,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  averageBloodOxygen,
  bloodOxygenSamples,
  type Clock,
  clockOf,
  dayOfRecord,
  dayRecord,
  HEART_RATE_SAMPLES,
  HEART_RATE_SUMMARY,
  heartRateData,
  heartRateOfDay,
  heartRateSamples,
  maybeNumber,
  maybeText,
  metadata,
  samples,
  saturationSamples,
  timed,
} from "./terra_samples.ts";

const measurement = z.looseObject({
  measurement_time: maybeText,
  weight_kg: maybeNumber,
  height_cm: maybeNumber,
  BMI: maybeNumber,
  BMR: maybeNumber,
  bodyfat_percentage: maybeNumber,
  lean_mass_g: maybeNumber,
  muscle_mass_g: maybeNumber,
  bone_mass_g: maybeNumber,
  water_percentage: maybeNumber,
  visceral_fat_level: maybeNumber,
  estimated_fitness_age: maybeNumber,
  insulin_units: maybeNumber,
});

const glucoseSamples = samples({ blood_glucose_mg_per_dL: maybeNumber });
const temperatureSamples = samples({ temperature_celsius: maybeNumber });

const row = z.looseObject({
  metadata,
  measurements_data: z.looseObject({ measurements: z.array(measurement).nullish() }).nullish(),
  blood_pressure_data: z.looseObject({
    blood_pressure_samples: samples({ systolic_bp: maybeNumber, diastolic_bp: maybeNumber }),
  }).nullish(),
  heart_data: z.looseObject({
    heart_rate_data: heartRateData,
    pulse_wave_velocity_samples: samples({ pulse_wave_velocity_meters_per_second: maybeNumber }),
    rr_interval_samples: samples({ rr_interval_ms: maybeNumber }),
    ecg_signal: z.array(z.looseObject({ start_timestamp: maybeText, avg_hr_bpm: maybeNumber }))
      .nullish(),
  }).nullish(),
  hydration_data: z.looseObject({
    day_total_water_consumption_ml: maybeNumber,
    hydration_amount_samples: samples({ hydration_kg: maybeNumber }),
  }).nullish(),
  ketone_data: z.looseObject({
    ketone_samples: samples({ ketone_mg_per_dL: maybeNumber, sample_type: maybeNumber }),
  }).nullish(),
  oxygen_data: z.looseObject({
    avg_saturation_percentage: maybeNumber,
    vo2max_ml_per_min_per_kg: maybeNumber,
    saturation_samples: saturationSamples,
  }).nullish(),
  temperature_data: z.looseObject({
    ambient_temperature_samples: temperatureSamples,
    body_temperature_samples: temperatureSamples,
    skin_temperature_samples: temperatureSamples,
  }).nullish(),
  glucose_data: z.looseObject({
    blood_glucose_samples: glucoseSamples,
    detailed_blood_glucose_samples: glucoseSamples,
    day_avg_blood_glucose_mg_per_dL: maybeNumber,
    gmi: maybeNumber,
  }).nullish(),
});
type Row = z.output<typeof row>;

export const body = resource({
  name: "body",
  aliases: ["body", "GET /body"],
  produces: [
    "body_weight",
    "height",
    "bmi",
    "basal_metabolic_rate",
    "body_fat_percentage",
    "lean_body_mass",
    "muscle_mass",
    "bone_mass",
    "body_water_percentage",
    "body_water_mass",
    "visceral_fat_index",
    "fitness_age",
    "insulin_delivery",
    "blood_pressure_systolic",
    "blood_pressure_diastolic",
    ...HEART_RATE_SAMPLES,
    ...HEART_RATE_SUMMARY,
    "pulse_wave_velocity",
    "rr_interval",
    "ecg_average_heart_rate",
    "water_intake",
    "ketone",
    "spo2",
    "vo2_max",
    "ambient_temperature",
    "body_temperature",
    "skin_temperature",
    "glucose",
    "glucose_mean",
    "glucose_gmi",
  ],
  page: listOf(row, { rows: "data" }),
  record: dayRecord,
  *normalise(row) {
    const day = dayOfRecord(row);
    if (!day) return yield { kind: "quarantine", reason: "no_identity" };
    const clock = clockOf(row.metadata);
    for (const one of row.measurements_data?.measurements ?? []) {
      const at = clock(one.measurement_time);
      if (at) yield* composition(one, at);
    }
    yield* heart(row, day, clock);
    yield* oxygen(row, day, clock);
    yield* chemistry(row, day, clock);
    yield* temperatures(row, clock);
  },
});

type Day = NonNullable<ReturnType<typeof dayOfRecord>>;

function* composition(one: z.output<typeof measurement>, at: When) {
  yield* measure("body_weight", kilograms(one.weight_kg), at);
  yield* measure("height", centimetres(one.height_cm), at);
  yield* measure("bmi", kilogramsPerSquareMetre(one.BMI), at);
  yield* measure("basal_metabolic_rate", kilocaloriesPerDay(one.BMR), at);
  yield* measure("body_fat_percentage", percent(one.bodyfat_percentage), at);
  yield* measure("lean_body_mass", grams(one.lean_mass_g), at);
  yield* measure("muscle_mass", grams(one.muscle_mass_g), at);
  yield* measure("bone_mass", grams(one.bone_mass_g), at);
  yield* measure("body_water_percentage", percent(one.water_percentage), at);
  yield* measure("visceral_fat_index", score(one.visceral_fat_level), at);
  yield* measure("fitness_age", years(one.estimated_fitness_age), at);
  yield* measure("insulin_delivery", insulinUnits(one.insulin_units), at);
}

function* heart({ heart_data: heart, blood_pressure_data }: Row, day: Day, clock: Clock) {
  for (const [reading, at] of timed(blood_pressure_data?.blood_pressure_samples, clock)) {
    yield* measure("blood_pressure_systolic", millimetresOfMercury(reading.systolic_bp), at);
    yield* measure("blood_pressure_diastolic", millimetresOfMercury(reading.diastolic_bp), at);
  }
  yield* heartRateOfDay(heart?.heart_rate_data, day);
  yield* heartRateSamples(heart?.heart_rate_data, clock);
  for (const [reading, at] of timed(heart?.pulse_wave_velocity_samples, clock)) {
    const velocity = metresPerSecond(reading.pulse_wave_velocity_meters_per_second);
    yield* measure("pulse_wave_velocity", velocity, at);
  }
  for (const [{ rr_interval_ms }, at] of timed(heart?.rr_interval_samples, clock)) {
    yield* measure("rr_interval", milliseconds(rr_interval_ms), at);
  }
  for (const { start_timestamp, avg_hr_bpm } of heart?.ecg_signal ?? []) {
    const at = clock(start_timestamp);
    if (at) yield* measure("ecg_average_heart_rate", beatsPerMinute(avg_hr_bpm), at);
  }
}

function* oxygen({ oxygen_data: oxygen }: Row, day: Day, clock: Clock) {
  const readings = oxygen?.saturation_samples;
  yield* measure(
    "spo2",
    percent(averageBloodOxygen(oxygen?.avg_saturation_percentage, readings)),
    { ...day, statistic: "average" },
  );
  yield* bloodOxygenSamples(readings, clock);
  yield* measure("vo2_max", millilitresPerKilogramMinute(oxygen?.vo2max_ml_per_min_per_kg), day);
}

/** `KetoneSampleType`: urine and breath are other quantities. */
const KETONE_OF_BLOOD = 1;

function* chemistry(row: Row, day: Day, clock: Clock) {
  const { glucose_data: glucose, ketone_data: ketone, hydration_data: water } = row;
  for (const list of [glucose?.blood_glucose_samples, glucose?.detailed_blood_glucose_samples]) {
    for (const [{ blood_glucose_mg_per_dL }, at] of timed(list, clock)) {
      yield* measure("glucose", milligramsPerDecilitre(blood_glucose_mg_per_dL), at);
    }
  }
  const mean = milligramsPerDecilitre(glucose?.day_avg_blood_glucose_mg_per_dL);
  yield* measure("glucose_mean", mean, { ...day, statistic: "average" });
  yield* measure("glucose_gmi", percent(glucose?.gmi), day);
  for (const [{ ketone_mg_per_dL, sample_type }, at] of timed(ketone?.ketone_samples, clock)) {
    if (sample_type !== KETONE_OF_BLOOD) continue;
    yield* measure("ketone", ketoneMilligramsPerDecilitre(ketone_mg_per_dL), at);
  }
  yield* measure("water_intake", millilitres(water?.day_total_water_consumption_ml), day);
  for (const [{ hydration_kg }, at] of timed(water?.hydration_amount_samples, clock)) {
    yield* measure("body_water_mass", kilograms(hydration_kg), at);
  }
}

function* temperatures({ temperature_data: temperature }: Row, clock: Clock) {
  for (
    const [metric, readings] of [
      ["ambient_temperature", temperature?.ambient_temperature_samples],
      ["body_temperature", temperature?.body_temperature_samples],
      ["skin_temperature", temperature?.skin_temperature_samples],
    ] as const
  ) {
    for (const [{ temperature_celsius }, at] of timed(readings, clock)) {
      yield* measure(metric, celsius(temperature_celsius), at);
    }
  }
}

/** ROOK's heart, oxygen, glucose, pressure and temperature; quirks in `rook.ts`. */
import { z } from "zod";
import type { MetricCode } from "../catalog/metrics.ts";
import type { Metric, Provenance, When } from "../catalog/normalized.ts";
import {
  beatsPerMinute,
  celsius,
  milligramsPerDecilitre,
  millilitresPerKilogramMinute,
  millimetresOfMercury,
  milliseconds,
  percent,
} from "../catalog/units.ts";
import { measure } from "./kit/measure.ts";
import { deviceOf, type Documented, granular, maybeNumber, metadata, timed } from "./rook_api.ts";

/**
 * A block of figures, which events have one of and summaries several. `at` is the instant of the event
 * or the day of the summary: averages are of it, and readings have times of their own.
 */
export interface Block<Row extends Documented, M extends MetricCode> {
  readonly row: z.ZodType<Row>;
  readonly produces: readonly M[];
  read(row: Row, at: When & Provenance): Iterable<Metric<M>>;
}

/** Holds `read` to the metrics listed. */
export function block<S extends z.ZodType<Documented>, const M extends MetricCode>(
  row: S,
  produces: readonly M[],
  read: (row: z.output<S>, at: When & Provenance) => Iterable<Metric<NoInfer<M>>>,
) {
  return { row, produces, read };
}

const heartRow = z.looseObject({
  metadata,
  heart_rate: z.looseObject({
    hr_avg_bpm_int: maybeNumber,
    hr_maximum_bpm_int: maybeNumber,
    hr_minimum_bpm_int: maybeNumber,
    hr_resting_bpm_int: maybeNumber,
    hrv_avg_rmssd_float: maybeNumber,
    hrv_avg_sdnn_float: maybeNumber,
    hr_granular_data_array: granular({ hr_bpm_int: maybeNumber }),
    hrv_rmssd_granular_data_array: granular({ hrv_rmssd_float: maybeNumber }),
    hrv_sdnn_granular_data_array: granular({ hrv_sdnn_float: maybeNumber }),
  }).nullish(),
});

/** HRV is named by its method and not by its unit: both methods are given in milliseconds. */
export const heartRate = block(
  heartRow,
  [
    "heart_rate",
    "heart_rate_avg",
    "heart_rate_max",
    "heart_rate_min",
    "resting_heart_rate",
    "hrv_rmssd",
    "hrv_sdnn",
  ],
  function* (row, at) {
    const { heart_rate: heart } = row;
    const average = { ...at, statistic: "average" } as const;
    yield* measure("heart_rate_avg", beatsPerMinute(heart?.hr_avg_bpm_int), average);
    yield* measure("heart_rate_max", beatsPerMinute(heart?.hr_maximum_bpm_int), {
      ...at,
      statistic: "maximum",
    });
    yield* measure("heart_rate_min", beatsPerMinute(heart?.hr_minimum_bpm_int), {
      ...at,
      statistic: "minimum",
    });
    yield* measure("resting_heart_rate", beatsPerMinute(heart?.hr_resting_bpm_int), at);
    yield* measure("hrv_rmssd", milliseconds(heart?.hrv_avg_rmssd_float), average);
    yield* measure("hrv_sdnn", milliseconds(heart?.hrv_avg_sdnn_float), average);
    yield* heartReadings(row);
  },
);

export const HEART_READINGS = ["heart_rate", "hrv_rmssd", "hrv_sdnn"] as const;

/** The readings alone: of a night and of a workout the averages are in the session. */
export function* heartReadings(
  row: z.output<typeof heartRow>,
): Generator<Metric<(typeof HEART_READINGS)[number]>, void> {
  const { heart_rate: heart } = row;
  const device = deviceOf(row);
  for (const [{ hr_bpm_int }, when] of timed(heart?.hr_granular_data_array, device)) {
    yield* measure("heart_rate", beatsPerMinute(hr_bpm_int), when);
  }
  for (const [{ hrv_rmssd_float }, when] of timed(heart?.hrv_rmssd_granular_data_array, device)) {
    yield* measure("hrv_rmssd", milliseconds(hrv_rmssd_float), when);
  }
  for (const [{ hrv_sdnn_float }, when] of timed(heart?.hrv_sdnn_granular_data_array, device)) {
    yield* measure("hrv_sdnn", milliseconds(hrv_sdnn_float), when);
  }
}

export const saturations = granular({ saturation_percentage_int: maybeNumber });

/** What `vo2_granular_data_array` holds is oxygen used at a time, and no maximum. */
export const oxygenation = block(
  z.looseObject({
    metadata,
    oxygenation: z.looseObject({
      saturation_avg_percentage_int: maybeNumber,
      vo2max_mL_per_min_per_kg_int: maybeNumber,
      saturation_granular_data_array: saturations,
    }).nullish(),
  }),
  ["spo2", "vo2_max"],
  function* (row, at) {
    const { oxygenation: oxygen } = row;
    yield* measure("spo2", percent(oxygen?.saturation_avg_percentage_int), {
      ...at,
      statistic: "average",
    });
    const vo2Max = millilitresPerKilogramMinute(oxygen?.vo2max_mL_per_min_per_kg_int);
    yield* measure("vo2_max", vo2Max, at);
    yield* saturationReadings(row, oxygen?.saturation_granular_data_array);
  },
);

export function* saturationReadings(
  row: Documented,
  readings: z.output<typeof saturations>,
): Generator<Metric<"spo2">, void> {
  for (const [{ saturation_percentage_int }, when] of timed(readings, deviceOf(row))) {
    yield* measure("spo2", percent(saturation_percentage_int), when);
  }
}

/** Of a sensor: Dexcom is the one service behind ROOK's pages that measures glucose. */
export const bloodGlucose = block(
  z.looseObject({
    metadata,
    blood_glucose: z.looseObject({
      blood_glucose_avg_mg_per_dL_int: maybeNumber,
      blood_glucose_granular_data_array: granular({ blood_glucose_mg_per_dL_int: maybeNumber }),
    }).nullish(),
  }),
  ["glucose", "glucose_mean"],
  function* (row, at) {
    const { blood_glucose: glucose } = row;
    const mean = milligramsPerDecilitre(glucose?.blood_glucose_avg_mg_per_dL_int);
    yield* measure("glucose_mean", mean, { ...at, statistic: "average" });
    const readings = timed(glucose?.blood_glucose_granular_data_array, deviceOf(row));
    for (const [{ blood_glucose_mg_per_dL_int }, when] of readings) {
      yield* measure("glucose", milligramsPerDecilitre(blood_glucose_mg_per_dL_int), when);
    }
  },
);

const pressures = { systolic_mmHg_int: maybeNumber, diastolic_mmHg_int: maybeNumber };

export const bloodPressure = block(
  z.looseObject({
    metadata,
    blood_pressure: z.looseObject({
      blood_pressure_avg_object: z.looseObject(pressures).nullish(),
      blood_pressure_granular_data_array: granular(pressures),
    }).nullish(),
  }),
  ["blood_pressure_systolic", "blood_pressure_diastolic"],
  function* (row, at) {
    const { blood_pressure: of } = row;
    yield* pressure(of?.blood_pressure_avg_object, { ...at, statistic: "average" });
    for (const [one, when] of timed(of?.blood_pressure_granular_data_array, deviceOf(row))) {
      yield* pressure(one, when);
    }
  },
);

type Pressure = { readonly [K in keyof typeof pressures]?: number | null | undefined };

function* pressure(one: Pressure | null | undefined, at: When & Provenance) {
  yield* measure("blood_pressure_systolic", millimetresOfMercury(one?.systolic_mmHg_int), at);
  yield* measure("blood_pressure_diastolic", millimetresOfMercury(one?.diastolic_mmHg_int), at);
}

/** The reference spells `celcius` in the averages of events, and `celsius` everywhere else. */
export const bodyTemperature = block(
  z.looseObject({
    metadata,
    temperature: z.looseObject({
      temperature_avg_object: z.looseObject({
        temperature_celsius_float: maybeNumber,
        temperature_celcius_float: maybeNumber,
      }).nullish(),
      temperature_granular_data_array: granular({ temperature_celsius_float: maybeNumber }),
    }).nullish(),
  }),
  ["body_temperature"],
  function* (row, at) {
    const { temperature } = row;
    const mean = temperature?.temperature_avg_object;
    const degrees = mean?.temperature_celsius_float ?? mean?.temperature_celcius_float;
    yield* measure("body_temperature", celsius(degrees), { ...at, statistic: "average" });
    const readings = timed(temperature?.temperature_granular_data_array, deviceOf(row));
    for (const [{ temperature_celsius_float }, when] of readings) {
      yield* measure("body_temperature", celsius(temperature_celsius_float), when);
    }
  },
);

/** ROOK's summary of a day's movement; quirks in `rook.ts`. */
import { z } from "zod";
import { count, kilocalories, metres, seconds } from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  dayAfter,
  dayOfSummary,
  dayRecord,
  dayRequest,
  maybeNumber,
  ROOK_POLL,
} from "./rook_api.ts";
import { heartRate, oxygenation } from "./rook_vitals.ts";

const row = z.looseObject({
  ...heartRate.row.shape,
  ...oxygenation.row.shape,
  distance: z.looseObject({
    steps_int: maybeNumber,
    traveled_distance_meters_float: maybeNumber,
    walked_distance_meters_float: maybeNumber,
    floors_climbed_float: maybeNumber,
    elevation_gain_actual_altitude_meters_float: maybeNumber,
    swimming_total_distance_meters_float: maybeNumber,
    swimming_num_strokes_float: maybeNumber,
  }).nullish(),
  calories: z.looseObject({
    calories_expenditure_kcal_float: maybeNumber,
    calories_net_active_kcal_float: maybeNumber,
    calories_basal_metabolic_rate_kcal_float: maybeNumber,
  }).nullish(),
  activity: z.looseObject({
    active_seconds_int: maybeNumber,
    low_intensity_seconds_int: maybeNumber,
    moderate_intensity_seconds_int: maybeNumber,
    vigorous_intensity_seconds_int: maybeNumber,
    inactivity_seconds_int: maybeNumber,
  }).nullish(),
  stress: z.looseObject({ high_stress_duration_seconds_int: maybeNumber }).nullish(),
});
type Row = z.output<typeof row>;
type Day = NonNullable<ReturnType<typeof dayOfSummary>>;

export const physicalSummary = resource({
  name: "physical_summary",
  aliases: ["GET /v2/processed_data/physical_health/summary", "physical_summary"],
  produces: [
    ...heartRate.produces,
    ...oxygenation.produces,
    "steps",
    "distance",
    "floors_climbed",
    "elevation_gain",
    "distance_swimming",
    "swimming_strokes",
    "energy_total",
    "energy_active",
    "energy_basal",
    "active_duration",
    "active_duration_low",
    "active_duration_moderate",
    "active_duration_vigorous",
    "sedentary_duration",
    "stress_high_duration",
  ],
  poll: ROOK_POLL,
  page: listOf(row, { rows: "physical_health.summary.physical_summary" }),
  request: (ask) => dayRequest("physical_health/summary", ask),
  next: dayAfter,
  record: dayRecord,
  *normalise(row) {
    const day = dayOfSummary(row);
    if (!day) return yield { kind: "quarantine", reason: "no_identity" };
    yield* movement(row, day);
    yield* durations(row, day);
    yield* heartRate.read(row, day);
    yield* oxygenation.read(row, day);
  },
});

function* movement({ distance, calories }: Row, day: Day) {
  const travelled = distance?.traveled_distance_meters_float ??
    distance?.walked_distance_meters_float;
  yield* measure("steps", count(distance?.steps_int), day);
  yield* measure("distance", metres(travelled), day);
  yield* measure("floors_climbed", count(distance?.floors_climbed_float), day);
  const climbed = metres(distance?.elevation_gain_actual_altitude_meters_float);
  yield* measure("elevation_gain", climbed, day);
  const swum = metres(distance?.swimming_total_distance_meters_float);
  yield* measure("distance_swimming", swum, day);
  yield* measure("swimming_strokes", count(distance?.swimming_num_strokes_float), day);
  yield* measure("energy_total", kilocalories(calories?.calories_expenditure_kcal_float), day);
  yield* measure("energy_active", kilocalories(calories?.calories_net_active_kcal_float), day);
  const basal = kilocalories(calories?.calories_basal_metabolic_rate_kcal_float);
  yield* measure("energy_basal", basal, day);
}

function* durations({ activity, stress }: Row, day: Day) {
  const moderate = seconds(activity?.moderate_intensity_seconds_int);
  const vigorous = seconds(activity?.vigorous_intensity_seconds_int);
  yield* measure("active_duration", seconds(activity?.active_seconds_int), day);
  yield* measure("active_duration_low", seconds(activity?.low_intensity_seconds_int), day);
  yield* measure("active_duration_moderate", moderate, day);
  yield* measure("active_duration_vigorous", vigorous, day);
  yield* measure("sedentary_duration", seconds(activity?.inactivity_seconds_int), day);
  yield* measure("stress_high_duration", seconds(stress?.high_stress_duration_seconds_int), day);
}

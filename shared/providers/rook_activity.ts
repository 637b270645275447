/** ROOK's activities: workouts and their samples; quirks in `rook.ts`. */
import { z } from "zod";
import type { Workout } from "../catalog/normalized.ts";
import { convert, metresPerSecond, revolutionsPerMinute, watts } from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  dayAfter,
  dayRequest,
  deviceOf,
  EVENT_DAYS,
  eventRecord,
  granular,
  maybeNumber,
  maybeText,
  ROOK_POLL,
  timed,
  timeOf,
} from "./rook_api.ts";
import { isCycling, rookSport } from "./rook_sports.ts";
import { HEART_READINGS, heartRate, heartReadings, oxygenation } from "./rook_vitals.ts";

const row = z.looseObject({
  ...heartRate.row.shape,
  ...oxygenation.row.shape,
  activity: z.looseObject({
    activity_start_datetime_string: maybeText,
    activity_end_datetime_string: maybeText,
    activity_duration_seconds_int: maybeNumber,
    activity_type_name_string: maybeText,
    activity_energy_kilojoules_float: maybeNumber,
    activity_strain_level_float: maybeNumber,
  }).nullish(),
  calories: z.looseObject({
    calories_expenditure_kcal_float: maybeNumber,
    calories_net_active_kcal_float: maybeNumber,
    calories_basal_metabolic_rate_kcal_float: maybeNumber,
  }).nullish(),
  distance: z.looseObject({
    traveled_distance_meters_float: maybeNumber,
    steps_int: maybeNumber,
    elevation_gain_actual_altitude_meters_float: maybeNumber,
  }).nullish(),
  movement: z.looseObject({
    speed_avg_meters_per_second_float: maybeNumber,
    speed_maximum_meters_per_second_float: maybeNumber,
    speed_granular_data_array: granular({ speed_meters_per_second_float: maybeNumber }),
    cadence_granular_data_array: granular({ cadence_rpm_float: maybeNumber }),
  }).nullish(),
  power: z.looseObject({
    power_avg_watts_float: maybeNumber,
    power_maximum_watts_float: maybeNumber,
    power_granular_data_array: granular({ power_watts_float: maybeNumber }),
  }).nullish(),
});
type Row = z.output<typeof row>;

/** A workout, whether the person started it or the device noticed it (`auto_detected`). */
export const activityEvent = resource({
  name: "activity_event",
  aliases: ["GET /v2/processed_data/physical_health/events/activity", "activity_event"],
  produces: [...HEART_READINGS, ...oxygenation.produces, "speed", "cadence_cycling", "power"],
  sessions: ["workout"],
  historyDays: EVENT_DAYS,
  poll: ROOK_POLL,
  page: listOf(row, { rows: "physical_health.events.activity_event" }),
  request: (ask) => dayRequest("physical_health/events/activity", ask),
  next: dayAfter,
  record: eventRecord,
  *normalise(row) {
    const workout = workoutOf(row);
    if (!workout) return yield { kind: "quarantine", reason: "no_time" };
    if (workout.end < workout.start) {
      return yield { kind: "quarantine", reason: "interval_inverted" };
    }
    yield workout;
    const { start, end, offsetMinutes } = workout;
    const about = { start, end, ...present({ offsetMinutes }), ...deviceOf(row) };
    yield* oxygenation.read(row, about);
    yield* streams(row, workout.type);
  },
});

function workoutOf(row: Row): Workout | undefined {
  const { activity, calories, distance, heart_rate: heart, movement, power } = row;
  const start = timeOf(activity?.activity_start_datetime_string);
  const end = timeOf(activity?.activity_end_datetime_string)?.start;
  if (!start || !end) return undefined;
  return {
    kind: "workout",
    ...start,
    end,
    ...present({
      type: rookSport(activity?.activity_type_name_string),
      vendorType: activity?.activity_type_name_string,
      durationSeconds: activity?.activity_duration_seconds_int,
      distanceMetres: distance?.traveled_distance_meters_float,
      energyKilocalories: calories?.calories_expenditure_kcal_float ?? energyOf(row),
      energyActiveKilocalories: calories?.calories_net_active_kcal_float,
      energyBasalKilocalories: calories?.calories_basal_metabolic_rate_kcal_float,
      steps: distance?.steps_int,
      hrAverage: heart?.hr_avg_bpm_int,
      hrMaximum: heart?.hr_maximum_bpm_int,
      hrMinimum: heart?.hr_minimum_bpm_int,
      averageSpeed: movement?.speed_avg_meters_per_second_float,
      maximumSpeed: movement?.speed_maximum_meters_per_second_float,
      elevationGainMetres: distance?.elevation_gain_actual_altitude_meters_float,
      averagePowerWatts: power?.power_avg_watts_float,
      maximumPowerWatts: power?.power_maximum_watts_float,
      strain: activity?.activity_strain_level_float,
      device: deviceOf(row).device,
    }),
  };
}

function energyOf({ activity }: Row): number | undefined {
  const energy = activity?.activity_energy_kilojoules_float;
  return energy == null ? undefined : convert(energy, "kJ", "kcal");
}

/** Of runners, revolutions may be of one leg or of both: only a crank's are read. */
function* streams(row: Row, sport: string | undefined) {
  const { movement, power } = row;
  const device = deviceOf(row);
  yield* heartReadings(row);
  for (const [one, when] of timed(movement?.speed_granular_data_array, device)) {
    yield* measure("speed", metresPerSecond(one.speed_meters_per_second_float), when);
  }
  if (isCycling(sport)) {
    for (const [one, when] of timed(movement?.cadence_granular_data_array, device)) {
      yield* measure("cadence_cycling", revolutionsPerMinute(one.cadence_rpm_float), when);
    }
  }
  for (const [one, when] of timed(power?.power_granular_data_array, device)) {
    yield* measure("power", watts(one.power_watts_float), when);
  }
}

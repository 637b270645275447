/** Terra's activities: workouts and their samples; quirks in `terra.ts`. */
import { z } from "zod";
import type { Workout } from "../catalog/normalized.ts";
import {
  convert,
  metresPerSecond,
  millilitresPerKilogramMinute,
  revolutionsPerMinute,
  watts,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import { lapsOf } from "./kit/laps.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { ACTIVITY_TYPES, CYCLING } from "./terra_activity_types.ts";
import {
  bloodOxygenSamples,
  type Clock,
  clockOf,
  HEART_RATE_SAMPLES,
  heartRateData,
  heartRateSamples,
  maybeNumber,
  maybeText,
  metadata,
  samples,
  saturationSamples,
  timed,
} from "./terra_samples.ts";

/** `UploadType` of activities: the workout was taken back. */
const DELETED = 4;

const row = z.looseObject({
  metadata: metadata.extend({
    summary_id: maybeText,
    type: maybeNumber,
    upload_type: maybeNumber,
  }),
  device_data: z.looseObject({ name: maybeText }).nullish(),
  active_durations_data: z.looseObject({ activity_seconds: maybeNumber }).nullish(),
  distance_data: z.looseObject({
    summary: z.looseObject({
      distance_meters: maybeNumber,
      steps: maybeNumber,
      elevation: z.looseObject({ gain_actual_meters: maybeNumber }).nullish(),
    }).nullish(),
  }).nullish(),
  calories_data: z.looseObject({
    total_burned_calories: maybeNumber,
    net_activity_calories: maybeNumber,
    BMR_calories: maybeNumber,
  }).nullish(),
  energy_data: z.looseObject({ energy_kilojoules: maybeNumber }).nullish(),
  heart_rate_data: heartRateData,
  oxygen_data: z.looseObject({
    vo2max_ml_per_min_per_kg: maybeNumber,
    saturation_samples: saturationSamples,
  }).nullish(),
  movement_data: z.looseObject({
    avg_speed_meters_per_second: maybeNumber,
    max_speed_meters_per_second: maybeNumber,
    speed_samples: samples({ speed_meters_per_second: maybeNumber }),
    cadence_samples: samples({ cadence_rpm: maybeNumber }),
  }).nullish(),
  power_data: z.looseObject({
    avg_watts: maybeNumber,
    max_watts: maybeNumber,
    power_samples: samples({ watts: maybeNumber }),
  }).nullish(),
  strain_data: z.looseObject({ strain_level: maybeNumber }).nullish(),
  lap_data: z.looseObject({
    laps: z.array(z.looseObject({
      start_time: maybeText,
      end_time: maybeText,
      distance_meters: maybeNumber,
      calories: maybeNumber,
      avg_hr_bpm: maybeNumber,
      avg_watts: maybeNumber,
    })).nullish(),
  }).nullish(),
});
type Row = z.output<typeof row>;

export const activity = resource({
  name: "activity",
  aliases: ["activity", "GET /activity"],
  produces: [...HEART_RATE_SAMPLES, "spo2", "vo2_max", "speed", "cadence_cycling", "power"],
  sessions: ["workout"],
  page: listOf(row, { rows: "data" }),
  record: ({ metadata: { summary_id } }) => summary_id ? { id: summary_id } : undefined,
  *normalise(row) {
    if (row.metadata.upload_type === DELETED) return yield { kind: "deletion" };
    const clock = clockOf(row.metadata);
    const workout = workoutOf(row, clock);
    if (!workout) return yield { kind: "quarantine", reason: "no_time" };
    if (workout.end < workout.start) {
      return yield { kind: "quarantine", reason: "interval_inverted" };
    }
    yield workout;
    yield* streams(row, clock);
    const { start, end, offsetMinutes, localDate } = workout;
    const vo2Max = millilitresPerKilogramMinute(row.oxygen_data?.vo2max_ml_per_min_per_kg);
    yield* measure("vo2_max", vo2Max, { start, end, ...present({ offsetMinutes, localDate }) });
  },
});

function workoutOf(row: Row, clock: Clock): Workout | undefined {
  const { metadata, movement_data: movement, power_data: power } = row;
  const start = clock(metadata.start_time);
  const end = clock(metadata.end_time);
  if (!start || !end) return undefined;
  const distance = row.distance_data?.summary;
  const calories = row.calories_data;
  const heart = row.heart_rate_data?.summary;
  return {
    kind: "workout",
    ...start,
    end: end.start,
    ...present({
      type: metadata.type == null ? undefined : ACTIVITY_TYPES[metadata.type],
      vendorType: metadata.type?.toString(),
      movingSeconds: row.active_durations_data?.activity_seconds,
      distanceMetres: distance?.distance_meters,
      energyKilocalories: calories?.total_burned_calories ?? energyOf(row),
      energyActiveKilocalories: calories?.net_activity_calories,
      energyBasalKilocalories: calories?.BMR_calories,
      steps: distance?.steps,
      hrAverage: heart?.avg_hr_bpm,
      hrMaximum: heart?.max_hr_bpm,
      hrMinimum: heart?.min_hr_bpm,
      averageSpeed: movement?.avg_speed_meters_per_second,
      maximumSpeed: movement?.max_speed_meters_per_second,
      elevationGainMetres: distance?.elevation?.gain_actual_meters,
      averagePowerWatts: power?.avg_watts,
      maximumPowerWatts: power?.max_watts,
      strain: row.strain_data?.strain_level,
      zoneSeconds: zonesOf(heart?.hr_zone_data),
      device: row.device_data?.name,
      laps: lapsOf((row.lap_data?.laps ?? []).map((lap) => ({
        start: clock(lap.start_time)?.start,
        end: clock(lap.end_time)?.start,
        distanceMetres: lap.distance_meters,
        energyKilocalories: lap.calories,
        hrAverage: lap.avg_hr_bpm,
        averagePowerWatts: lap.avg_watts,
      }))),
    }),
  };
}

function energyOf({ energy_data }: Row): number | undefined {
  const energy = energy_data?.energy_kilojoules;
  return energy == null ? undefined : convert(energy, "kJ", "kcal");
}

type Zones = NonNullable<NonNullable<Row["heart_rate_data"]>["summary"]>["hr_zone_data"];

/** Vendors draw five to seven zones; a number beyond this is none. */
const MAX_ZONES = 10;

/** Seconds in each zone, by the zone's number from zero; a zone that was not sent held nobody. */
function zonesOf(zones: Zones): readonly number[] | undefined {
  const held = new Map(zones?.map(({ zone, duration_seconds }) => [zone ?? -1, duration_seconds]));
  const length = Math.min(Math.max(-1, ...held.keys()) + 1, MAX_ZONES);
  return length > 0 ? Array.from({ length }, (_, zone) => held.get(zone) ?? 0) : undefined;
}

function* streams(row: Row, clock: Clock) {
  const { metadata, movement_data: movement } = row;
  yield* heartRateSamples(row.heart_rate_data, clock);
  yield* bloodOxygenSamples(row.oxygen_data?.saturation_samples, clock);
  for (const [{ speed_meters_per_second }, at] of timed(movement?.speed_samples, clock)) {
    yield* measure("speed", metresPerSecond(speed_meters_per_second), at);
  }
  if (metadata.type != null && CYCLING.has(metadata.type)) {
    for (const [{ cadence_rpm }, at] of timed(movement?.cadence_samples, clock)) {
      yield* measure("cadence_cycling", revolutionsPerMinute(cadence_rpm), at);
    }
  }
  for (const [reading, at] of timed(row.power_data?.power_samples, clock)) {
    yield* measure("power", watts(reading.watts), at);
  }
}

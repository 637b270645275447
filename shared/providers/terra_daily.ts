/** Terra's days: totals, summaries, scores; quirks in `terra.ts`. */
import { z } from "zod";
import {
  count,
  kilocalories,
  metabolicEquivalents,
  metres,
  millilitresPerKilogramMinute,
  percent,
  score,
  seconds,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  averageBloodOxygen,
  bloodOxygenSamples,
  clockOf,
  dayOfRecord,
  dayRecord,
  HEART_RATE_SAMPLES,
  HEART_RATE_SUMMARY,
  heartRateData,
  heartRateOfDay,
  heartRateSamples,
  maybeNumber,
  metadata,
  samples,
  saturationSamples,
  timed,
} from "./terra_samples.ts";

/** `UploadType` of days and activities; sleep numbers its own differently. */
const DELETED = 4;

const row = z.looseObject({
  metadata: metadata.extend({ upload_type: maybeNumber }),
  distance_data: z.looseObject({
    steps: maybeNumber,
    distance_meters: maybeNumber,
    floors_climbed: maybeNumber,
    elevation: z.looseObject({ gain_actual_meters: maybeNumber }).nullish(),
    swimming: z.looseObject({ num_strokes: maybeNumber }).nullish(),
  }).nullish(),
  calories_data: z.looseObject({
    total_burned_calories: maybeNumber,
    net_activity_calories: maybeNumber,
    BMR_calories: maybeNumber,
  }).nullish(),
  active_durations_data: z.looseObject({
    activity_seconds: maybeNumber,
    low_intensity_seconds: maybeNumber,
    moderate_intensity_seconds: maybeNumber,
    vigorous_intensity_seconds: maybeNumber,
    rest_seconds: maybeNumber,
    standing_seconds: maybeNumber,
    standing_hours_count: maybeNumber,
  }).nullish(),
  MET_data: z.looseObject({ avg_level: maybeNumber }).nullish(),
  heart_rate_data: heartRateData,
  oxygen_data: z.looseObject({
    avg_saturation_percentage: maybeNumber,
    vo2max_ml_per_min_per_kg: maybeNumber,
    saturation_samples: saturationSamples,
  }).nullish(),
  stress_data: z.looseObject({
    avg_stress_level: maybeNumber,
    high_stress_duration_seconds: maybeNumber,
    samples: samples({ level: maybeNumber }),
    body_battery_samples: samples({ level: maybeNumber }),
  }).nullish(),
  scores: z.looseObject({ recovery: maybeNumber, sleep: maybeNumber }).nullish(),
  strain_data: z.looseObject({ strain_level: maybeNumber }).nullish(),
});
type Row = z.output<typeof row>;

export const daily = resource({
  name: "daily",
  aliases: ["daily", "GET /daily"],
  produces: [
    "steps",
    "distance",
    "floors_climbed",
    "elevation_gain",
    "swimming_strokes",
    "energy_total",
    "energy_active",
    "energy_basal",
    "active_duration",
    "active_duration_low",
    "active_duration_moderate",
    "active_duration_vigorous",
    "sedentary_duration",
    "stand_duration",
    "stand_hours",
    "met_avg",
    ...HEART_RATE_SAMPLES,
    ...HEART_RATE_SUMMARY,
    "spo2",
    "vo2_max",
    "stress_score",
    "stress_high_duration",
    "body_battery",
    "recovery_score",
    "sleep_score",
    "strain_score",
  ],
  page: listOf(row, { rows: "data" }),
  record: dayRecord,
  *normalise(row) {
    if (row.metadata.upload_type === DELETED) return yield { kind: "deletion" };
    const day = dayOfRecord(row);
    if (!day) return yield { kind: "quarantine", reason: "no_identity" };
    yield* movement(row, day);
    yield* durations(row, day);
    yield* vitals(row, day);
    yield* stressAndScores(row, day);
  },
});

type Day = NonNullable<ReturnType<typeof dayOfRecord>>;

function* movement({ distance_data: distance, calories_data: calories, MET_data }: Row, day: Day) {
  yield* measure("steps", count(distance?.steps), day);
  yield* measure("distance", metres(distance?.distance_meters), day);
  yield* measure("floors_climbed", count(distance?.floors_climbed), day);
  yield* measure("elevation_gain", metres(distance?.elevation?.gain_actual_meters), day);
  yield* measure("swimming_strokes", count(distance?.swimming?.num_strokes), day);
  yield* measure("energy_total", kilocalories(calories?.total_burned_calories), day);
  yield* measure("energy_active", kilocalories(calories?.net_activity_calories), day);
  yield* measure("energy_basal", kilocalories(calories?.BMR_calories), day);
  yield* measure("met_avg", metabolicEquivalents(MET_data?.avg_level), {
    ...day,
    statistic: "average",
  });
}

function* durations({ active_durations_data: active }: Row, day: Day) {
  yield* measure("active_duration", seconds(active?.activity_seconds), day);
  yield* measure("active_duration_low", seconds(active?.low_intensity_seconds), day);
  yield* measure("active_duration_moderate", seconds(active?.moderate_intensity_seconds), day);
  yield* measure("active_duration_vigorous", seconds(active?.vigorous_intensity_seconds), day);
  yield* measure("sedentary_duration", seconds(active?.rest_seconds), day);
  yield* measure("stand_duration", seconds(active?.standing_seconds), day);
  yield* measure("stand_hours", count(active?.standing_hours_count), day);
}

function* vitals({ heart_rate_data, oxygen_data: oxygen, metadata }: Row, day: Day) {
  const clock = clockOf(metadata);
  yield* heartRateOfDay(heart_rate_data, day);
  yield* heartRateSamples(heart_rate_data, clock);
  const readings = oxygen?.saturation_samples;
  yield* measure(
    "spo2",
    percent(averageBloodOxygen(oxygen?.avg_saturation_percentage, readings)),
    { ...day, statistic: "average" },
  );
  yield* bloodOxygenSamples(readings, clock);
  yield* measure("vo2_max", millilitresPerKilogramMinute(oxygen?.vo2max_ml_per_min_per_kg), day);
}

function* stressAndScores({ stress_data: stress, scores, strain_data, metadata }: Row, day: Day) {
  const clock = clockOf(metadata);
  yield* measure("stress_score", score(measured(stress?.avg_stress_level)), {
    ...day,
    statistic: "average",
  });
  yield* measure("stress_high_duration", seconds(stress?.high_stress_duration_seconds), day);
  for (const [{ level }, at] of timed(stress?.samples, clock)) {
    yield* measure("stress_score", score(measured(level)), at);
  }
  for (const [{ level }, at] of timed(stress?.body_battery_samples, clock)) {
    yield* measure("body_battery", score(measured(level)), at);
  }
  yield* rate("recovery_score", scores?.recovery, [0, 100], day);
  yield* rate("sleep_score", scores?.sleep, [0, 100], day);
  yield* rate("strain_score", strain_data?.strain_level, "open_ended", day);
}

/** Garmin's levels below zero, which Terra passes on, say why there was no measurement. */
function measured(level: number | null | undefined): number | undefined {
  return level == null || level < 0 ? undefined : level;
}

/** ROOK's nights; quirks in `rook.ts`. */
import { z } from "zod";
import type { SleepSession } from "../catalog/normalized.ts";
import { beatsPerMinute, breathsPerMinute } from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  dateOf,
  dayAfter,
  dayRecord,
  dayRequest,
  deviceOf,
  granular,
  maybeNumber,
  maybeText,
  ROOK_POLL,
  timed,
  timeOf,
} from "./rook_api.ts";
import {
  HEART_READINGS,
  heartRate,
  heartReadings,
  saturationReadings,
  saturations,
} from "./rook_vitals.ts";

const row = z.looseObject({
  ...heartRate.row.shape,
  duration: z.looseObject({
    sleep_start_datetime_string: maybeText,
    sleep_end_datetime_string: maybeText,
    sleep_date_string: maybeText,
    sleep_duration_seconds_int: maybeNumber,
    time_in_bed_seconds_int: maybeNumber,
    light_sleep_duration_seconds_int: maybeNumber,
    rem_sleep_duration_seconds_int: maybeNumber,
    deep_sleep_duration_seconds_int: maybeNumber,
    time_to_fall_asleep_seconds_int: maybeNumber,
    time_awake_during_sleep_seconds_int: maybeNumber,
  }).nullish(),
  scores: z.looseObject({
    sleep_quality_rating_1_5_score_int: maybeNumber,
    sleep_efficiency_1_100_score_int: maybeNumber,
  }).nullish(),
  breathing: z.looseObject({
    breaths_avg_per_min_int: maybeNumber,
    breathing_granular_data_array: granular({ breaths_per_min_int: maybeNumber }),
    saturation_avg_percentage_int: maybeNumber,
    saturation_granular_data_array: saturations,
  }).nullish(),
});
type Row = z.output<typeof row>;

/** One a day. There are no stages, only how long each was. */
export const sleepSummary = resource({
  name: "sleep_summary",
  aliases: ["GET /v2/processed_data/sleep_health/summary", "sleep_summary"],
  produces: [...HEART_READINGS, "resting_heart_rate", "respiratory_rate", "spo2", "sleep_score"],
  sessions: ["sleep"],
  poll: ROOK_POLL,
  page: listOf(row, { rows: "sleep_health.summary.sleep_summary" }),
  request: (ask) => dayRequest("sleep_health/summary", ask),
  next: dayAfter,
  record: dayRecord,
  *normalise(row) {
    const night = nightOf(row);
    if (!night) return yield { kind: "quarantine", reason: "no_time" };
    if (night.end <= night.start) return yield { kind: "quarantine", reason: "interval_inverted" };
    yield sessionOf(row, night);
    const device = deviceOf(row);
    const resting = beatsPerMinute(row.heart_rate?.hr_resting_bpm_int);
    yield* measure("resting_heart_rate", resting, { ...night, ...device });
    yield* rate("sleep_score", row.scores?.sleep_quality_rating_1_5_score_int, [1, 5], {
      ...night,
      vendorName: "sleep_quality_rating",
    });
    yield* heartReadings(row);
    const { breathing } = row;
    for (const [one, when] of timed(breathing?.breathing_granular_data_array, device)) {
      yield* measure("respiratory_rate", breathsPerMinute(one.breaths_per_min_int), when);
    }
    yield* saturationReadings(row, breathing?.saturation_granular_data_array);
  },
});

type Night = Pick<SleepSession, "start" | "end" | "offsetMinutes" | "localDate">;

/** `sleep_date_string` is the day that it ends on, as it is written. */
function nightOf({ duration }: Row): Night | undefined {
  const start = timeOf(duration?.sleep_start_datetime_string);
  const end = timeOf(duration?.sleep_end_datetime_string)?.start;
  const localDate = dateOf(duration?.sleep_date_string);
  return start && end && { ...start, end, ...present({ localDate }) };
}

function sessionOf(row: Row, night: Night): SleepSession {
  const { duration, heart_rate: heart, breathing, scores } = row;
  return {
    kind: "sleep",
    ...night,
    ...present({
      inBedSeconds: duration?.time_in_bed_seconds_int,
      asleepSeconds: duration?.sleep_duration_seconds_int,
      deepSeconds: duration?.deep_sleep_duration_seconds_int,
      lightSeconds: duration?.light_sleep_duration_seconds_int,
      remSeconds: duration?.rem_sleep_duration_seconds_int,
      awakeSeconds: duration?.time_awake_during_sleep_seconds_int,
      latencySeconds: duration?.time_to_fall_asleep_seconds_int,
      efficiencyPercent: scores?.sleep_efficiency_1_100_score_int,
      hrAverage: heart?.hr_avg_bpm_int,
      hrMinimum: heart?.hr_minimum_bpm_int,
      hrvRmssd: heart?.hrv_avg_rmssd_float,
      hrvSdnn: heart?.hrv_avg_sdnn_float,
      respiratoryRate: breathing?.breaths_avg_per_min_int,
      spo2Average: breathing?.saturation_avg_percentage_int,
      device: deviceOf(row).device,
    }),
  };
}

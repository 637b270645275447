/** Terra's sleeps; quirks in `terra.ts`. */
import { z } from "zod";
import type { SleepSession, SleepStage, SleepStageSpan } from "../catalog/normalized.ts";
import { beatsPerMinute, breathsPerMinute, kelvinDifference } from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  averageBloodOxygen,
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

const row = z.looseObject({
  metadata: metadata.extend({ summary_id: maybeText, is_nap: z.boolean().nullish() }),
  device_data: z.looseObject({ name: maybeText }).nullish(),
  sleep_durations_data: z.looseObject({
    asleep: z.looseObject({
      duration_asleep_state_seconds: maybeNumber,
      duration_deep_sleep_state_seconds: maybeNumber,
      duration_light_sleep_state_seconds: maybeNumber,
      duration_REM_sleep_state_seconds: maybeNumber,
    }).nullish(),
    awake: z.looseObject({
      duration_awake_state_seconds: maybeNumber,
      sleep_latency_seconds: maybeNumber,
      num_wakeup_events: maybeNumber,
    }).nullish(),
    other: z.looseObject({ duration_in_bed_seconds: maybeNumber }).nullish(),
    sleep_efficiency: maybeNumber,
    hypnogram_samples: samples({ level: maybeNumber }),
  }).nullish(),
  heart_rate_data: heartRateData,
  respiration_data: z.looseObject({
    breaths_data: z.looseObject({
      avg_breaths_per_min: maybeNumber,
      samples: samples({ breaths_per_min: maybeNumber }),
    }).nullish(),
    oxygen_saturation_data: z.looseObject({
      avg_saturation_percentage: maybeNumber,
      samples: saturationSamples,
    }).nullish(),
  }).nullish(),
  temperature_data: z.looseObject({ delta: maybeNumber }).nullish(),
  readiness_data: z.looseObject({ readiness: maybeNumber, recovery_level: maybeNumber }).nullish(),
  scores: z.looseObject({ sleep: maybeNumber }).nullish(),
});
type Row = z.output<typeof row>;

export const sleep = resource({
  name: "sleep",
  aliases: ["sleep", "GET /sleep"],
  produces: [
    ...HEART_RATE_SAMPLES,
    "resting_heart_rate",
    "respiratory_rate",
    "spo2",
    "skin_temperature_deviation",
    "readiness_score",
    "recovery_score",
    "sleep_score",
  ],
  sessions: ["sleep"],
  page: listOf(row, { rows: "data" }),
  record: ({ metadata: { summary_id } }) => summary_id ? { id: summary_id } : undefined,
  *normalise(row) {
    const clock = clockOf(row.metadata);
    const night = nightOf(row, clock);
    if (!night) return yield { kind: "quarantine", reason: "no_time" };
    if (night.end <= night.start) return yield { kind: "quarantine", reason: "interval_inverted" };
    yield sessionOf(row, night, clock);
    yield* samplesOf(row, clock);
    const resting = beatsPerMinute(row.heart_rate_data?.summary?.resting_hr_bpm);
    yield* measure("resting_heart_rate", resting, night);
    const delta = kelvinDifference(row.temperature_data?.delta);
    yield* measure("skin_temperature_deviation", delta, night);
    yield* rate("readiness_score", row.readiness_data?.readiness, [0, 100], night);
    yield* rate("recovery_score", row.readiness_data?.recovery_level, [0, 100], night);
    yield* rate("sleep_score", row.scores?.sleep, [0, 100], night);
  },
});

type Night = Pick<SleepSession, "start" | "end" | "offsetMinutes" | "localDate">;

/** A night belongs to the day it ends on, as that is written; UTC times name no such day. */
function nightOf({ metadata }: Row, clock: Clock): Night | undefined {
  const start = clock(metadata.start_time);
  const end = clock(metadata.end_time);
  if (!start || !end) return undefined;
  const isLocal = end.offsetMinutes !== undefined || end.localDate !== undefined;
  return {
    start: start.start,
    end: end.start,
    ...present({
      offsetMinutes: start.offsetMinutes,
      localDate: isLocal ? metadata.end_time?.slice(0, 10) : undefined,
    }),
  };
}

function sessionOf(row: Row, night: Night, clock: Clock): SleepSession {
  const durations = row.sleep_durations_data;
  const { asleep, awake, other } = durations ?? {};
  const heart = row.heart_rate_data?.summary;
  const breathing = row.respiration_data;
  const stages = stagesOf(row, night, clock);
  return {
    kind: "sleep",
    ...night,
    ...present({
      isNap: row.metadata.is_nap,
      inBedSeconds: other?.duration_in_bed_seconds,
      asleepSeconds: asleep?.duration_asleep_state_seconds,
      deepSeconds: asleep?.duration_deep_sleep_state_seconds,
      lightSeconds: asleep?.duration_light_sleep_state_seconds,
      remSeconds: asleep?.duration_REM_sleep_state_seconds,
      awakeSeconds: awake?.duration_awake_state_seconds,
      latencySeconds: awake?.sleep_latency_seconds,
      disturbances: awake?.num_wakeup_events,
      efficiencyPercent: asPercent(durations?.sleep_efficiency),
      hrAverage: heart?.avg_hr_bpm,
      hrMinimum: heart?.min_hr_bpm,
      hrvRmssd: heart?.avg_hrv_rmssd,
      hrvSdnn: heart?.avg_hrv_sdnn,
      respiratoryRate: breathing?.breaths_data?.avg_breaths_per_min,
      spo2Average: averageBloodOxygen(
        breathing?.oxygen_saturation_data?.avg_saturation_percentage,
        breathing?.oxygen_saturation_data?.samples,
      ),
      vendorScore: row.scores?.sleep,
      device: row.device_data?.name,
      stages: stages.length > 0 ? stages : undefined,
    }),
  };
}

function* samplesOf({ heart_rate_data, respiration_data }: Row, clock: Clock) {
  yield* heartRateSamples(heart_rate_data, clock);
  for (const [reading, at] of timed(respiration_data?.breaths_data?.samples, clock)) {
    yield* measure("respiratory_rate", breathsPerMinute(reading.breaths_per_min), at);
  }
  yield* bloodOxygenSamples(respiration_data?.oxygen_saturation_data?.samples, clock);
}

/** Percent as documented, and a fraction where some provider behind Terra lets one through. */
function asPercent(efficiency: number | null | undefined): number | undefined {
  if (efficiency == null) return undefined;
  return efficiency <= 1 ? efficiency * 100 : efficiency;
}

/** `SleepLevel`, by its number. */
const STAGES: readonly SleepStage[] = [
  "unknown",
  "awake",
  "asleep",
  "out_of_bed",
  "light",
  "deep",
  "rem",
];

/** Each level lasts until the next; equal neighbours are one span, and the last ends with the night. */
function stagesOf(row: Row, night: Night, clock: Clock): readonly SleepStageSpan[] {
  const marks = [...timed(row.sleep_durations_data?.hypnogram_samples, clock)]
    .map(([{ level }, at]) => ({ stage: STAGES[level ?? 0] ?? "unknown", start: at.start }))
    .filter(({ start }) => start < night.end)
    .sort((a, b) => a.start.getTime() - b.start.getTime())
    .filter(({ stage }, index, all) => stage !== all[index - 1]?.stage);
  return marks.map((mark, index) => ({ ...mark, end: marks[index + 1]?.start ?? night.end }));
}

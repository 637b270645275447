/** Google's sleeps and exercises; quirks in `google_health.ts`. */
import { z } from "zod";
import type { SleepStage, SleepStageSpan } from "../catalog/normalized.ts";
import {
  convert,
  millilitresPerKilogramMinute,
  millimetres,
  type Reading,
  seconds,
  stepsPerMinute,
} from "../catalog/units.ts";
import { localDateOf, parseInstant } from "../core/time.ts";
import { resource } from "./define.ts";
import {
  ACTIVITY,
  interval,
  maybeDuration,
  maybeNumber,
  maybeText,
  maybeWhole,
  NO_TIME,
  numberOf,
  point,
  reconciled,
  secondsOf,
  SLEEP,
  sourceOf,
  spanOf,
} from "./google_health_points.ts";
import { sportOf } from "./google_health_sports.ts";
import { lapsOf } from "./kit/laps.ts";
import { measure, present } from "./kit/measure.ts";

/** `RESTLESS`, of sleeps without stages, counts as neither asleep nor awake. */
const STAGES: Readonly<Record<string, SleepStage>> = {
  AWAKE: "awake",
  LIGHT: "light",
  DEEP: "deep",
  REM: "rem",
  ASLEEP: "asleep",
};

const stage = z.looseObject({ startTime: z.string(), endTime: z.string(), type: maybeText });

const night = z.looseObject({
  interval,
  updateTime: maybeText,
  stages: z.array(stage).nullish(),
  metadata: z.looseObject({ nap: z.boolean().nullish() }).nullish(),
  summary: z.looseObject({
    minutesInSleepPeriod: maybeWhole,
    minutesAsleep: maybeWhole,
    minutesAwake: maybeWhole,
    minutesToFallAsleep: maybeWhole,
    stagesSummary: z.array(z.looseObject({
      type: maybeText,
      minutes: maybeWhole,
      count: maybeWhole,
    })).nullish(),
  }).nullish(),
});

const sleep = resource({
  ...reconciled("sleep", "sleep", {
    row: z.looseObject({ ...point, sleep: night }),
    at: ({ sleep }) => spanOf(sleep.interval),
    updated: ({ sleep }) => sleep.updateTime,
  }),
  scope: SLEEP,
  produces: [],
  sessions: ["sleep"],
  *normalise(row) {
    const { interval, summary, metadata, stages } = row.sleep;
    const at = spanOf(interval);
    if (!at) return yield NO_TIME;
    const offset = secondsOf(interval.endUtcOffset);
    const of = (type: string) => summary?.stagesSummary?.find((one) => one.type === type);
    const [light, deep, rem] = ["LIGHT", "DEEP", "REM"]
      .map((type) => minutesToSeconds(of(type)?.minutes));
    const isStaged = light !== undefined && deep !== undefined && rem !== undefined;
    yield {
      kind: "sleep",
      ...at,
      // A night belongs to the morning on which it ends, on the clock of that morning.
      ...(offset === undefined ? {} : { localDate: localDateOf(at.end, offset / 60) }),
      ...present({
        device: sourceOf(row).device,
        isNap: metadata?.nap,
        inBedSeconds: minutesToSeconds(summary?.minutesInSleepPeriod),
        asleepSeconds: isStaged ? light + deep + rem : minutesToSeconds(summary?.minutesAsleep),
        lightSeconds: light,
        deepSeconds: deep,
        remSeconds: rem,
        awakeSeconds: minutesToSeconds(summary?.minutesAwake),
        latencySeconds: minutesToSeconds(summary?.minutesToFallAsleep),
        disturbances: numberOf(of("AWAKE")?.count),
        stages: stagesOf(stages ?? []),
      }),
    };
  },
});

function minutesToSeconds(minutes: z.output<typeof maybeWhole>): number | undefined {
  const value = numberOf(minutes);
  return value == null ? undefined : convert(value, "min", "s");
}

function stagesOf(stages: readonly z.output<typeof stage>[]): SleepStageSpan[] | undefined {
  const spans = stages.flatMap(({ startTime, endTime, type }): SleepStageSpan[] => {
    const [start, end] = [parseInstant(startTime)?.instant, parseInstant(endTime)?.instant];
    if (!start || !end || end < start) return [];
    return [{ stage: STAGES[type ?? ""] ?? "unknown", start, end }];
  }).toSorted((a, b) => a.start.getTime() - b.start.getTime());
  return spans.length > 0 ? spans : undefined;
}

const zones = z.looseObject({
  lightTime: maybeDuration,
  moderateTime: maybeDuration,
  vigorousTime: maybeDuration,
  peakTime: maybeDuration,
});

const metricsSummary = z.looseObject({
  caloriesKcal: maybeNumber,
  distanceMillimeters: maybeNumber,
  elevationGainMillimeters: maybeNumber,
  averageSpeedMillimetersPerSecond: maybeNumber,
  averageHeartRateBeatsPerMinute: maybeWhole,
  steps: maybeWhole,
  runVo2Max: maybeNumber,
  heartRateZoneDurations: zones.nullish(),
  mobilityMetrics: z.looseObject({
    avgCadenceStepsPerMinute: maybeNumber,
    avgGroundContactTimeDuration: maybeDuration,
    avgStrideLengthMillimeters: maybeWhole,
    avgVerticalOscillationMillimeters: maybeWhole,
  }).nullish(),
});

const split = z.looseObject({
  startTime: maybeText,
  endTime: maybeText,
  metricsSummary: metricsSummary.nullish(),
});

const exercise = resource({
  ...reconciled("exercise", "session", {
    row: z.looseObject({
      ...point,
      exercise: z.looseObject({
        interval,
        exerciseType: maybeText,
        activeDuration: maybeDuration,
        metricsSummary: metricsSummary.nullish(),
        splitSummaries: z.array(split).nullish(),
        splits: z.array(split).nullish(),
        updateTime: maybeText,
      }),
    }),
    at: ({ exercise }) => spanOf(exercise.interval),
    updated: ({ exercise }) => exercise.updateTime,
  }),
  scope: ACTIVITY,
  produces: [
    "cadence_running",
    "running_ground_contact_time",
    "running_stride_length",
    "running_vertical_oscillation",
    "vo2_max",
  ],
  sessions: ["workout"],
  *normalise(row) {
    const { interval, exerciseType, activeDuration, metricsSummary: summary } = row.exercise;
    const at = spanOf(interval);
    if (!at) return yield NO_TIME;
    const zones = summary?.heartRateZoneDurations;
    const zoneSeconds = [
      zones?.lightTime,
      zones?.moderateTime,
      zones?.vigorousTime,
      zones?.peakTime,
    ].map(secondsOf).filter((one) => one !== undefined);
    yield {
      kind: "workout",
      ...at,
      ...present({
        device: sourceOf(row).device,
        type: sportOf(exerciseType),
        vendorType: exerciseType,
        movingSeconds: secondsOf(activeDuration),
        energyKilocalories: summary?.caloriesKcal,
        distanceMetres: millimetresToMetres(summary?.distanceMillimeters),
        elevationGainMetres: millimetresToMetres(summary?.elevationGainMillimeters),
        averageSpeed: millimetresToMetres(summary?.averageSpeedMillimetersPerSecond),
        hrAverage: numberOf(summary?.averageHeartRateBeatsPerMinute),
        steps: numberOf(summary?.steps),
        // Four or none: a zone left out would shift the others.
        zoneSeconds: zoneSeconds.length === 4 ? zoneSeconds : undefined,
        // Laps as they were marked; where nobody did, each kilometre or mile.
        laps: splitsOf(row.exercise.splitSummaries) ?? splitsOf(row.exercise.splits),
      }),
    };
    const average = { ...at, statistic: "average" } as const;
    const running = summary?.mobilityMetrics;
    const contact = seconds(secondsOf(running?.avgGroundContactTimeDuration));
    const stride = millimetres(numberOf(running?.avgStrideLengthMillimeters));
    const bounce = millimetres(numberOf(running?.avgVerticalOscillationMillimeters));
    const cadence = stepsPerMinute(running?.avgCadenceStepsPerMinute);
    yield* measure("cadence_running", cadence, average);
    yield* measure("running_ground_contact_time", contact, average);
    yield* measure("running_stride_length", stride, average);
    yield* measure("running_vertical_oscillation", bounce, average);
    yield* measure("vo2_max", millilitresPerKilogramMinute(summary?.runVo2Max), at);
  },
});

function splitsOf(splits: readonly z.output<typeof split>[] | null | undefined) {
  return lapsOf((splits ?? []).map(({ startTime, endTime, metricsSummary: summary }) => ({
    start: parseInstant(startTime ?? "")?.instant,
    end: parseInstant(endTime ?? "")?.instant,
    distanceMetres: millimetresToMetres(summary?.distanceMillimeters),
    energyKilocalories: summary?.caloriesKcal,
    hrAverage: numberOf(summary?.averageHeartRateBeatsPerMinute),
  })));
}

function millimetresToMetres(millimetres: Reading): number | undefined {
  return millimetres == null ? undefined : convert(millimetres, "mm", "m");
}

export const GOOGLE_HEALTH_SESSIONS = [sleep, exercise] as const;

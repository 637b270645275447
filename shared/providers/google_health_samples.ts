/** Google's points of an instant: heart, oxygen, breath, VO2 max; quirks in `google_health.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  breathsPerMinute,
  millilitresPerKilogramMinute,
  milliseconds,
  percent,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import {
  ACTIVITY,
  instantOf,
  maybeNumber,
  maybeWhole,
  MEASUREMENTS,
  numberOf,
  point,
  reconciled,
  sampleTime,
  timed,
} from "./google_health_points.ts";
import { measure } from "./kit/measure.ts";

const heartRate = resource({
  ...reconciled("heart-rate", "sample", {
    // One every five seconds.
    rows: 5_000,
    row: z.looseObject({
      ...point,
      heartRate: z.looseObject({ sampleTime, beatsPerMinute: maybeWhole }),
    }),
    at: ({ heartRate }) => instantOf(heartRate.sampleTime),
  }),
  scope: MEASUREMENTS,
  historyDays: 30,
  produces: ["heart_rate"],
  normalise: ({ heartRate: { sampleTime, beatsPerMinute: rate } }) =>
    timed(
      instantOf(sampleTime),
      (at) => measure("heart_rate", beatsPerMinute(numberOf(rate)), at),
    ),
});

const heartRateVariability = resource({
  ...reconciled("heart-rate-variability", "sample", {
    row: z.looseObject({
      ...point,
      heartRateVariability: z.looseObject({
        sampleTime,
        rootMeanSquareOfSuccessiveDifferencesMilliseconds: maybeNumber,
        standardDeviationMilliseconds: maybeNumber,
      }),
    }),
    at: ({ heartRateVariability }) => instantOf(heartRateVariability.sampleTime),
  }),
  scope: MEASUREMENTS,
  produces: ["hrv_rmssd", "hrv_sdnn"],
  normalise: ({ heartRateVariability: hrv }) =>
    timed(instantOf(hrv.sampleTime), function* (at) {
      const rmssd = hrv.rootMeanSquareOfSuccessiveDifferencesMilliseconds;
      yield* measure("hrv_rmssd", milliseconds(rmssd), at);
      yield* measure("hrv_sdnn", milliseconds(hrv.standardDeviationMilliseconds), at);
    }),
});

const oxygenSaturation = resource({
  ...reconciled("oxygen-saturation", "sample", {
    row: z.looseObject({
      ...point,
      oxygenSaturation: z.looseObject({ sampleTime, percentage: maybeNumber }),
    }),
    at: ({ oxygenSaturation }) => instantOf(oxygenSaturation.sampleTime),
  }),
  scope: MEASUREMENTS,
  produces: ["spo2"],
  normalise: ({ oxygenSaturation: { sampleTime, percentage } }) =>
    timed(instantOf(sampleTime), (at) => measure("spo2", percent(percentage), at)),
});

/** One a night, at its end; light, deep and REM sleep apart stay in the raw record. */
const respiratoryRate = resource({
  ...reconciled("respiratory-rate-sleep-summary", "sample", {
    row: z.looseObject({
      ...point,
      respiratoryRateSleepSummary: z.looseObject({
        sampleTime,
        fullSleepStats: z.looseObject({ breathsPerMinute: maybeNumber }).nullish(),
      }),
    }),
    at: ({ respiratoryRateSleepSummary }) => instantOf(respiratoryRateSleepSummary.sampleTime),
  }),
  scope: MEASUREMENTS,
  produces: ["respiratory_rate"],
  normalise: ({ respiratoryRateSleepSummary: { sampleTime, fullSleepStats } }) =>
    timed(
      instantOf(sampleTime),
      (at) =>
        measure("respiratory_rate", breathsPerMinute(fullSleepStats?.breathsPerMinute), {
          ...at,
          statistic: "nightly_average",
        }),
    ),
});

const vo2Max = resource({
  ...reconciled("vo2-max", "sample", {
    row: z.looseObject({ ...point, vo2Max: z.looseObject({ sampleTime, vo2Max: maybeNumber }) }),
    at: ({ vo2Max }) => instantOf(vo2Max.sampleTime),
  }),
  scope: ACTIVITY,
  produces: ["vo2_max"],
  normalise: ({ vo2Max: { sampleTime, vo2Max } }) =>
    timed(
      instantOf(sampleTime),
      (at) => measure("vo2_max", millilitresPerKilogramMinute(vo2Max), at),
    ),
});

const runVo2Max = resource({
  ...reconciled("run-vo2-max", "sample", {
    row: z.looseObject({
      ...point,
      runVo2Max: z.looseObject({ sampleTime, runVo2Max: maybeNumber }),
    }),
    at: ({ runVo2Max }) => instantOf(runVo2Max.sampleTime),
  }),
  scope: ACTIVITY,
  produces: ["vo2_max"],
  normalise: ({ runVo2Max: { sampleTime, runVo2Max } }) =>
    timed(
      instantOf(sampleTime),
      (at) => measure("vo2_max", millilitresPerKilogramMinute(runVo2Max), at),
    ),
});

export const GOOGLE_HEALTH_SAMPLES = [
  heartRate,
  heartRateVariability,
  oxygenSaturation,
  respiratoryRate,
  vo2Max,
  runVo2Max,
] as const;

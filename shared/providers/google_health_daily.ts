/** Google's one value a day, made of a night; quirks in `google_health.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  breathsPerMinute,
  celsius,
  kelvinDifference,
  millilitresPerKilogramMinute,
  milliseconds,
  percent,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import {
  ACTIVITY,
  date,
  dayIn,
  maybeNumber,
  maybeWhole,
  MEASUREMENTS,
  numberOf,
  point,
  reconciled,
  timed,
} from "./google_health_points.ts";
import { measure } from "./kit/measure.ts";

/** The night that ends on the day. */
const NIGHT = { statistic: "nightly_average" } as const;

const restingHeartRate = resource({
  ...reconciled("daily-resting-heart-rate", "daily", {
    row: z.looseObject({
      ...point,
      dailyRestingHeartRate: z.looseObject({ date, beatsPerMinute: maybeWhole }),
    }),
    at: ({ dailyRestingHeartRate }) => dayIn(dailyRestingHeartRate.date),
  }),
  scope: MEASUREMENTS,
  produces: ["resting_heart_rate"],
  normalise: ({ dailyRestingHeartRate: { date, beatsPerMinute: rate } }) =>
    timed(
      dayIn(date),
      (day) => measure("resting_heart_rate", beatsPerMinute(numberOf(rate)), day),
    ),
});

/** Its "average" is an RMSSD too, by its own description. */
const heartRateVariability = resource({
  ...reconciled("daily-heart-rate-variability", "daily", {
    row: z.looseObject({
      ...point,
      dailyHeartRateVariability: z.looseObject({
        date,
        averageHeartRateVariabilityMilliseconds: maybeNumber,
      }),
    }),
    at: ({ dailyHeartRateVariability }) => dayIn(dailyHeartRateVariability.date),
  }),
  scope: MEASUREMENTS,
  produces: ["hrv_rmssd"],
  normalise: ({ dailyHeartRateVariability: hrv }) =>
    timed(
      dayIn(hrv.date),
      (day) =>
        measure("hrv_rmssd", milliseconds(hrv.averageHeartRateVariabilityMilliseconds), {
          ...day,
          ...NIGHT,
        }),
    ),
});

/** The bounds are those of a confidence interval, not the lowest and the highest of a night. */
const oxygenSaturation = resource({
  ...reconciled("daily-oxygen-saturation", "daily", {
    row: z.looseObject({
      ...point,
      dailyOxygenSaturation: z.looseObject({ date, averagePercentage: maybeNumber }),
    }),
    at: ({ dailyOxygenSaturation }) => dayIn(dailyOxygenSaturation.date),
  }),
  scope: MEASUREMENTS,
  produces: ["spo2"],
  normalise: ({ dailyOxygenSaturation: { date, averagePercentage } }) =>
    timed(dayIn(date), (day) => measure("spo2", percent(averagePercentage), { ...day, ...NIGHT })),
});

const respiratoryRate = resource({
  ...reconciled("daily-respiratory-rate", "daily", {
    row: z.looseObject({
      ...point,
      dailyRespiratoryRate: z.looseObject({ date, breathsPerMinute: maybeNumber }),
    }),
    at: ({ dailyRespiratoryRate }) => dayIn(dailyRespiratoryRate.date),
  }),
  scope: MEASUREMENTS,
  produces: ["respiratory_rate"],
  normalise: ({ dailyRespiratoryRate: { date, breathsPerMinute: rate } }) =>
    timed(
      dayIn(date),
      (day) => measure("respiratory_rate", breathsPerMinute(rate), { ...day, ...NIGHT }),
    ),
});

const sleepTemperature = resource({
  ...reconciled("daily-sleep-temperature-derivations", "daily", {
    row: z.looseObject({
      ...point,
      dailySleepTemperatureDerivations: z.looseObject({
        date,
        nightlyTemperatureCelsius: maybeNumber,
        baselineTemperatureCelsius: maybeNumber,
      }),
    }),
    at: ({ dailySleepTemperatureDerivations }) => dayIn(dailySleepTemperatureDerivations.date),
  }),
  scope: MEASUREMENTS,
  produces: ["skin_temperature", "skin_temperature_deviation"],
  normalise: ({ dailySleepTemperatureDerivations: night }) =>
    timed(dayIn(night.date), function* (day) {
      const skin = night.nightlyTemperatureCelsius;
      const baseline = night.baselineTemperatureCelsius;
      const deviation = skin == null || baseline == null ? null : skin - baseline;
      const at = { ...day, ...NIGHT };
      yield* measure("skin_temperature", celsius(skin), at);
      yield* measure("skin_temperature_deviation", kelvinDifference(deviation), at);
    }),
});

const vo2Max = resource({
  ...reconciled("daily-vo2-max", "daily", {
    row: z.looseObject({
      ...point,
      dailyVo2Max: z.looseObject({
        date,
        vo2Max: maybeNumber,
        estimated: z.boolean().nullish(),
      }),
    }),
    at: ({ dailyVo2Max }) => dayIn(dailyVo2Max.date),
  }),
  scope: ACTIVITY,
  produces: ["vo2_max"],
  normalise: ({ dailyVo2Max: { date, vo2Max, estimated } }) =>
    timed(dayIn(date), (day) =>
      measure("vo2_max", millilitresPerKilogramMinute(vo2Max), {
        ...day,
        ...(estimated ? { estimated } : {}),
      })),
});

export const GOOGLE_HEALTH_DAILY = [
  restingHeartRate,
  heartRateVariability,
  oxygenSaturation,
  respiratoryRate,
  sleepTemperature,
  vo2Max,
] as const;

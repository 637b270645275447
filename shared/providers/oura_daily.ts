/** Oura's documents of a day: activity, scores, oxygen, stress, heart; quirks in `oura.ts`. */
import { z } from "zod";
import {
  count,
  eventsPerHour,
  kelvinDifference,
  kilocalories,
  metabolicEquivalents,
  metres,
  metresPerSecond,
  millilitresPerKilogramMinute,
  percent,
  seconds,
  years,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure, rate } from "./kit/measure.ts";
import { dayTotal, offsetOf } from "./kit/when.ts";
import { collection, identified, maybeNumber, maybeText } from "./oura_collection.ts";

/** A document a day. The day is the person's; a timestamp, where there is one, tells its offset. */
const daily = { ...identified, day: z.iso.date(), timestamp: maybeText };

function dayOfDocument(
  row: { readonly day: string; readonly timestamp?: string | null | undefined },
) {
  return dayTotal(row.day, offsetOf(row.timestamp));
}

const dailyActivity = resource({
  ...collection(
    "daily_activity",
    z.looseObject({
      ...daily,
      steps: maybeNumber,
      active_calories: maybeNumber,
      total_calories: maybeNumber,
      equivalent_walking_distance: maybeNumber,
      average_met_minutes: maybeNumber,
      low_activity_time: maybeNumber,
      medium_activity_time: maybeNumber,
      high_activity_time: maybeNumber,
      sedentary_time: maybeNumber,
    }),
  ),
  scope: "daily",
  produces: [
    "steps",
    "energy_active",
    "energy_total",
    "distance",
    "met_avg",
    "active_duration_low",
    "active_duration_moderate",
    "active_duration_vigorous",
    "sedentary_duration",
  ],
  *normalise(row) {
    const at = dayOfDocument(row);
    yield* measure("steps", count(row.steps), at);
    yield* measure("energy_active", kilocalories(row.active_calories), at);
    yield* measure("energy_total", kilocalories(row.total_calories), at);
    yield* measure("distance", metres(row.equivalent_walking_distance), { ...at, estimated: true });
    yield* measure("met_avg", metabolicEquivalents(row.average_met_minutes), at);
    yield* measure("active_duration_low", seconds(row.low_activity_time), at);
    yield* measure("active_duration_moderate", seconds(row.medium_activity_time), at);
    yield* measure("active_duration_vigorous", seconds(row.high_activity_time), at);
    yield* measure("sedentary_duration", seconds(row.sedentary_time), at);
  },
});

const dailySleep = resource({
  ...collection("daily_sleep", z.looseObject({ ...daily, score: maybeNumber })),
  scope: "daily",
  produces: ["sleep_score"],
  *normalise(row) {
    yield* rate("sleep_score", row.score, [0, 100], dayOfDocument(row));
  },
});

const dailyReadiness = resource({
  ...collection(
    "daily_readiness",
    z.looseObject({
      ...daily,
      score: maybeNumber,
      temperature_deviation: maybeNumber,
      temperature_trend_deviation: maybeNumber,
    }),
  ),
  scope: "daily",
  produces: [
    "readiness_score",
    "skin_temperature_deviation",
    "skin_temperature_trend_deviation",
  ],
  *normalise(row) {
    const at = dayOfDocument(row);
    yield* rate("readiness_score", row.score, [0, 100], at);
    yield* measure(
      "skin_temperature_deviation",
      kelvinDifference(row.temperature_deviation),
      at,
    );
    yield* measure(
      "skin_temperature_trend_deviation",
      kelvinDifference(row.temperature_trend_deviation),
      at,
    );
  },
});

const dailySpo2 = resource({
  ...collection(
    "daily_spo2",
    z.looseObject({
      ...daily,
      spo2_percentage: z.looseObject({ average: maybeNumber }).nullish(),
      breathing_disturbance_index: maybeNumber,
    }),
  ),
  scope: "spo2Daily",
  produces: ["spo2", "breathing_disturbance_index"],
  *normalise(row) {
    const at = dayOfDocument(row);
    yield* measure("spo2", percent(row.spo2_percentage?.average), {
      ...at,
      statistic: "nightly_average",
    });
    yield* measure(
      "breathing_disturbance_index",
      eventsPerHour(row.breathing_disturbance_index),
      at,
    );
  },
});

const dailyStress = resource({
  ...collection(
    "daily_stress",
    z.looseObject({ ...daily, stress_high: maybeNumber, recovery_high: maybeNumber }),
  ),
  produces: ["stress_high_duration", "stress_recovery_duration"],
  *normalise(row) {
    const at = dayOfDocument(row);
    yield* measure("stress_high_duration", seconds(row.stress_high), at);
    yield* measure("stress_recovery_duration", seconds(row.recovery_high), at);
  },
});

/** `LongTermResilienceLevel` in its order, so that 1 is the lowest and 0 stays free for "none". */
const RESILIENCE_LEVELS = ["limited", "adequate", "solid", "strong", "exceptional"];

const dailyResilience = resource({
  ...collection("daily_resilience", z.looseObject({ ...daily, level: maybeText })),
  produces: ["resilience_level"],
  *normalise(row) {
    const level = RESILIENCE_LEVELS.indexOf(row.level ?? "") + 1;
    if (level === 0 || row.level == null) return;
    yield* rate("resilience_level", level, [1, 5], {
      ...dayOfDocument(row),
      qualifier: row.level,
    });
  },
});

const dailyCardiovascularAge = resource({
  ...collection(
    "daily_cardiovascular_age",
    z.looseObject({ ...daily, vascular_age: maybeNumber, pulse_wave_velocity: maybeNumber }),
  ),
  produces: ["vascular_age", "pulse_wave_velocity"],
  *normalise(row) {
    const at = dayOfDocument(row);
    yield* measure("vascular_age", years(row.vascular_age), at);
    yield* measure("pulse_wave_velocity", metresPerSecond(row.pulse_wave_velocity), at);
  },
});

const vo2Max = resource({
  ...collection("vo2_max", z.looseObject({ ...daily, vo2_max: maybeNumber }), "vO2_max"),
  produces: ["vo2_max"],
  *normalise(row) {
    yield* measure("vo2_max", millilitresPerKilogramMinute(row.vo2_max), dayOfDocument(row));
  },
});

export const OURA_DAILY = [
  dailyActivity,
  dailySleep,
  dailyReadiness,
  dailySpo2,
  dailyStress,
  dailyResilience,
  dailyCardiovascularAge,
  vo2Max,
] as const;

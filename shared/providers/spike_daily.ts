/** Spike's days; quirks in `spike.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  count,
  kelvinDifference,
  kilocalories,
  metres,
  milliseconds,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { dayTotal } from "./kit/when.ts";
import { daysRequest, maybeNumber } from "./spike_api.ts";

/** What is asked for by name; a value that was not asked for does not come. */
const values = {
  steps: maybeNumber,
  distance_total: maybeNumber,
  distance_cycling: maybeNumber,
  calories_burned_total: maybeNumber,
  calories_burned_active: maybeNumber,
  calories_burned_basal: maybeNumber,
  heartrate: maybeNumber,
  heartrate_max: maybeNumber,
  heartrate_min: maybeNumber,
  heartrate_resting: maybeNumber,
  hrv_rmssd: maybeNumber,
  hrv_sdnn: maybeNumber,
  sleep_skin_temperature_deviation: maybeNumber,
  sleep_score: maybeNumber,
  stress_score: maybeNumber,
  recovery_score: maybeNumber,
};
const TYPES = Object.keys(values).map((type) => ["types", type] as const);

export const daily = resource({
  name: "daily",
  aliases: ["GET /v3/queries/statistics/daily"],
  produces: [
    "steps",
    "distance",
    "distance_cycling",
    "energy_total",
    "energy_active",
    "energy_basal",
    "heart_rate_avg",
    "heart_rate_max",
    "heart_rate_min",
    "resting_heart_rate",
    "hrv_rmssd",
    "hrv_sdnn",
    "skin_temperature_deviation",
    "sleep_score",
    "stress_score",
    "recovery_score",
  ],
  page: listOf(z.looseObject({ date: z.iso.date(), values: z.looseObject(values).nullish() }), {
    rows: "statistics",
  }),
  request: (ask) => daysRequest("statistics/daily", ask, TYPES),
  record: ({ date }) => ({ id: date }),
  *normalise({ date, values }) {
    const at = dayTotal(date);
    const average = { ...at, statistic: "average" } as const;
    yield* measure("steps", count(values?.steps), at);
    yield* measure("distance", metres(values?.distance_total), at);
    yield* measure("distance_cycling", metres(values?.distance_cycling), at);
    yield* measure("energy_total", kilocalories(values?.calories_burned_total), at);
    yield* measure("energy_active", kilocalories(values?.calories_burned_active), at);
    yield* measure("energy_basal", kilocalories(values?.calories_burned_basal), at);
    yield* measure("heart_rate_avg", beatsPerMinute(values?.heartrate), at);
    yield* measure("heart_rate_max", beatsPerMinute(values?.heartrate_max), at);
    yield* measure("heart_rate_min", beatsPerMinute(values?.heartrate_min), at);
    yield* measure("resting_heart_rate", beatsPerMinute(values?.heartrate_resting), at);
    yield* measure("hrv_rmssd", milliseconds(values?.hrv_rmssd), average);
    yield* measure("hrv_sdnn", milliseconds(values?.hrv_sdnn), average);
    const deviation = kelvinDifference(values?.sleep_skin_temperature_deviation);
    yield* measure("skin_temperature_deviation", deviation, at);
    yield* rate("sleep_score", values?.sleep_score, [0, 100], at);
    yield* rate("stress_score", values?.stress_score, [0, 100], at);
    yield* rate("recovery_score", values?.recovery_score, [0, 100], at);
  },
});

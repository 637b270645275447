/** Junction's summaries of a day: activity, body, meals, cycle; quirks in `junction.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  centimetres,
  count,
  grams,
  kilocalories,
  kilograms,
  kilogramsPerSquareMetre,
  metres,
  minutes,
  percent,
  score,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import {
  deviceOf,
  maybeNumber,
  maybeText,
  minutesEast,
  profileRequest,
  summary,
  summaryRef,
  summaryRequest,
  timeOf,
} from "./junction_api.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { dayOf, dayTotal, instant } from "./kit/when.ts";

const activity = resource({
  name: "activity",
  aliases: ["GET /v2/summary/activity"],
  produces: [
    "steps",
    "distance",
    "floors_climbed",
    "wheelchair_pushes",
    "energy_total",
    "energy_active",
    "active_duration_low",
    "active_duration_moderate",
    "active_duration_vigorous",
    "heart_rate_avg",
    "heart_rate_min",
    "heart_rate_max",
    "resting_heart_rate",
    "walking_heart_rate_avg",
  ],
  page: listOf(
    summary.extend({
      calendar_date: z.iso.date(),
      timezone_offset: maybeNumber,
      steps: maybeNumber,
      distance: maybeNumber,
      floors_climbed: maybeNumber,
      wheelchair_push: maybeNumber,
      calories_total: maybeNumber,
      calories_active: maybeNumber,
      low: maybeNumber,
      medium: maybeNumber,
      high: maybeNumber,
      heart_rate: z.looseObject({
        avg_bpm: maybeNumber,
        min_bpm: maybeNumber,
        max_bpm: maybeNumber,
        resting_bpm: maybeNumber,
        avg_walking_bpm: maybeNumber,
      }).nullish(),
    }),
    { rows: "activity" },
  ),
  request: (ask) => summaryRequest("activity", ask),
  record: summaryRef,
  *normalise(row) {
    const at = {
      ...dayTotal(row.calendar_date, minutesEast(row.timezone_offset)),
      ...deviceOf(row.source),
    };
    yield* measure("steps", count(row.steps), at);
    yield* measure("distance", metres(row.distance), at);
    yield* measure("floors_climbed", count(row.floors_climbed), at);
    yield* measure("wheelchair_pushes", count(row.wheelchair_push), at);
    yield* measure("energy_total", kilocalories(row.calories_total), at);
    yield* measure("energy_active", kilocalories(row.calories_active), at);
    yield* measure("active_duration_low", minutes(row.low), at);
    yield* measure("active_duration_moderate", minutes(row.medium), at);
    yield* measure("active_duration_vigorous", minutes(row.high), at);
    const heart = row.heart_rate;
    yield* measure("heart_rate_avg", beatsPerMinute(heart?.avg_bpm), at);
    yield* measure("heart_rate_min", beatsPerMinute(heart?.min_bpm), at);
    yield* measure("heart_rate_max", beatsPerMinute(heart?.max_bpm), at);
    yield* measure("resting_heart_rate", beatsPerMinute(heart?.resting_bpm), at);
    yield* measure("walking_heart_rate_avg", beatsPerMinute(heart?.avg_walking_bpm), at);
  },
});

const body = resource({
  name: "body",
  aliases: ["GET /v2/summary/body"],
  produces: [
    "body_weight",
    "body_fat_percentage",
    "body_water_percentage",
    "visceral_fat_index",
    "bmi",
    "lean_body_mass",
    "waist_circumference",
  ],
  page: listOf(
    summary.extend({
      calendar_date: z.iso.date(),
      weight: maybeNumber,
      fat: maybeNumber,
      water_percentage: maybeNumber,
      visceral_fat_index: maybeNumber,
      body_mass_index: maybeNumber,
      lean_body_mass_kilogram: maybeNumber,
      waist_circumference_centimeter: maybeNumber,
    }),
    { rows: "body" },
  ),
  request: (ask) => summaryRequest("body", ask),
  record: summaryRef,
  *normalise(row) {
    const at = { ...dayOf(row.calendar_date), ...deviceOf(row.source) };
    yield* measure("body_weight", kilograms(row.weight), at);
    yield* measure("body_fat_percentage", percent(row.fat), at);
    yield* measure("body_water_percentage", percent(row.water_percentage), at);
    yield* measure("visceral_fat_index", score(row.visceral_fat_index), at);
    yield* measure("bmi", kilogramsPerSquareMetre(row.body_mass_index), at);
    yield* measure("lean_body_mass", kilograms(row.lean_body_mass_kilogram), at);
    yield* measure("waist_circumference", centimetres(row.waist_circumference_centimeter), at);
  },
});

const meal = resource({
  name: "meal",
  aliases: ["GET /v2/summary/meal"],
  produces: [
    "energy_intake",
    "carbohydrate_intake",
    "protein_intake",
    "fat_intake",
    "fiber_intake",
  ],
  page: listOf(
    summary.extend({
      timestamp: z.string(),
      calendar_date: z.iso.date().nullish(),
      energy: z.looseObject({ unit: maybeText, value: maybeNumber }).nullish(),
      macros: z.looseObject({
        carbs: maybeNumber,
        protein: maybeNumber,
        fibre: maybeNumber,
        fats: z.looseObject({ total: maybeNumber }).nullish(),
      }).nullish(),
    }),
    { rows: "meals" },
  ),
  request: (ask) => summaryRequest("meal", ask),
  record: summaryRef,
  *normalise(row, context) {
    const time = timeOf(row.timestamp, { source: row.source, context });
    if (!time) return yield { kind: "quarantine", reason: "no_time" };
    const at = {
      ...time,
      ...present({ localDate: row.calendar_date }),
      ...deviceOf(row.source),
    };
    const { energy, macros } = row;
    if (energy && energy.unit !== "kcal") yield { kind: "quarantine", reason: "unknown_unit" };
    else yield* measure("energy_intake", kilocalories(energy?.value), at);
    yield* measure("carbohydrate_intake", grams(macros?.carbs), at);
    yield* measure("protein_intake", grams(macros?.protein), at);
    yield* measure("fat_intake", grams(macros?.fats?.total), at);
    yield* measure("fiber_intake", grams(macros?.fibre), at);
  },
});

/** One a person, told anew when it changes: it holds from then on. */
const profile = resource({
  name: "profile",
  aliases: ["GET /v2/summary/profile"],
  produces: ["height"],
  page: listOf(summary.extend({ height: maybeNumber }), { rows: "profile" }),
  request: profileRequest,
  record: summaryRef,
  *normalise(row) {
    const at = instant(row.updated_at);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    yield* measure("height", centimetres(row.height), { start: at.start, ...deviceOf(row.source) });
  },
});

const menstrualCycle = resource({
  name: "menstrual_cycle",
  aliases: ["GET /v2/summary/menstrual_cycle"],
  produces: [],
  page: listOf(
    summary.extend({ period_start: z.iso.date(), is_predicted: z.boolean().nullish() }),
    { rows: "menstrual_cycle" },
  ),
  request: (ask) => summaryRequest("menstrual_cycle", ask),
  record: summaryRef,
  *normalise({ period_start, is_predicted }) {
    // A cycle that is only foreseen is no observation.
    if (!is_predicted) yield { kind: "menstrual_cycle", periodStart: period_start };
  },
});

export const JUNCTION_DAILY = [activity, body, meal, profile, menstrualCycle] as const;

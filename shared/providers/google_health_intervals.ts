/** Google's points with a beginning and an end: movement and food; quirks in `google_health.ts`. */
import { z } from "zod";
import {
  count,
  grams,
  kilocalories,
  millilitres,
  millimetres,
  type Reading,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import {
  ACTIVITY,
  interval,
  listed,
  maybeNumber,
  maybeText,
  maybeWhole,
  numberOf,
  NUTRITION,
  point,
  reconciled,
  sourceOf,
  spanOf,
  timed,
} from "./google_health_points.ts";
import { measure } from "./kit/measure.ts";

const steps = resource({
  ...reconciled("steps", "interval", {
    row: z.looseObject({ ...point, steps: z.looseObject({ interval, count: maybeWhole }) }),
    at: ({ steps }) => spanOf(steps.interval),
  }),
  scope: ACTIVITY,
  historyDays: 90,
  produces: ["steps"],
  normalise: ({ steps }) =>
    timed(spanOf(steps.interval), (at) => measure("steps", count(numberOf(steps.count)), at)),
});

const distance = resource({
  ...reconciled("distance", "interval", {
    row: z.looseObject({
      ...point,
      distance: z.looseObject({ interval, millimeters: maybeWhole }),
    }),
    at: ({ distance }) => spanOf(distance.interval),
  }),
  scope: ACTIVITY,
  historyDays: 90,
  produces: ["distance"],
  normalise: ({ distance: { interval, millimeters } }) =>
    timed(spanOf(interval), (at) => measure("distance", millimetres(numberOf(millimeters)), at)),
});

const floors = resource({
  ...reconciled("floors", "interval", {
    row: z.looseObject({ ...point, floors: z.looseObject({ interval, count: maybeWhole }) }),
    at: ({ floors }) => spanOf(floors.interval),
  }),
  scope: ACTIVITY,
  produces: ["floors_climbed"],
  normalise: ({ floors }) =>
    timed(
      spanOf(floors.interval),
      (at) => measure("floors_climbed", count(numberOf(floors.count)), at),
    ),
});

/** Going down is a negative gain, and no gain at all. */
const altitude = resource({
  ...reconciled("altitude", "interval", {
    row: z.looseObject({
      ...point,
      altitude: z.looseObject({ interval, gainMillimeters: maybeWhole }),
    }),
    at: ({ altitude }) => spanOf(altitude.interval),
  }),
  scope: ACTIVITY,
  produces: ["elevation_gain"],
  normalise: ({ altitude: { interval, gainMillimeters } }) =>
    timed(spanOf(interval), (at) => {
      const gain = numberOf(gainMillimeters);
      return measure("elevation_gain", millimetres(gain == null || gain < 0 ? null : gain), at);
    }),
});

const activeEnergy = resource({
  ...reconciled("active-energy-burned", "interval", {
    row: z.looseObject({
      ...point,
      activeEnergyBurned: z.looseObject({ interval, kcal: maybeNumber }),
    }),
    at: ({ activeEnergyBurned }) => spanOf(activeEnergyBurned.interval),
  }),
  scope: ACTIVITY,
  historyDays: 90,
  produces: ["energy_active"],
  normalise: ({ activeEnergyBurned: { interval, kcal } }) =>
    timed(spanOf(interval), (at) => measure("energy_active", kilocalories(kcal), at)),
});

const basalEnergy = resource({
  ...reconciled("basal-energy-burned", "interval", {
    row: z.looseObject({
      ...point,
      basalEnergyBurned: z.looseObject({ interval, kcal: maybeNumber }),
    }),
    at: ({ basalEnergyBurned }) => spanOf(basalEnergyBurned.interval),
  }),
  scope: ACTIVITY,
  historyDays: 90,
  produces: ["energy_basal"],
  normalise: ({ basalEnergyBurned: { interval, kcal } }) =>
    timed(spanOf(interval), (at) => measure("energy_basal", kilocalories(kcal), at)),
});

const swimLengths = resource({
  ...reconciled("swim-lengths-data", "interval", {
    row: z.looseObject({
      ...point,
      swimLengthsData: z.looseObject({ interval, strokeCount: maybeWhole }),
    }),
    at: ({ swimLengthsData }) => spanOf(swimLengthsData.interval),
  }),
  scope: ACTIVITY,
  produces: ["swimming_strokes"],
  normalise: ({ swimLengthsData: { interval, strokeCount } }) =>
    timed(
      spanOf(interval),
      (at) => measure("swimming_strokes", count(numberOf(strokeCount)), at),
    ),
});

const hydration = resource({
  ...listed("hydration-log", "session", {
    row: z.looseObject({
      ...point,
      hydrationLog: z.looseObject({
        interval,
        amountConsumed: z.looseObject({ milliliters: maybeNumber }).nullish(),
      }),
    }),
    at: ({ hydrationLog }) => spanOf(hydrationLog.interval),
  }),
  scope: NUTRITION,
  produces: ["water_intake"],
  normalise: (row) =>
    timed(
      spanOf(row.hydrationLog.interval),
      (at) =>
        measure("water_intake", millilitres(row.hydrationLog.amountConsumed?.milliliters), {
          ...at,
          ...sourceOf(row),
        }),
    ),
});

const weightOf = z.looseObject({ grams: maybeNumber }).nullish();

const nutrition = resource({
  ...listed("nutrition-log", "session", {
    row: z.looseObject({
      ...point,
      nutritionLog: z.looseObject({
        interval,
        energy: z.looseObject({ kcal: maybeNumber }).nullish(),
        totalCarbohydrate: weightOf,
        totalFat: weightOf,
        nutrients: z.array(z.looseObject({ nutrient: maybeText, quantity: weightOf })).nullish(),
      }),
    }),
    at: ({ nutritionLog }) => spanOf(nutritionLog.interval),
  }),
  scope: NUTRITION,
  produces: [
    "energy_intake",
    "carbohydrate_intake",
    "fat_intake",
    "protein_intake",
    "fiber_intake",
    "caffeine_intake",
  ],
  normalise: (row) =>
    timed(spanOf(row.nutritionLog.interval), function* (time) {
      const { energy, totalCarbohydrate, totalFat, nutrients } = row.nutritionLog;
      const at = { ...time, ...sourceOf(row) };
      const of = (name: string): Reading =>
        nutrients?.find(({ nutrient }) => nutrient === name)?.quantity?.grams;
      yield* measure("energy_intake", kilocalories(energy?.kcal), at);
      yield* measure("carbohydrate_intake", grams(totalCarbohydrate?.grams), at);
      yield* measure("fat_intake", grams(totalFat?.grams), at);
      yield* measure("protein_intake", grams(of("PROTEIN")), at);
      yield* measure("fiber_intake", grams(of("DIETARY_FIBER")), at);
      yield* measure("caffeine_intake", grams(of("CAFFEINE")), at);
    }),
});

export const GOOGLE_HEALTH_INTERVALS = [
  steps,
  distance,
  floors,
  altitude,
  activeEnergy,
  basalEnergy,
  swimLengths,
  hydration,
  nutrition,
] as const;

/** Google's totals of a day (`dailyRollUp`); quirks in `google_health.ts`. */
import { z } from "zod";
import type { Normalized } from "../catalog/normalized.ts";
import type { MetricCode } from "../catalog/metrics.ts";
import {
  beatsPerMinute,
  count,
  kilocalories,
  millimetres,
  minutes,
  seconds,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import type { Ask } from "./driver.ts";
import {
  ACTIVITY,
  civil,
  civilDays,
  GOOGLE_HEALTH_API,
  localDateIn,
  maybeDuration,
  maybeNumber,
  maybeText,
  maybeWhole,
  MEASUREMENTS,
  NO_TIME,
  numberOf,
  secondsOf,
} from "./google_health_points.ts";
import { measure } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { dayTotal } from "./kit/when.ts";
import type { LocalDate } from "../core/time.ts";
import type { RecordRef } from "./resource.ts";

/**
 * What rolling up may span. Windows are instants and days are civil, so a window touches up to three
 * days more: 14 are allowed for heart rate, active minutes and total calories, 90 for the rest.
 */
const FEW_DAYS = 10;
const MANY_DAYS = 60;

type Total = { readonly civilStartTime: z.output<typeof civil> };

/** The days of one data type, rolled up by the provider over all devices that were worn. */
function perDay<Row extends Total>(type: string, pageDays: number, row: z.ZodType<Row>) {
  const path = `/dataTypes/${type}/dataPoints:dailyRollUp`;
  return {
    name: `${type.replaceAll("-", "_")}_per_day`,
    aliases: [`POST /v4/users/me${path}`],
    pageDays,
    page: listOf(row, { rows: "rollupDataPoints", next: "nextPageToken", sparse: true }),
    request({ window, cursor }: Ask) {
      const [first, end] = civilDays(window);
      const range = { start: civilOf(first), end: civilOf(end) };
      return new Request(`${GOOGLE_HEALTH_API}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          range,
          windowSizeDays: 1,
          ...(cursor === undefined ? {} : { pageToken: cursor }),
        }),
      });
    },
    record({ civilStartTime }: Row): RecordRef | undefined {
      const id = localDateIn(civilStartTime.date);
      return id === undefined ? undefined : { id };
    },
  };
}

function civilOf(day: LocalDate) {
  const [year, month, date] = day.split("-").map(Number);
  return { date: { year, month, day: date } };
}

function* daily<M extends MetricCode>(
  { civilStartTime }: Total,
  items: (day: ReturnType<typeof dayTotal>) => Iterable<Normalized<M>>,
): Generator<Normalized<M>, void> {
  const day = localDateIn(civilStartTime.date);
  if (day === undefined) return yield NO_TIME;
  yield* items(dayTotal(day));
}

const start = { civilStartTime: civil };

const steps = resource({
  ...perDay(
    "steps",
    MANY_DAYS,
    z.looseObject({ ...start, steps: z.looseObject({ countSum: maybeWhole }).nullish() }),
  ),
  scope: ACTIVITY,
  produces: ["steps"],
  normalise: (row) =>
    daily(row, (day) => measure("steps", count(numberOf(row.steps?.countSum)), day)),
});

const distance = resource({
  ...perDay(
    "distance",
    MANY_DAYS,
    z.looseObject({ ...start, distance: z.looseObject({ millimetersSum: maybeWhole }).nullish() }),
  ),
  scope: ACTIVITY,
  produces: ["distance"],
  normalise: (row) =>
    daily(
      row,
      (day) => measure("distance", millimetres(numberOf(row.distance?.millimetersSum)), day),
    ),
});

const floors = resource({
  ...perDay(
    "floors",
    MANY_DAYS,
    z.looseObject({ ...start, floors: z.looseObject({ countSum: maybeWhole }).nullish() }),
  ),
  scope: ACTIVITY,
  produces: ["floors_climbed"],
  normalise: (row) =>
    daily(row, (day) => measure("floors_climbed", count(numberOf(row.floors?.countSum)), day)),
});

const altitude = resource({
  ...perDay(
    "altitude",
    MANY_DAYS,
    z.looseObject({
      ...start,
      altitude: z.looseObject({ gainMillimetersSum: maybeWhole }).nullish(),
    }),
  ),
  scope: ACTIVITY,
  produces: ["elevation_gain"],
  normalise: (row) =>
    daily(
      row,
      (day) =>
        measure("elevation_gain", millimetres(numberOf(row.altitude?.gainMillimetersSum)), day),
    ),
});

const activeEnergy = resource({
  ...perDay(
    "active-energy-burned",
    MANY_DAYS,
    z.looseObject({
      ...start,
      activeEnergyBurned: z.looseObject({ kcalSum: maybeNumber }).nullish(),
    }),
  ),
  scope: ACTIVITY,
  produces: ["energy_active"],
  normalise: (row) =>
    daily(
      row,
      (day) => measure("energy_active", kilocalories(row.activeEnergyBurned?.kcalSum), day),
    ),
});

/** Basal and active together. There are no points of it: rolling up is the one way to read it. */
const totalCalories = resource({
  ...perDay(
    "total-calories",
    FEW_DAYS,
    z.looseObject({ ...start, totalCalories: z.looseObject({ kcalSum: maybeNumber }).nullish() }),
  ),
  scope: ACTIVITY,
  produces: ["energy_total"],
  normalise: (row) =>
    daily(row, (day) => measure("energy_total", kilocalories(row.totalCalories?.kcalSum), day)),
});

const activeMinutes = resource({
  ...perDay(
    "active-minutes",
    FEW_DAYS,
    z.looseObject({
      ...start,
      activeMinutes: z.looseObject({
        activeMinutesRollupByActivityLevel: z.array(z.looseObject({
          activityLevel: maybeText,
          activeMinutesSum: maybeWhole,
        })).nullish(),
      }).nullish(),
    }),
  ),
  scope: ACTIVITY,
  produces: ["active_duration_low", "active_duration_moderate", "active_duration_vigorous"],
  normalise: (row) =>
    daily(row, function* (day) {
      const levels = row.activeMinutes?.activeMinutesRollupByActivityLevel ?? [];
      const of = (level: string) =>
        minutes(
          numberOf(levels.find(({ activityLevel }) => activityLevel === level)?.activeMinutesSum),
        );
      yield* measure("active_duration_low", of("LIGHT"), day);
      yield* measure("active_duration_moderate", of("MODERATE"), day);
      yield* measure("active_duration_vigorous", of("VIGOROUS"), day);
    }),
});

const sedentaryPeriod = resource({
  ...perDay(
    "sedentary-period",
    MANY_DAYS,
    z.looseObject({
      ...start,
      sedentaryPeriod: z.looseObject({ durationSum: maybeDuration }).nullish(),
    }),
  ),
  scope: ACTIVITY,
  produces: ["sedentary_duration"],
  normalise: (row) =>
    daily(
      row,
      (day) =>
        measure("sedentary_duration", seconds(secondsOf(row.sedentaryPeriod?.durationSum)), day),
    ),
});

const heartRate = resource({
  ...perDay(
    "heart-rate",
    FEW_DAYS,
    z.looseObject({
      ...start,
      heartRate: z.looseObject({
        beatsPerMinuteAvg: maybeNumber,
        beatsPerMinuteMax: maybeNumber,
        beatsPerMinuteMin: maybeNumber,
      }).nullish(),
    }),
  ),
  scope: MEASUREMENTS,
  produces: ["heart_rate_avg", "heart_rate_max", "heart_rate_min"],
  normalise: (row) =>
    daily(row, function* (day) {
      yield* measure("heart_rate_avg", beatsPerMinute(row.heartRate?.beatsPerMinuteAvg), day);
      yield* measure("heart_rate_max", beatsPerMinute(row.heartRate?.beatsPerMinuteMax), day);
      yield* measure("heart_rate_min", beatsPerMinute(row.heartRate?.beatsPerMinuteMin), day);
    }),
});

export const GOOGLE_HEALTH_TOTALS = [
  steps,
  distance,
  floors,
  altitude,
  activeEnergy,
  totalCalories,
  activeMinutes,
  sedentaryPeriod,
  heartRate,
] as const;

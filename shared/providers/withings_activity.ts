/** Withings' days and their minutes; quirks in `withings.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  breathsPerMinute,
  celsius,
  count,
  kilocalories,
  metres,
  milliseconds,
  percent,
  seconds,
} from "../catalog/units.ts";
import { instantIn, SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { dayTotal } from "./kit/when.ts";
import {
  days,
  DETAIL_DAYS,
  listIn,
  maybeNumber,
  maybeText,
  nextDay,
  nextOffset,
  oneDay,
  post,
  timeAt,
  versionOf,
} from "./withings_api.ts";
import { workouts } from "./withings_workouts.ts";

/** `brand` of what another service counted and the person's phone handed on. */
const EXTERNAL_BRAND = 18;

const activity = resource({
  name: "activity",
  aliases: ["POST /v2/measure getactivity", "getactivity", "activity"],
  scope: "user.activity",
  produces: [
    "steps",
    "distance",
    "floors_climbed",
    "active_duration_low",
    "active_duration_moderate",
    "active_duration_vigorous",
    "active_duration",
    "energy_active",
    "energy_total",
    "heart_rate_avg",
    "heart_rate_min",
    "heart_rate_max",
  ],
  page: listIn(
    "activities",
    z.looseObject({
      date: z.iso.date(),
      timezone: maybeText,
      brand: maybeNumber,
      modified: maybeNumber,
      steps: maybeNumber,
      distance: maybeNumber,
      elevation: maybeNumber,
      soft: maybeNumber,
      moderate: maybeNumber,
      intense: maybeNumber,
      active: maybeNumber,
      calories: maybeNumber,
      totalcalories: maybeNumber,
      hr_average: maybeNumber,
      hr_min: maybeNumber,
      hr_max: maybeNumber,
    }),
  ),
  request: (ask) =>
    post("/v2/measure", "getactivity", {
      ...days(ask),
      data_fields: "steps,distance,elevation,soft,moderate,intense,active,calories,totalcalories," +
        "hr_average,hr_min,hr_max",
    }),
  next: nextOffset,
  record: ({ date, brand, modified }) => ({
    id: brand === EXTERNAL_BRAND ? `${date}-external` : date,
    ...versionOf(modified),
  }),
  *normalise(row) {
    const midnight = instantIn(row.timezone ?? "unknown", `${row.date}T00:00:00`);
    const day = {
      ...dayTotal(row.date, midnight?.offsetMinutes),
      // Such steps may be counted a second time by the service they are from.
      ...(row.brand === EXTERNAL_BRAND ? { device: "external" } : {}),
    };
    yield* measure("steps", count(row.steps), day);
    yield* measure("distance", metres(row.distance), day);
    yield* measure("floors_climbed", count(row.elevation), day);
    yield* measure("active_duration_low", seconds(row.soft), day);
    yield* measure("active_duration_moderate", seconds(row.moderate), day);
    yield* measure("active_duration_vigorous", seconds(row.intense), day);
    yield* measure("active_duration", seconds(row.active), day);
    yield* measure("energy_active", kilocalories(row.calories), day);
    yield* measure("energy_total", kilocalories(row.totalcalories), day);
    yield* measure("heart_rate_avg", beatsPerMinute(row.hr_average), day);
    yield* measure("heart_rate_min", beatsPerMinute(row.hr_min), day);
    yield* measure("heart_rate_max", beatsPerMinute(row.hr_max), day);
  },
});

const sample = z.looseObject({
  duration: maybeNumber,
  steps: maybeNumber,
  elevation: maybeNumber,
  calories: maybeNumber,
  distance: maybeNumber,
  stroke: maybeNumber,
  heart_rate: maybeNumber,
  spo2_auto: maybeNumber,
  rmssd: maybeNumber,
  sdnn1: maybeNumber,
  core_body_temperature: maybeNumber,
  rr: maybeNumber,
  model: maybeText,
});

/** A day's samples under their seconds since 1970; each is a row, with its key. */
const intraday = resource({
  name: "intraday",
  aliases: ["POST /v2/measure getintradayactivity", "getintradayactivity", "intraday"],
  scope: "user.activity",
  produces: [
    "steps",
    "distance",
    "floors_climbed",
    "energy_active",
    "swimming_strokes",
    "heart_rate",
    "spo2",
    "hrv_rmssd",
    "hrv_sdnn",
    "body_temperature",
    "respiratory_rate",
  ],
  page: listOf(z.record(z.string(), sample), { rows: "body.series" })
    .transform((page) => ({
      ...page,
      rows: page.rows.flatMap((series) =>
        Object.entries(series).map(([epoch, one]) => ({ [epoch]: one }))
      ),
    })),
  request: (ask) =>
    post("/v2/measure", "getintradayactivity", {
      ...oneDay(ask),
      data_fields: "steps,elevation,calories,distance,stroke,duration,heart_rate,spo2_auto,rmssd," +
        "sdnn1,core_body_temperature,rr",
    }),
  historyDays: DETAIL_DAYS,
  next: nextDay,
  record(row) {
    const [epoch = ""] = Object.keys(row);
    return /^\d{1,10}$/.test(epoch) ? { id: epoch } : undefined;
  },
  *normalise(row) {
    for (const [epoch, one] of Object.entries(row)) {
      const at = { ...timeAt(Number(epoch)), ...present({ device: one.model }) };
      const span = one.duration == null
        ? at
        : { ...at, end: new Date(at.start.getTime() + one.duration * SECOND) };
      yield* measure("steps", count(one.steps), span);
      yield* measure("distance", metres(one.distance), span);
      yield* measure("floors_climbed", count(one.elevation), span);
      yield* measure("energy_active", kilocalories(one.calories), span);
      yield* measure("swimming_strokes", count(one.stroke), span);
      yield* measure("heart_rate", beatsPerMinute(one.heart_rate), at);
      yield* measure("spo2", percent(one.spo2_auto), at);
      yield* measure("hrv_rmssd", milliseconds(one.rmssd), at);
      yield* measure("hrv_sdnn", milliseconds(one.sdnn1), at);
      yield* measure("body_temperature", celsius(one.core_body_temperature), at);
      yield* measure("respiratory_rate", breathsPerMinute(one.rr), at);
    }
  },
});

export const WITHINGS_ACTIVITY = [activity, intraday, workouts] as const;

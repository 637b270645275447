/** Polar's days, heart rates, cardio load and physical information; quirks in `polar.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  centimetres,
  count,
  kilocalories,
  kilograms,
  metres,
  millilitresPerKilogramMinute,
  seconds,
} from "../catalog/units.ts";
import { addDays, type LocalDate, localDateOf } from "../core/time.ts";
import { resource } from "./define.ts";
import type { Ask } from "./driver.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { dayOf, dayTotal, instant, localTime } from "./kit/when.ts";
import {
  dateIn,
  days,
  get,
  getOne,
  HISTORY_DAYS,
  maybeNumber,
  maybeText,
  offsetAt,
  secondsOf,
} from "./polar_api.ts";

const NO_TIME = { kind: "quarantine", reason: "no_time" } as const;
const SENTINEL = { kind: "quarantine", reason: "sentinel" } as const;

const stepSamples = z.looseObject({
  interval_ms: maybeNumber,
  samples: z.array(z.looseObject({ steps: maybeNumber, timestamp: maybeText })).nullish(),
}).nullish();

const activityDay = z.looseObject({
  date: maybeText,
  start_time: maybeText,
  active_duration: maybeText,
  calories: maybeNumber,
  active_calories: maybeNumber,
  steps: maybeNumber,
  distance_from_steps: maybeNumber,
  samples: z.looseObject({ date: maybeText, steps: stepSamples }).nullish(),
});

/** The row's own day; its start is a local time and begins with it. */
function dateOf(row: z.output<typeof activityDay>): LocalDate | undefined {
  return dateIn(row.date) ?? dateIn(row.start_time) ?? dateIn(row.samples?.date);
}

const activities = resource({
  name: "activities",
  aliases: ["GET /v3/users/activities", "GET /v3/users/activities/{date}", "ACTIVITY_SUMMARY"],
  produces: ["steps", "energy_total", "energy_active", "distance", "active_duration"],
  page: listOf(activityDay, { rows: "activities" }),
  request: (ask) => get("/v3/users/activities", { ...days(ask), steps: "true" }),
  requestOne: getOne("/v3/users/activities", { steps: "true" }),
  record(row) {
    const date = dateOf(row);
    return date === undefined ? undefined : { id: date };
  },
  *normalise(row, context) {
    const date = dateOf(row);
    if (date === undefined) return yield NO_TIME;
    const day = dayTotal(date, offsetAt(date, context));
    yield* measure("steps", count(row.steps), day);
    yield* measure("energy_total", kilocalories(row.calories), day);
    yield* measure("energy_active", kilocalories(row.active_calories), day);
    yield* measure("distance", metres(row.distance_from_steps), { ...day, estimated: true });
    yield* measure("active_duration", seconds(secondsOf(row.active_duration)), day);
    const { interval_ms, samples } = row.samples?.steps ?? {};
    for (const sample of samples ?? []) {
      const at = localTime(sample.timestamp, context.timeZone);
      if (!at) continue;
      yield* measure("steps", count(sample.steps), {
        ...at,
        ...(interval_ms ? { end: new Date(at.start.getTime() + interval_ms) } : {}),
      });
    }
  },
});

/** One day of the window at a time: what a range is answered with is documented as one day too. */
function dayAt(ask: Ask): LocalDate {
  return ask.cursor ?? days(ask).from;
}

/** By a clock that names no zone: without the person's own there is no time to tell. */
const continuousHeartRate = resource({
  name: "continuous_heart_rate",
  aliases: [
    "GET /v3/users/continuous-heart-rate",
    "GET /v3/users/continuous-heart-rate/{date}",
    "CONTINUOUS_HEART_RATE",
  ],
  produces: ["heart_rate"],
  emptyStatuses: [404],
  page: listOf(
    z.looseObject({
      date: z.string(),
      heart_rate_samples: z.array(
        z.looseObject({ heart_rate: maybeNumber, sample_time: maybeText }),
      ),
    }),
    { rows: "heart_rates" },
  ),
  request: (ask) => get(`/v3/users/continuous-heart-rate/${dayAt(ask)}`),
  requestOne: getOne("/v3/users/continuous-heart-rate"),
  next: (_page, ask) => dayAt(ask) < days(ask).to ? addDays(dayAt(ask), 1) : undefined,
  record({ date }) {
    const id = dateIn(date);
    return id === undefined ? undefined : { id };
  },
  *normalise(row, { timeZone }) {
    for (const { heart_rate, sample_time } of row.heart_rate_samples) {
      const at = localTime(`${dateIn(row.date)}T${sample_time}`, timeZone);
      if (!at) yield NO_TIME;
      // The sensor lost the skin.
      else if (heart_rate === 0) yield SENTINEL;
      else yield* measure("heart_rate", beatsPerMinute(heart_rate), at);
    }
  },
});

const cardioLoad = resource({
  name: "cardio_load",
  aliases: [
    "GET /v3/users/cardio-load",
    "GET /v3/users/cardio-load/{date}",
    "GET /v3/users/cardio-load/date",
  ],
  // No webhook tells of it.
  poll: { everyMinutes: 6 * 60, trailingHours: 72 },
  produces: ["training_load"],
  page: listOf(
    z.looseObject({
      date: z.iso.date(),
      cardio_load_status: maybeText,
      cardio_load: maybeNumber,
      strain: maybeNumber,
      tolerance: maybeNumber,
      cardio_load_ratio: maybeNumber,
    }),
    { rows: "cardio_loads" },
  ),
  request: (ask) => get("/v3/users/cardio-load/date", days(ask)),
  record: ({ date }) => ({ id: date }),
  *normalise(row, context) {
    // Every day of the range is answered, also those that could not be computed.
    if (row.cardio_load_status === "LOAD_STATUS_NOT_AVAILABLE") return;
    if (row.cardio_load === -1) return yield SENTINEL;
    yield* rate("training_load", row.cardio_load, "open_ended", {
      ...dayOf(row.date, offsetAt(row.date, context)),
      vendorName: "cardio_load",
      components: present({
        strain: row.strain,
        tolerance: row.tolerance,
        cardio_load_ratio: row.cardio_load_ratio,
      }),
    });
  },
});

/** What the person or a test has set, as of its last change. */
const physicalInfo = resource({
  name: "physical_info",
  aliases: ["GET /v3/users/physical-info", "PHYSICAL_INFORMATION"],
  pageDays: HISTORY_DAYS,
  emptyStatuses: [404],
  produces: ["body_weight", "height", "vo2_max", "resting_heart_rate"],
  page: listOf(
    z.looseObject({
      weight: maybeNumber,
      weight_source: maybeText,
      height: maybeNumber,
      vo2_max: maybeNumber,
      resting_heart_rate: maybeNumber,
      modified: maybeText,
    }),
    { rows: "physical_infos" },
  ),
  request: () => get("/v3/users/physical-info"),
  record(row, { receivedAt }) {
    const isInfo = [row.weight, row.height, row.vo2_max, row.resting_heart_rate].some((one) =>
      one != null
    );
    const id = row.modified ?? (receivedAt && localDateOf(receivedAt));
    return isInfo && id ? { id } : undefined;
  },
  *normalise(row, { receivedAt }) {
    const at = instant(row.modified) ?? (receivedAt && { start: receivedAt });
    if (!at) return yield NO_TIME;
    const own = { ...at, entry: "manual" } as const;
    const isMeasured = row.weight_source === "SOURCE_MEASURED";
    // What Polar assumes of somebody who has said nothing is no weight of theirs.
    if (row.weight_source === "SOURCE_DEFAULT") yield SENTINEL;
    else yield* measure("body_weight", kilograms(row.weight), isMeasured ? at : own);
    yield* measure("height", centimetres(row.height), own);
    yield* measure("vo2_max", millilitresPerKilogramMinute(row.vo2_max), at);
    yield* measure("resting_heart_rate", beatsPerMinute(row.resting_heart_rate), own);
  },
});

export const POLAR_DAILY = [
  activities,
  continuousHeartRate,
  cardioLoad,
  physicalInfo,
] as const;

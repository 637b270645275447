/** WHOOP's cycles, recoveries and body measurement; quirks in `whoop.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  celsius,
  kilograms,
  kilojoules,
  metres,
  milliseconds,
  percent,
} from "../catalog/units.ts";
import { localDateOf, parseInstant } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  collection,
  maybeNumber,
  maybeText,
  scored,
  scoreOf,
  timeOf,
  versioned,
  WHOOP_API,
} from "./whoop_collection.ts";

const id = z.union([z.string().min(1), z.number()]);
const NO_TIME = { kind: "quarantine", reason: "no_time" } as const;

/** From one falling asleep to the next: about a day, and no calendar day. */
const cycle = resource({
  ...collection(
    "cycle",
    "/v2/cycle",
    z.looseObject({
      ...scored,
      id,
      start: z.string(),
      end: maybeText,
      timezone_offset: maybeText,
      score: z.looseObject({
        strain: maybeNumber,
        kilojoule: maybeNumber,
        average_heart_rate: maybeNumber,
        max_heart_rate: maybeNumber,
      }).nullish(),
    }),
  ),
  aliases: ["GET /v2/cycle", "GET /v2/cycle/{cycleId}", "cycle"],
  scope: "read:cycles",
  produces: ["energy_total", "strain_score", "heart_rate_avg", "heart_rate_max"],
  // No webhook tells of it. Those of sleeps and workouts bring most of it sooner.
  poll: { everyMinutes: 6 * 60, trailingHours: 72 },
  record: (row) => versioned(row.id, row),
  *normalise(row) {
    const at = timeOf(row);
    if (!at) return yield NO_TIME;
    const score = scoreOf(row);
    yield* measure("energy_total", kilojoules(score?.kilojoule), at);
    yield* rate("strain_score", score?.strain, [0, 21], at);
    yield* measure("heart_rate_avg", beatsPerMinute(score?.average_heart_rate), at);
    yield* measure("heart_rate_max", beatsPerMinute(score?.max_heart_rate), at);
  },
});

/**
 * What a night did for the person. It names its sleep and its cycle and has no time of its own but
 * that of its making, shortly after waking up.
 */
const recovery = resource({
  ...collection(
    "recovery",
    "/v2/recovery",
    z.looseObject({
      ...scored,
      sleep_id: id.nullish(),
      cycle_id: id.nullish(),
      created_at: z.string(),
      score: z.looseObject({
        user_calibrating: z.boolean().nullish(),
        recovery_score: maybeNumber,
        resting_heart_rate: maybeNumber,
        hrv_rmssd_milli: maybeNumber,
        spo2_percentage: maybeNumber,
        skin_temp_celsius: maybeNumber,
      }).nullish(),
    }),
  ),
  aliases: ["GET /v2/recovery", "GET /v2/cycle/{cycleId}/recovery", "recovery"],
  scope: "read:recovery",
  produces: ["recovery_score", "resting_heart_rate", "hrv_rmssd", "spo2", "skin_temperature"],
  // The sleep's id first: it is what webhooks call a recovery by.
  record: (row) => versioned(row.sleep_id ?? row.cycle_id ?? row.created_at, row),
  *normalise(row) {
    const at = parseInstant(row.created_at);
    if (!at) return yield NO_TIME;
    const score = scoreOf(row);
    const made = { start: at.instant };
    const night = { ...made, statistic: "nightly_average" } as const;
    yield* rate("recovery_score", score?.recovery_score, [0, 100], {
      ...made,
      ...present({ qualifier: score?.user_calibrating ? "calibrating" : undefined }),
    });
    yield* measure("resting_heart_rate", beatsPerMinute(score?.resting_heart_rate), made);
    yield* measure("hrv_rmssd", milliseconds(score?.hrv_rmssd_milli), night);
    yield* measure("spo2", percent(score?.spo2_percentage), night);
    yield* measure("skin_temperature", celsius(score?.skin_temp_celsius), night);
  },
});

/** What the person told the app, some day: as of the day on which we are told. */
const bodyMeasurement = resource({
  name: "body_measurement",
  aliases: ["GET /v2/user/measurement/body", "body_measurement"],
  scope: "read:body_measurement",
  // It seldom changes, and the answer is the same whatever the window.
  poll: { everyMinutes: 7 * 24 * 60, trailingHours: 1 },
  produces: ["height", "body_weight"],
  page: listOf(
    z.looseObject({ height_meter: maybeNumber, weight_kilogram: maybeNumber }),
    { rows: "records" },
  ),
  request: () => new Request(`${WHOOP_API}/v2/user/measurement/body`),
  record(row, { receivedAt }) {
    const isMeasurement = row.height_meter != null || row.weight_kilogram != null;
    return isMeasurement && receivedAt ? { id: localDateOf(receivedAt) } : undefined;
  },
  *normalise(row, { receivedAt }) {
    if (!receivedAt) return;
    const at = { start: receivedAt, entry: "manual" } as const;
    yield* measure("height", metres(row.height_meter), at);
    yield* measure("body_weight", kilograms(row.weight_kilogram), at);
  },
});

export const WHOOP_DAILY = [cycle, recovery, bodyMeasurement] as const;

/** Wahoo's workouts and their summaries; quirks in `wahoo.ts`. */
import { z } from "zod";
import { revolutionsPerMinute } from "../catalog/units.ts";
import { MINUTE, offsetIn, parseInstant, SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { pathSegment } from "./kit/http.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  HISTORY_DAYS,
  id,
  maybeText,
  numberOf,
  numeric,
  versioned,
  WAHOO,
  WAHOO_API,
} from "./wahoo_api.ts";
import { hasCrank, sportOf } from "./wahoo_sports.ts";

const PAGE_ROWS = 100;

const workout = z.looseObject({
  id,
  starts: z.string(),
  minutes: z.number().nullish(),
  workout_type_id: z.number().nullish(),
  updated_at: maybeText,
  workout_summary: z.looseObject({
    ascent_accum: numeric,
    cadence_avg: numeric,
    calories_accum: numeric,
    distance_accum: numeric,
    duration_active_accum: numeric,
    duration_total_accum: numeric,
    heart_rate_avg: numeric,
    power_avg: numeric,
    power_bike_avg: numeric,
    power_bike_tss_last: numeric,
    speed_avg: numeric,
    time_zone: maybeText,
    updated_at: maybeText,
  }).nullish(),
});

const counts = z.looseObject({ total: z.number(), per_page: z.number() });

export const workouts = resource({
  name: "workouts",
  aliases: ["GET /v1/workouts", "GET /v1/workouts/{id}", "workout"],
  scope: "workouts_read",
  produces: ["cadence_cycling", "training_load"],
  sessions: ["workout"],
  // In one piece: the list knows no dates, and each window would begin at its beginning.
  pageDays: HISTORY_DAYS,
  page: listOf(workout, { rows: "workouts", about: counts }),
  request({ cursor }) {
    const url = new URL(`${WAHOO_API}/v1/workouts`);
    url.searchParams.set("page", cursor ?? "1");
    url.searchParams.set("per_page", String(PAGE_ROWS));
    return new Request(url);
  },
  requestOne: ({ recordId }) =>
    new Request(`${WAHOO_API}/v1/workouts/${pathSegment(WAHOO, recordId)}`),
  next({ rows, about }, { cursor = "1", window }) {
    const page = Number(cursor);
    const { total = Infinity, per_page = 0 } = counts.safeParse(about).data ?? {};
    const [newest, oldest] = [rows.at(0), rows.at(-1)].map((row) => Date.parse(row?.starts ?? ""));
    if (newest === undefined || oldest === undefined || rows.length === 0) return undefined;
    // Newest first: what comes after the window's beginning is all older.
    const isPast = oldest <= newest && oldest < window.from.getTime();
    return isPast || page * per_page >= total ? undefined : String(page + 1);
  },
  record: (row) => versioned(row.id, row.updated_at, row.workout_summary?.updated_at),
  *normalise(row) {
    const start = parseInstant(row.starts)?.instant;
    if (!start) return yield { kind: "quarantine", reason: "no_time" };
    const summary = row.workout_summary;
    // A plan that nobody has ridden yet, or ever will.
    if (!summary) return;
    const seconds = numberOf(summary.duration_total_accum);
    const lasted = seconds == null ? (row.minutes ?? 0) * MINUTE : seconds * SECOND;
    const at = {
      start,
      end: new Date(start.getTime() + lasted),
      ...present({ offsetMinutes: offsetIn(summary.time_zone ?? "unknown", start) }),
    };
    const pulse = numberOf(summary.heart_rate_avg);
    yield {
      kind: "workout",
      ...at,
      ...present({
        type: sportOf(row.workout_type_id),
        vendorType: row.workout_type_id?.toString(),
        durationSeconds: seconds,
        movingSeconds: numberOf(summary.duration_active_accum),
        distanceMetres: numberOf(summary.distance_accum),
        elevationGainMetres: numberOf(summary.ascent_accum),
        energyKilocalories: numberOf(summary.calories_accum),
        // Without a sensor it is 0.
        hrAverage: pulse === 0 ? undefined : pulse,
        averageSpeed: numberOf(summary.speed_avg),
        averagePowerWatts: numberOf(summary.power_avg ?? summary.power_bike_avg),
      }),
    };
    if (pulse === 0) yield { kind: "quarantine", reason: "sentinel" };
    if (hasCrank(row.workout_type_id)) {
      const cadence = revolutionsPerMinute(numberOf(summary.cadence_avg));
      yield* measure("cadence_cycling", cadence, { ...at, statistic: "average" });
    }
    yield* rate("training_load", numberOf(summary.power_bike_tss_last), "open_ended", {
      ...at,
      vendorName: "training_stress_score",
    });
  },
});

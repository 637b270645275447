/** Junction's workouts and electrocardiograms; quirks in `junction.ts`. */
import { z } from "zod";
import { beatsPerMinute } from "../catalog/units.ts";
import { resource } from "./define.ts";
import {
  deviceOf,
  maybeNumber,
  maybeText,
  summary,
  summaryRef,
  summaryRequest,
  timeOf,
} from "./junction_api.ts";
import { junctionSport } from "./junction_sports.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";

const workouts = resource({
  name: "workouts",
  aliases: ["GET /v2/summary/workouts"],
  produces: [],
  sessions: ["workout"],
  page: listOf(
    summary.extend({
      time_start: z.string(),
      time_end: z.string(),
      calendar_date: z.iso.date().nullish(),
      timezone_offset: maybeNumber,
      sport: z.looseObject({ slug: maybeText, name: maybeText }).nullish(),
      moving_time: maybeNumber,
      distance: maybeNumber,
      calories: maybeNumber,
      steps: maybeNumber,
      average_hr: maybeNumber,
      max_hr: maybeNumber,
      average_speed: maybeNumber,
      max_speed: maybeNumber,
      total_elevation_gain: maybeNumber,
      average_watts: maybeNumber,
      max_watts: maybeNumber,
      hr_zones: z.array(z.number()).nullish(),
    }),
    { rows: "workouts" },
  ),
  request: (ask) => summaryRequest("workouts", ask),
  record: summaryRef,
  *normalise(row, context) {
    const clock = { source: row.source, offsetSeconds: row.timezone_offset, context };
    const start = timeOf(row.time_start, clock);
    const end = timeOf(row.time_end, clock)?.start;
    if (!start || !end) return yield { kind: "quarantine", reason: "no_time" };
    if (end < start.start) return yield { kind: "quarantine", reason: "interval_inverted" };
    yield {
      kind: "workout",
      ...start,
      end,
      ...present({
        localDate: row.calendar_date,
        type: junctionSport(row.sport),
        vendorType: row.sport?.slug ?? row.sport?.name,
        movingSeconds: row.moving_time,
        distanceMetres: row.distance,
        energyKilocalories: row.calories,
        steps: row.steps,
        hrAverage: row.average_hr,
        hrMaximum: row.max_hr,
        averageSpeed: row.average_speed,
        maximumSpeed: row.max_speed,
        elevationGainMetres: row.total_elevation_gain,
        averagePowerWatts: row.average_watts,
        maximumPowerWatts: row.max_watts,
        zoneSeconds: row.hr_zones,
        device: deviceOf(row.source).device,
      }),
    };
  },
});

const electrocardiogram = resource({
  name: "electrocardiogram",
  aliases: ["GET /v2/summary/electrocardiogram"],
  produces: ["ecg_average_heart_rate"],
  page: listOf(
    summary.extend({
      session_start: z.string(),
      session_end: maybeText,
      heart_rate_mean: maybeNumber,
    }),
    { rows: "electrocardiogram" },
  ),
  request: (ask) => summaryRequest("electrocardiogram", ask),
  record: summaryRef,
  *normalise(row, context) {
    const clock = { source: row.source, context };
    const start = timeOf(row.session_start, clock);
    if (!start) return yield { kind: "quarantine", reason: "no_time" };
    yield* measure("ecg_average_heart_rate", beatsPerMinute(row.heart_rate_mean), {
      ...start,
      ...present({ end: timeOf(row.session_end, clock)?.start }),
      ...deviceOf(row.source),
    });
  },
});

export const JUNCTION_WORKOUTS = [workouts, electrocardiogram] as const;

/** Garmin's activities, their details, and what the watch noticed; quirks in `garmin.ts`. */
import { z } from "zod";
import type { Workout, WorkoutLaps } from "../catalog/normalized.ts";
import {
  beatsPerMinute,
  celsius,
  metresPerSecond,
  revolutionsPerMinute,
  stepsPerMinute,
  watts,
} from "../catalog/units.ts";
import { SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import {
  kind,
  maybeNumber,
  maybeText,
  sense,
  spanOf,
  SUMMARY,
  summaryRecord,
  timeAt,
} from "./garmin_rows.ts";
import { sportOf } from "./garmin_sports.ts";
import { lapsOf } from "./kit/laps.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";

const SUMMARY_OF_ACTIVITY = {
  ...SUMMARY,
  activityId: z.union([z.number(), z.string().min(1)]).nullish(),
  activityType: maybeText,
  deviceName: maybeText,
  isParent: z.boolean().nullish(),
  steps: maybeNumber,
  distanceInMeters: maybeNumber,
  activeKilocalories: maybeNumber,
  averageHeartRateInBeatsPerMinute: maybeNumber,
  maxHeartRateInBeatsPerMinute: maybeNumber,
  minHeartRateInBeatsPerMinute: maybeNumber,
  averageSpeedInMetersPerSecond: maybeNumber,
  maxSpeedInMetersPerSecond: maybeNumber,
  totalElevationGainInMeters: maybeNumber,
  elevationGainInMeters: maybeNumber,
};
const summaryOfActivity = z.looseObject(SUMMARY_OF_ACTIVITY);
type Activity = z.output<typeof summaryOfActivity>;

/** A details row has the summary's fields one level below, its id on both. */
const activity = z.looseObject({ ...SUMMARY_OF_ACTIVITY, summary: summaryOfActivity.nullish() });

/** The activity's own number; a summary's id is the same, behind a word where it is of the details. */
function idOf(row: z.output<typeof activity>): string | undefined {
  const id = row.activityId ?? row.summary?.activityId ??
    row.summaryId?.replace(/-detail$/, "");
  return id == null ? undefined : String(id);
}

const activities = resource({
  ...kind("activities"),
  produces: [],
  sessions: ["workout"],
  page: listOf(activity, { rows: "activities" }),
  record(row) {
    const id = idOf(row);
    return id === undefined ? undefined : { id };
  },
  *normalise(row) {
    const summary = row.summary ?? row;
    // What a parent tells, its children tell each for itself: it stays in raw.
    if (summary.isParent) return;
    const workout = workoutOf(summary);
    yield workout ?? { kind: "quarantine", reason: "no_time" };
  },
});

function workoutOf(row: Activity): Workout | undefined {
  const span = spanOf(row);
  if (!span) return undefined;
  return {
    kind: "workout",
    ...span,
    ...present({
      type: sportOf(row.activityType),
      vendorType: row.activityType,
      durationSeconds: row.durationInSeconds,
      distanceMetres: row.distanceInMeters,
      energyKilocalories: row.activeKilocalories,
      steps: row.steps,
      hrAverage: row.averageHeartRateInBeatsPerMinute,
      hrMaximum: row.maxHeartRateInBeatsPerMinute,
      hrMinimum: row.minHeartRateInBeatsPerMinute,
      averageSpeed: row.averageSpeedInMetersPerSecond,
      maximumSpeed: row.maxSpeedInMetersPerSecond,
      elevationGainMetres: row.totalElevationGainInMeters ?? row.elevationGainInMeters,
      device: row.deviceName,
    }),
  };
}

/** What was recorded on the way; the workout that it belongs to is the summary's. */
const activityDetails = resource({
  ...kind("activity_details"),
  produces: [
    "heart_rate",
    "power",
    "speed",
    "cadence_running",
    "cadence_cycling",
    "ambient_temperature",
  ],
  page: listOf(
    activity.extend({
      samples: z.array(z.looseObject({
        startTimeInSeconds: maybeNumber,
        heartRate: maybeNumber,
        powerInWatts: maybeNumber,
        speedMetersPerSecond: maybeNumber,
        stepsPerMinute: maybeNumber,
        bikeCadenceInRPM: maybeNumber,
        // Spelled so.
        airTemperatureCelcius: maybeNumber,
      })).nullish(),
      laps: z.array(z.looseObject({ startTimeInSeconds: maybeNumber })).nullish(),
    }),
    { rows: "activityDetails" },
  ),
  record(row) {
    const id = idOf(row);
    return id === undefined ? undefined : { id };
  },
  *normalise(row) {
    const summary = row.summary ?? row;
    if (summary.isParent) return;
    for (const sample of row.samples ?? []) {
      if (sample.startTimeInSeconds == null) continue;
      const at = {
        ...timeAt(sample.startTimeInSeconds, summary.startTimeOffsetInSeconds),
        ...present({ device: summary.deviceName }),
      };
      yield* sense("heart_rate", beatsPerMinute(sample.heartRate), at);
      yield* sense("power", watts(sample.powerInWatts), at);
      yield* sense("speed", metresPerSecond(sample.speedMetersPerSecond), at);
      yield* sense("cadence_running", stepsPerMinute(sample.stepsPerMinute), at);
      yield* sense("cadence_cycling", revolutionsPerMinute(sample.bikeCadenceInRPM), at);
      yield* measure("ambient_temperature", celsius(sample.airTemperatureCelcius), at);
    }
    yield* lapsIn(idOf(row), summary, row.laps ?? []);
  },
});

/**
 * A lap is told by its start alone: it ends where the next begins, the last one with the activity. What
 * comes before the first is a lap too.
 */
function* lapsIn(
  id: string | undefined,
  summary: Activity,
  told: readonly { readonly startTimeInSeconds?: number | null | undefined }[],
): Generator<WorkoutLaps, void> {
  const span = spanOf(summary);
  const starts = told.flatMap(({ startTimeInSeconds: at }) => at == null ? [] : [at * SECOND]);
  if (!span || id === undefined || starts.length === 0) return;
  const [from, to] = [span.start.getTime(), span.end.getTime()];
  const within = starts.filter((at) => at > from && at < to).toSorted((a, b) => a - b);
  const marks = [...new Set([from, ...within])].map((at) => new Date(at));
  const laps = lapsOf(marks.map((start, n) => ({ start, end: marks[n + 1] ?? span.end })));
  if (laps) yield { kind: "laps", id, ...span, laps };
}

const moveIq = resource({
  ...kind("move_iq"),
  produces: [],
  page: listOf(
    z.looseObject({ ...SUMMARY, activityType: maybeText }),
    { rows: "moveIQActivities" },
  ),
  record: summaryRecord,
  *normalise(row) {
    const span = spanOf(row);
    if (!span) return yield { kind: "quarantine", reason: "no_time" };
    yield {
      kind: "auto_activity",
      ...span,
      ...present({ type: sportOf(row.activityType), vendorType: row.activityType }),
    };
  },
});

export const GARMIN_ACTIVITY = [activities, activityDetails, moveIq] as const;

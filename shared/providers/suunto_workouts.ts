/** Suunto's workouts; quirks in `suunto.ts`. */
import { z } from "zod";
import type { When } from "../catalog/normalized.ts";
import { count } from "../catalog/units.ts";
import { SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { pathSegment } from "./kit/http.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  HISTORY_DAYS,
  maybeNumber,
  maybeText,
  notSensed,
  sensed,
  SUUNTO,
  SUUNTO_API,
} from "./suunto_api.ts";
import { sportOf } from "./suunto_sports.ts";

const PAGE_ROWS = 100;
/** No window of ours has so many workouts: a server that ignores `offset` would go on for ever. */
const MAX_OFFSET = 100 * PAGE_ROWS;

const workout = z.looseObject({
  workoutKey: maybeText,
  workoutId: z.union([z.number(), z.string()]).nullish(),
  /** Milliseconds since 1970. */
  startTime: z.number(),
  stopTime: maybeNumber,
  totalTime: maybeNumber,
  timeOffsetInMinutes: maybeNumber,
  activityId: maybeNumber,
  totalDistance: maybeNumber,
  totalAscent: maybeNumber,
  estimatedFloorsClimbed: maybeNumber,
  energyConsumption: maybeNumber,
  stepCount: maybeNumber,
  avgSpeed: maybeNumber,
  maxSpeed: maybeNumber,
  avgPower: maybeNumber,
  maxPower: maybeNumber,
  hrdata: z.looseObject({
    avg: maybeNumber,
    workoutAvgHR: maybeNumber,
    hrmax: maybeNumber,
    workoutMaxHR: maybeNumber,
    min: maybeNumber,
  }).nullish(),
  tss: z.looseObject({
    trainingStressScore: maybeNumber,
    calculationMethod: maybeText,
  }).nullish(),
  gear: z.looseObject({ displayName: maybeText, name: maybeText }).nullish(),
});

/** A fresh workout has no `stopTime` yet. */
function spanOf(row: z.output<typeof workout>): (When & { readonly end: Date }) | undefined {
  const { startTime, stopTime, totalTime, timeOffsetInMinutes } = row;
  const end = stopTime ?? (totalTime == null ? undefined : startTime + totalTime * SECOND);
  if (end === undefined) return undefined;
  return {
    start: new Date(startTime),
    end: new Date(end),
    ...present({ offsetMinutes: timeOffsetInMinutes }),
  };
}

export const workouts = resource({
  name: "workouts",
  aliases: [
    "GET /v3/workouts",
    "GET /v3/workouts/",
    "GET /v3/workouts/{workoutKey}",
    "GET /v2/workouts",
    "GET /v2/workouts/{workoutKey}",
    "workout",
  ],
  produces: ["training_load", "floors_climbed"],
  sessions: ["workout"],
  // In one piece: pages are counted, and each window would cost one more, which is empty.
  pageDays: HISTORY_DAYS,
  page: listOf(workout, { rows: "payload" }),
  request({ window, cursor }) {
    const url = new URL(`${SUUNTO_API}/v3/workouts/`);
    url.searchParams.set("since", String(window.from.getTime()));
    url.searchParams.set("until", String(window.to.getTime()));
    url.searchParams.set("limit", String(PAGE_ROWS));
    url.searchParams.set("offset", cursor ?? "0");
    // By the time it was, not by the time it came: windows are of the former.
    url.searchParams.set("filter-by-modification-time", "false");
    return new Request(url);
  },
  requestOne: ({ recordId }) =>
    new Request(`${SUUNTO_API}/v3/workouts/${pathSegment(SUUNTO, recordId)}`),
  // How many rows a page really has is not documented: only an empty one is the end.
  next: ({ rows }, { cursor = "0" }) =>
    rows.length === 0 ? undefined : String(Math.min(Number(cursor) + rows.length, MAX_OFFSET)),
  // `workoutId` may be 0, which is nobody's.
  record: ({ workoutKey, workoutId }) => {
    const id = workoutKey ?? (workoutId === 0 ? undefined : workoutId);
    return id == null ? undefined : { id: String(id) };
  },
  *normalise(row) {
    const at = spanOf(row);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    const { hrdata, tss, gear } = row;
    const device = gear?.displayName ?? gear?.name;
    const hrAverage = hrdata?.avg ?? hrdata?.workoutAvgHR;
    // `hrdata.max` is what the person set as their highest.
    const hrMaximum = hrdata?.hrmax ?? hrdata?.workoutMaxHR;
    yield {
      kind: "workout",
      ...at,
      ...present({
        type: sportOf(row.activityId),
        vendorType: row.activityId?.toString(),
        durationSeconds: row.totalTime,
        distanceMetres: row.totalDistance,
        elevationGainMetres: row.totalAscent,
        energyKilocalories: row.energyConsumption,
        steps: row.stepCount,
        hrAverage: sensed(hrAverage),
        hrMaximum: sensed(hrMaximum),
        hrMinimum: sensed(hrdata?.min),
        averageSpeed: row.avgSpeed,
        maximumSpeed: row.maxSpeed,
        averagePowerWatts: row.avgPower,
        maximumPowerWatts: row.maxPower,
        device,
      }),
    };
    yield* notSensed(hrAverage, hrMaximum, hrdata?.min);
    yield* measure("floors_climbed", count(row.estimatedFloorsClimbed), {
      ...at,
      ...present({ device }),
      estimated: true,
    });
    yield* rate("training_load", tss?.trainingStressScore, "open_ended", {
      ...at,
      vendorName: "training_stress_score",
      ...present({ qualifier: tss?.calculationMethod?.toLowerCase() }),
    });
  },
});

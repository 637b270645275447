/** Polar's exercises, their series and zones; quirks in `polar.ts`. */
import { z } from "zod";
import type { Metric, When } from "../catalog/normalized.ts";
import {
  beatsPerMinute,
  celsius,
  kilometresPerHour,
  milliseconds,
  type Reading,
  revolutionsPerMinute,
  stepsPerMinute,
  watts,
} from "../catalog/units.ts";
import { SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  get,
  getOne,
  HISTORY_DAYS,
  maybeNumber,
  maybeText,
  secondsOf,
  withOffset,
} from "./polar_api.ts";
import { sportOf } from "./polar_sports.ts";

type Sampled =
  | "heart_rate"
  | "speed"
  | "cadence_cycling"
  | "power"
  | "cadence_running"
  | "ambient_temperature";

/**
 * A series by its `sample-type`. Left out: altitude, pedalling index and balance, air pressure, for
 * which there is no metric, and 10, the distance so far, whose end is the workout's own.
 */
const SERIES: Readonly<
  Record<string, (reading: Reading, at: When) => Iterable<Metric<Sampled>>>
> = {
  0: (reading, at) => measure("heart_rate", beatsPerMinute(reading), at),
  1: (reading, at) => measure("speed", kilometresPerHour(reading), at),
  2: (reading, at) => measure("cadence_cycling", revolutionsPerMinute(reading), at),
  4: (reading, at) => measure("power", watts(reading), at),
  8: (reading, at) => measure("cadence_running", stepsPerMinute(reading), at),
  9: (reading, at) => measure("ambient_temperature", celsius(reading), at),
};
const HEART_RATE = "0";
/** Milliseconds from beat to beat: it has no rate, each reading is the time to the next. */
const BEATS = "11";

const WITH = { samples: "true", zones: "true" };

const exercises = resource({
  name: "exercises",
  aliases: ["GET /v3/exercises", "GET /v3/exercises/{exerciseId}", "exercise"],
  pageDays: HISTORY_DAYS,
  produces: [
    "training_load",
    "heart_rate",
    "speed",
    "cadence_cycling",
    "power",
    "cadence_running",
    "ambient_temperature",
    "rr_interval",
  ],
  sessions: ["workout"],
  page: listOf(
    z.looseObject({
      id: z.union([z.string().min(1), z.number()]),
      device: maybeText,
      start_time: maybeText,
      start_time_utc_offset: maybeNumber,
      duration: maybeText,
      calories: maybeNumber,
      distance: maybeNumber,
      heart_rate: z.looseObject({ average: maybeNumber, maximum: maybeNumber }).nullish(),
      training_load: maybeNumber,
      sport: maybeText,
      detailed_sport_info: maybeText,
      heart_rate_zones: z.array(
        z.looseObject({ index: maybeNumber, "in-zone": maybeText }),
      ).nullish(),
      samples: z.array(z.looseObject({
        "recording-rate": maybeNumber,
        "sample-type": z.union([z.string(), z.number()]).nullish(),
        data: maybeText,
      })).nullish(),
    }),
    { rows: "exercises" },
  ),
  // Those of the last 30 days, whatever the window.
  request: () => get("/v3/exercises", WITH),
  requestOne: getOne("/v3/exercises", WITH),
  record: ({ id }) => ({ id: String(id) }),
  *normalise(row) {
    const begin = withOffset(row.start_time, row.start_time_utc_offset);
    const duration = secondsOf(row.duration);
    if (!begin || duration === undefined) {
      return yield { kind: "quarantine", reason: "no_time" };
    }
    const at = { ...begin, end: new Date(begin.start.getTime() + duration * SECOND) };
    const zones = (row.heart_rate_zones ?? [])
      .toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0))
      .map((zone) => secondsOf(zone["in-zone"]))
      .filter((one) => one !== undefined);
    const device = present({ device: row.device });
    yield {
      kind: "workout",
      ...at,
      ...device,
      ...present({
        type: sportOf(row),
        vendorType: row.detailed_sport_info ?? row.sport,
        durationSeconds: duration,
        distanceMetres: row.distance,
        energyKilocalories: row.calories,
        hrAverage: row.heart_rate?.average,
        hrMaximum: row.heart_rate?.maximum,
        zoneSeconds: zones.length > 0 && zones.length === row.heart_rate_zones?.length
          ? zones
          : undefined,
      }),
    };
    yield* rate("training_load", row.training_load, "open_ended", {
      ...at,
      vendorName: "training_load",
    });
    for (const series of row.samples ?? []) {
      const type = String(series["sample-type"]);
      const seconds = series["recording-rate"];
      if (type === BEATS) yield* beats(series.data, { ...begin, ...device });
      if (seconds == null) continue;
      for (const [i, reading] of readings(series.data).entries()) {
        const start = new Date(begin.start.getTime() + i * seconds * SECOND);
        // The sensor lost the skin.
        if (type === HEART_RATE && reading === 0) {
          yield { kind: "quarantine", reason: "sentinel" };
        } else yield* SERIES[type]?.(reading, { ...begin, ...device, start }) ?? [];
      }
    }
  },
});

/** `0,100,null`: a sensor that was away is a word and no number. */
function readings(data: string | null | undefined): readonly (number | undefined)[] {
  return (data ?? "").split(",").map((text) =>
    /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined
  );
}

function* beats(data: string | null | undefined, begin: When): Generator<Metric<"rr_interval">> {
  let at = begin.start.getTime();
  for (const interval of readings(data)) {
    // With one beat missing nothing tells when the others were.
    if (interval === undefined) return;
    yield* measure("rr_interval", milliseconds(interval), { ...begin, start: new Date(at) });
    at += interval;
  }
}

export const POLAR_EXERCISE = [exercises] as const;

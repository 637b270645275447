/** Strava's laps of an activity; quirks in `strava.ts`. */
import { z } from "zod";
import type { WorkoutLap } from "../catalog/normalized.ts";
import { parseInstant, SECOND } from "../core/time.ts";
import { lapsOf } from "./kit/laps.ts";

/**
 * A lap of a detailed activity. `splits_metric`, kilometre by kilometre, say no time and stay in raw.
 * @see https://developers.strava.com/docs/reference/#api-models-Lap
 */
export const lap = z.looseObject({
  start_date: z.string().nullish(),
  elapsed_time: z.number().nullish(),
  distance: z.number().nullish(),
  average_heartrate: z.number().nullish(),
  max_heartrate: z.number().nullish(),
  average_watts: z.number().nullish(),
});

export function lapsIn(
  laps: readonly z.output<typeof lap>[] | null | undefined,
): readonly WorkoutLap[] | undefined {
  return lapsOf((laps ?? []).map((one) => {
    const start = parseInstant(one.start_date ?? "")?.instant;
    return {
      start,
      end: start && new Date(start.getTime() + (one.elapsed_time ?? NaN) * SECOND),
      distanceMetres: one.distance,
      hrAverage: one.average_heartrate,
      hrMaximum: one.max_heartrate,
      averagePowerWatts: one.average_watts,
    };
  }));
}

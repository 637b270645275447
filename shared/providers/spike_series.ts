/** Spike's readings, one resource for each; quirks in `spike.ts`. */
import { z } from "zod";
import type { MetricCode, UnitOf } from "../catalog/metrics.ts";
import {
  beatsPerMinute,
  breathsPerMinute,
  celsius,
  count,
  type DimensionOf,
  grams,
  kilocalories,
  kilogramsPerSquareMetre,
  metres,
  milligramsPerDecilitre,
  millilitresPerKilogramMinute,
  millimetresOfMercury,
  milliseconds,
  percent,
  type UnitConstructor,
} from "../catalog/units.ts";
import { parseInstant } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import type { Page } from "./resource.ts";
import { maybeNumber, maybeText, timesRequest } from "./spike_api.ts";

/** Columns of equal length. An empty list is null. */
const columns = z.looseObject({
  metric: z.string(),
  from_timestamp: maybeText,
  start_at: maybeText,
  offsets: z.array(maybeNumber).nullish(),
  durations: z.array(maybeNumber).nullish(),
  values: z.array(maybeNumber).nullish(),
});

/** Milliseconds after `from`, how many it lasted, and what was measured: all as they came. */
type Row = readonly [
  from: string,
  offset: number | null | undefined,
  duration: number | null | undefined,
  value: number | null | undefined,
];

const page: z.ZodType<Page<Row>> = columns.transform((body): Page<Row> => {
  // An example calls the beginning `start_at`, the schema `from_timestamp`.
  const from = body.start_at ?? body.from_timestamp ?? "";
  const { offsets, durations, values } = body;
  return {
    rows: (offsets ?? []).map((offset, i): Row => [from, offset, durations?.[i], values?.[i]]),
  };
});

function startOf([from, offset]: Row): Date | undefined {
  const begin = parseInstant(from)?.instant;
  return begin && offset != null ? new Date(begin.getTime() + offset) : undefined;
}

/** Longest windows of what may come every few seconds, and every minute: an answer is read up to 5 MiB. */
const BY_SECONDS = { pageDays: 3 };
const BY_MINUTES = { pageDays: 14 };

/** A resource whose values are one metric, by Spike's name for it. */
function series<const M extends MetricCode>(
  name: string,
  metric: M,
  unit: UnitConstructor<DimensionOf<UnitOf<M>>>,
  density: { readonly pageDays?: number } = {},
) {
  return resource<Row, M>({
    name,
    aliases: [`GET /v3/queries/timeseries?metric=${name}`],
    produces: [metric],
    ...density,
    page,
    request: (ask) => timesRequest("timeseries", ask, [["metric", name]]),
    // One service a person: two values of one instant are one, told again.
    record(row) {
      const start = startOf(row);
      return start && { id: start.toISOString() };
    },
    *normalise(row) {
      const start = startOf(row);
      if (!start) return yield { kind: "quarantine", reason: "no_time" };
      const [, , duration, value] = row;
      yield* measure(metric, unit(value), {
        start,
        ...(duration ? { end: new Date(start.getTime() + duration) } : {}),
      });
    },
  });
}

export const SPIKE_SERIES = [
  series("heartrate", "heart_rate", beatsPerMinute, BY_SECONDS),
  series("hrv_rmssd", "hrv_rmssd", milliseconds),
  series("hrv_sdnn", "hrv_sdnn", milliseconds),
  series("spo2", "spo2", percent),
  series("breathing_rate", "respiratory_rate", breathsPerMinute),
  series("glucose", "glucose", milligramsPerDecilitre),
  series("blood_pressure_systolic", "blood_pressure_systolic", millimetresOfMercury),
  series("blood_pressure_diastolic", "blood_pressure_diastolic", millimetresOfMercury),
  series("body_temperature", "body_temperature", celsius),
  series("basal_body_temperature", "basal_body_temperature", celsius),
  series("skin_temperature", "skin_temperature", celsius),
  series("weight", "body_weight", grams),
  series("body_fat", "body_fat_percentage", percent),
  series("body_mass_index", "bmi", kilogramsPerSquareMetre),
  series("body_bone_mass", "bone_mass", grams),
  series("vo2max", "vo2_max", millilitresPerKilogramMinute),
  series("steps", "steps", count, BY_MINUTES),
  series("distance", "distance", metres, BY_MINUTES),
  series("floors_climbed", "floors_climbed", count, BY_MINUTES),
  series("calories_burned_active", "energy_active", kilocalories, BY_MINUTES),
] as const;

/** Junction's timeseries, one line a kind at the end; quirks in `junction.ts`. */
import { z } from "zod";
import type { MetricCode, UnitOf } from "../catalog/metrics.ts";
import type { Normalized, Provenance, When } from "../catalog/normalized.ts";
import {
  beatsPerMinute,
  breathsPerMinute,
  celsius,
  centimetres,
  count,
  type DimensionOf,
  glucoseMillimolesPerLitre,
  grams,
  index,
  insulinUnits,
  kelvinDifference,
  kilocalories,
  kilograms,
  kilogramsPerSquareMetre,
  litres,
  litresPerMinute,
  metres,
  millilitres,
  millilitresPerKilogramMinute,
  millimetresOfMercury,
  milliseconds,
  minutes,
  percent,
  score,
  type UnitConstructor,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import {
  deviceOf,
  maybeNumber,
  maybeText,
  providerOf,
  seriesRequest,
  type Source,
  source,
  timeOf,
} from "./junction_api.ts";
import { measure, present } from "./kit/measure.ts";
import { oneOrMany } from "./kit/page.ts";
import type { Page } from "./resource.ts";

const sample = z.looseObject({
  timestamp: maybeText,
  start: maybeText,
  end: maybeText,
  timezone_offset: maybeNumber,
  type: maybeText,
  unit: maybeText,
  value: maybeNumber,
  systolic: maybeNumber,
  diastolic: maybeNumber,
  sensor_location: maybeText,
});
type Sample = z.output<typeof sample>;

const group = z.looseObject({ source, data: z.array(sample) });
const answer = z.looseObject({
  groups: z.looseObject({})
    .transform((services) => Object.values(services).filter(Array.isArray))
    .pipe(z.array(z.array(group))),
  next_cursor: maybeText,
  next: maybeText,
});

/** A sample with who measured it: both are kept, as they came. */
type Row = readonly [source: Source, sample: Sample];

/** Pulled, by services in pages; pushed, a group by itself. */
const page: z.ZodType<Page<Row>> = z.unknown().transform((body, ctx): Page<Row> => {
  const isPulled = typeof body === "object" && body !== null && "groups" in body;
  const read = isPulled ? answer.safeParse(body) : oneOrMany(group).safeParse(body);
  if (!read.success) {
    for (const issue of read.error.issues) ctx.issues.push({ ...issue, input: undefined });
    return z.NEVER;
  }
  const groups = "groups" in read.data ? read.data.groups.flat() : read.data;
  const next = "groups" in read.data ? read.data.next_cursor ?? read.data.next : undefined;
  return {
    rows: groups.flatMap(({ source, data }) => data.map((one): Row => [source, one])),
    ...present({ next: next || undefined }),
  };
});

type At = When & Provenance;

/** A resource of samples: `read` says what one means. */
function series<const M extends MetricCode>(
  name: string,
  { produces, aliases = [], read }: {
    readonly produces: readonly M[];
    readonly aliases?: readonly string[];
    readonly read: (sample: Sample, at: At, source: Source) => Iterable<Normalized<M>>;
  },
) {
  return resource<Row, M>({
    name,
    aliases: [...aliases, `GET /v2/timeseries/${name}`],
    produces,
    page,
    request: (ask) => seriesRequest(name, ask),
    // Junction's own key of a sample: https://docs.junction.com/wearables/providers/data-primary-key
    record([source, { timestamp, start, type }]) {
      const time = start ?? timestamp;
      const parts = [providerOf(source), source.type ?? "unknown", type, time];
      return time ? { id: parts.filter((part) => part != null).join("|") } : undefined;
    },
    *normalise([source, sample], context) {
      const clock = { source, offsetSeconds: sample.timezone_offset, context };
      const time = timeOf(sample.start ?? sample.timestamp, clock);
      if (!time) return yield { kind: "quarantine", reason: "no_time" };
      const end = timeOf(sample.end, clock)?.start;
      const isSpan = end !== undefined && end.getTime() !== time.start.getTime();
      yield* read(sample, { ...time, ...(isSpan ? { end } : {}), ...deviceOf(source) }, source);
    },
  });
}

/** A resource whose value is one metric. */
function values<const M extends MetricCode>(
  name: string,
  metric: M,
  unit: UnitConstructor<DimensionOf<UnitOf<M>>>,
  aliases: readonly string[] = [],
) {
  return series(name, {
    produces: [metric],
    aliases,
    read: ({ value }, at) => measure(metric, unit(value), at),
  });
}

/** HealthKit has no RMSSD, whatever the unit says. */
const isSdnn = (source: Source) => providerOf(source) === "apple_health_kit";

export const JUNCTION_SERIES = [
  values("heartrate", "heart_rate", beatsPerMinute),
  series("hrv", {
    produces: ["hrv_rmssd", "hrv_sdnn"],
    read: ({ value }, at, source) =>
      measure(isSdnn(source) ? "hrv_sdnn" : "hrv_rmssd", milliseconds(value), at),
  }),
  values("respiratory_rate", "respiratory_rate", breathsPerMinute),
  values("blood_oxygen", "spo2", percent),
  series("blood_pressure", {
    produces: ["blood_pressure_systolic", "blood_pressure_diastolic"],
    *read({ systolic, diastolic }, at) {
      yield* measure("blood_pressure_systolic", millimetresOfMercury(systolic), at);
      yield* measure("blood_pressure_diastolic", millimetresOfMercury(diastolic), at);
    },
  }),
  series("glucose", {
    produces: ["glucose", "glucose_blood"],
    read: ({ value }, at, { type }) =>
      measure(
        type === "fingerprick" ? "glucose_blood" : "glucose",
        glucoseMillimolesPerLitre(value),
        at,
      ),
  }),
  values("body_weight", "body_weight", kilograms, ["weight"]),
  values("body_fat", "body_fat_percentage", percent, ["fat"]),
  values("body_mass_index", "bmi", kilogramsPerSquareMetre),
  values("lean_body_mass", "lean_body_mass", kilograms),
  values("waist_circumference", "waist_circumference", centimetres),
  series("body_temperature", {
    produces: ["body_temperature", "skin_temperature"],
    read: ({ value, sensor_location }, at) =>
      measure(
        sensor_location === "wrist" || sensor_location === "finger"
          ? "skin_temperature"
          : "body_temperature",
        celsius(value),
        at,
      ),
  }),
  values("body_temperature_delta", "skin_temperature_deviation", kelvinDifference),
  values("basal_body_temperature", "basal_body_temperature", celsius),
  values("vo2_max", "vo2_max", millilitresPerKilogramMinute),
  values("stress_level", "stress_score", score),
  values("steps", "steps", count),
  series("distance", {
    produces: ["distance", "distance_wheelchair"],
    read: ({ value }, at, { sport }) =>
      measure(
        sport === "wheelchair_pushing" ? "distance_wheelchair" : "distance",
        metres(value),
        at,
      ),
  }),
  values("floors_climbed", "floors_climbed", count),
  values("calories_active", "energy_active", kilocalories),
  values("calories_basal", "energy_basal", kilocalories),
  values("wheelchair_push", "wheelchair_pushes", count),
  values("workout_swimming_stroke", "swimming_strokes", count),
  values("stand_duration", "stand_duration", minutes),
  series("stand_hour", {
    produces: ["stand_hours"],
    read: ({ type, value }, at) => type === "idle" ? [] : measure("stand_hours", count(value), at),
  }),
  values("mindfulness_minutes", "mindfulness_duration", minutes),
  values("daylight_exposure", "daylight_exposure", minutes),
  values("uv_exposure", "uv_index", index),
  values("water", "water_intake", millilitres),
  values("caffeine", "caffeine_intake", grams),
  values("carbohydrates", "carbohydrate_intake", grams),
  values("insulin_injection", "insulin_delivery", insulinUnits),
  values("heart_rate_recovery_one_minute", "heart_rate_recovery_1min", beatsPerMinute),
  values("afib_burden", "afib_burden", percent),
  values("fall", "falls", count),
  values("inhaler_usage", "inhaler_usage", count),
  values("peak_expiratory_flow_rate", "peak_expiratory_flow", litresPerMinute),
  values("forced_vital_capacity", "fvc", litres),
  values("forced_expiratory_volume_1", "fev1", litres),
] as const;

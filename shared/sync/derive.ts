import type { Metric, Normalized, SleepSession, Workout } from "../catalog/normalized.ts";
import { type MetricCode, METRICS } from "../catalog/metrics.ts";
import { SECOND } from "../core/time.ts";
import { convert, type Unit } from "../catalog/units.ts";

/**
 * The metrics that a session implies, by one rule for all providers: a driver yields the session, and
 * what dashboards chart follows from it. Each spans the session.
 */
const FROM_SLEEP = [
  ["sleep_duration", "asleepSeconds", "s"],
  ["sleep_time_in_bed", "inBedSeconds", "s"],
  ["sleep_deep", "deepSeconds", "s"],
  ["sleep_light", "lightSeconds", "s"],
  ["sleep_rem", "remSeconds", "s"],
  ["sleep_awake", "awakeSeconds", "s"],
  ["sleep_latency", "latencySeconds", "s"],
  ["sleep_awakenings", "disturbances", "count"],
  ["sleep_efficiency", "efficiencyPercent", "%"],
  ["sleep_hr_avg", "hrAverage", "bpm"],
  ["sleep_hr_min", "hrMinimum", "bpm"],
  ["hrv_rmssd", "hrvRmssd", "ms"],
  ["hrv_sdnn", "hrvSdnn", "ms"],
  ["respiratory_rate", "respiratoryRate", "breaths/min"],
  ["spo2", "spo2Average", "%"],
] as const satisfies readonly Rule<SleepSession>[];

const FROM_WORKOUT = [
  ["workout_duration", "durationSeconds", "s"],
  ["workout_moving_duration", "movingSeconds", "s"],
  ["workout_distance", "distanceMetres", "m"],
  ["workout_energy", "energyKilocalories", "kcal"],
  ["workout_power", "averagePowerWatts", "W"],
  ["workout_elevation_gain", "elevationGainMetres", "m"],
  ["workout_strain", "strain", "score"],
  ["heart_rate_avg", "hrAverage", "bpm"],
  ["heart_rate_max", "hrMaximum", "bpm"],
  ["heart_rate_min", "hrMinimum", "bpm"],
  ["speed", "averageSpeed", "m/s"],
] as const satisfies readonly Rule<Workout>[];

type Rule<S> = readonly [metric: MetricCode, member: keyof S, unit: Unit];

/** Means over a whole session say so: they never mix with readings of an instant. */
const MEANS: Readonly<Partial<Record<MetricCode, NonNullable<Metric["statistic"]>>>> = {
  hrv_rmssd: "nightly_average",
  hrv_sdnn: "nightly_average",
  respiratory_rate: "nightly_average",
  spo2: "nightly_average",
  speed: "average",
};

/** The metrics of one session, plausible or not; nothing for anything else. */
export function deriveMetrics(item: Normalized): Metric[] {
  if (item.kind === "sleep") return apply(FROM_SLEEP, item);
  if (item.kind === "workout") {
    // Most providers give start and end only, and mean the time between them.
    const elapsed = (item.end.getTime() - item.start.getTime()) / SECOND;
    return apply(FROM_WORKOUT, { durationSeconds: elapsed, ...item });
  }
  return [];
}

function apply<S extends SleepSession | Workout>(rules: readonly Rule<S>[], session: S): Metric[] {
  return rules.flatMap(([metric, member, from]) => {
    const reading = session[member];
    if (typeof reading !== "number") return [];
    const { unit } = METRICS[metric];
    const value = convert(reading, from, unit);
    // SAFETY: the unit is read from the metric's own row.
    return [{
      kind: "metric",
      metric,
      value,
      unit,
      start: session.start,
      end: session.end,
      ...(session.offsetMinutes === undefined ? {} : { offsetMinutes: session.offsetMinutes }),
      ...(session.localDate === undefined ? {} : { localDate: session.localDate }),
      ...(session.device === undefined ? {} : { device: session.device }),
      ...(MEANS[metric] ? { statistic: MEANS[metric] } : {}),
    } as unknown as Metric];
  });
}

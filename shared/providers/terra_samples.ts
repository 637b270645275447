/** What Terra's payloads share: clocks, samples, identity; quirks in `terra.ts`. */
import { z } from "zod";
import type { Metric, When } from "../catalog/normalized.ts";
import { beatsPerMinute, milliseconds, percent } from "../catalog/units.ts";
import { MINUTE } from "../core/time.ts";
import { measure } from "./kit/measure.ts";
import { dayTotal, instant, offsetOf } from "./kit/when.ts";
import type { RecordRef } from "./resource.ts";

/**
 * The blocks that Terra's payloads share, and how the times in them are read.
 * @see ./terra.ts for the quirks
 */

/** Terra writes null, or nothing, where it has no value. */
export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

/** A list of readings, each with a `timestamp`. */
export function samples<const S extends z.ZodRawShape>(shape: S) {
  return z.array(z.looseObject({ timestamp: maybeText, ...shape })).nullish();
}

export const metadata = z.looseObject({
  start_time: maybeText,
  end_time: maybeText,
  /** 0: the times are UTC and say nothing of the person's clock. 1: they are local. */
  timestamp_localization: maybeNumber,
});
export type Metadata = z.output<typeof metadata>;

const LOCALIZED_AS_UTC = 0;

/** Reads a time of one record; nothing where it is absent or no time. */
export type Clock = (timestamp: string | null | undefined) => When | undefined;

/**
 * A time without a zone is the person's local time: it takes the offset of the record's start, and
 * where that has none either, its written day is kept as the local day.
 */
export function clockOf(record: Metadata): Clock {
  const isUtc = record.timestamp_localization === LOCALIZED_AS_UTC;
  const own = offsetOf(record.start_time);
  return (timestamp) => {
    const at = instant(timestamp);
    if (!at) return undefined;
    if (isUtc) return at.offsetMinutes ? at : { start: at.start };
    if (at.offsetMinutes !== undefined) return at;
    if (own === undefined) return { ...at, localDate: at.start.toISOString().slice(0, 10) };
    return { start: new Date(at.start.getTime() - own * MINUTE), offsetMinutes: own };
  };
}

/**
 * A record of a day is that day of that connection: its date as written, never through a clock.
 * @see https://github.com/tryterra/agent-skills
 */
export function dayRecord(row: { readonly metadata: Metadata }): RecordRef | undefined {
  const date = row.metadata.start_time?.slice(0, 10) ?? "";
  return instant(`${date}T00:00Z`) ? { id: date } : undefined;
}

/** The whole day that a record is of; nothing where it has no identity. */
export function dayOfRecord(row: { readonly metadata: Metadata }) {
  const day = dayRecord(row);
  return day && dayTotal(day.id, clockOf(row.metadata)(row.metadata.start_time)?.offsetMinutes);
}

/** Each reading with when it was; those without a time fall away. */
export function* timed<S extends { readonly timestamp?: string | null | undefined }>(
  readings: readonly S[] | null | undefined,
  clock: Clock,
): Generator<readonly [reading: S, at: When], void> {
  for (const reading of readings ?? []) {
    const at = clock(reading.timestamp);
    if (at) yield [reading, at];
  }
}

export const heartRateData = z.looseObject({
  summary: z.looseObject({
    avg_hr_bpm: maybeNumber,
    max_hr_bpm: maybeNumber,
    min_hr_bpm: maybeNumber,
    resting_hr_bpm: maybeNumber,
    avg_hrv_rmssd: maybeNumber,
    avg_hrv_sdnn: maybeNumber,
    hr_zone_data: z.array(z.looseObject({ zone: maybeNumber, duration_seconds: maybeNumber }))
      .nullish(),
  }).nullish(),
  detailed: z.looseObject({
    hr_samples: samples({ bpm: maybeNumber }),
    hrv_samples_rmssd: samples({ hrv_rmssd: maybeNumber }),
    hrv_samples_sdnn: samples({ hrv_sdnn: maybeNumber }),
  }).nullish(),
}).nullish();
type HeartRateData = z.output<typeof heartRateData>;

export const HEART_RATE_SAMPLES = ["heart_rate", "hrv_rmssd", "hrv_sdnn"] as const;
export const HEART_RATE_SUMMARY = [
  "heart_rate_avg",
  "heart_rate_max",
  "heart_rate_min",
  "resting_heart_rate",
  "hrv_rmssd",
  "hrv_sdnn",
] as const;

export function* heartRateSamples(
  data: HeartRateData,
  clock: Clock,
): Generator<Metric<(typeof HEART_RATE_SAMPLES)[number]>, void> {
  const detailed = data?.detailed;
  for (const [{ bpm }, at] of timed(detailed?.hr_samples, clock)) {
    yield* measure("heart_rate", beatsPerMinute(bpm), at);
  }
  for (const [{ hrv_rmssd }, at] of timed(detailed?.hrv_samples_rmssd, clock)) {
    yield* measure("hrv_rmssd", milliseconds(hrv_rmssd), at);
  }
  for (const [{ hrv_sdnn }, at] of timed(detailed?.hrv_samples_sdnn, clock)) {
    yield* measure("hrv_sdnn", milliseconds(hrv_sdnn), at);
  }
}

export function* heartRateOfDay(
  data: HeartRateData,
  day: When & { readonly dailyTotal: true },
): Generator<Metric<(typeof HEART_RATE_SUMMARY)[number]>, void> {
  const summary = data?.summary;
  const average = { ...day, statistic: "average" } as const;
  yield* measure("heart_rate_avg", beatsPerMinute(summary?.avg_hr_bpm), average);
  yield* measure("heart_rate_max", beatsPerMinute(summary?.max_hr_bpm), {
    ...day,
    statistic: "maximum",
  });
  yield* measure("heart_rate_min", beatsPerMinute(summary?.min_hr_bpm), {
    ...day,
    statistic: "minimum",
  });
  yield* measure("resting_heart_rate", beatsPerMinute(summary?.resting_hr_bpm), day);
  yield* measure("hrv_rmssd", milliseconds(summary?.avg_hrv_rmssd), average);
  yield* measure("hrv_sdnn", milliseconds(summary?.avg_hrv_sdnn), average);
}

/** The other kind, 1, is muscle oxygen, which is no SpO2. */
const BLOOD = 0;
export const saturationSamples = samples({ percentage: maybeNumber, type: maybeNumber });
type SaturationSamples = z.output<typeof saturationSamples>;

export function* bloodOxygenSamples(
  readings: SaturationSamples,
  clock: Clock,
): Generator<Metric<"spo2">, void> {
  for (const [{ percentage, type }, at] of timed(readings, clock)) {
    if ((type ?? BLOOD) === BLOOD) yield* measure("spo2", percent(percentage), at);
  }
}

/** An average is called "SpO2 or SmO2": it is blood only where no sample beside it is of muscle. */
export function averageBloodOxygen(
  average: number | null | undefined,
  readings: SaturationSamples,
): number | undefined {
  const isBlood = (readings ?? []).every(({ type }) => (type ?? BLOOD) === BLOOD);
  return isBlood ? average ?? undefined : undefined;
}

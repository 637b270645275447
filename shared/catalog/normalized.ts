import type { LocalDate } from "../core/time.ts";
import type { MetricCode, UnitOf } from "./metrics.ts";

/** When something was: an instant, or the half-open span `[start, end)`, and the person's own clock. */
export interface When {
  readonly start: Date;
  readonly end?: Date;
  /** Minutes east of UTC, as the provider gave it; absent where it gave none. */
  readonly offsetMinutes?: number;
  /** The provider's own local day, where it names one: it wins over any day derived from `start`. */
  readonly localDate?: LocalDate;
}

/** How a value came to be, where that matters to a reader. Part of a sample's source. */
export interface Provenance {
  /** A whole day's total or value, so that it is never added to the day's intraday samples. */
  readonly dailyTotal?: true;
  /** Derived by the vendor from something else, such as walking distance from METs. */
  readonly estimated?: true;
  readonly statistic?: "average" | "nightly_average" | "minimum" | "maximum";
  readonly entry?: "manual" | "automatic";
  readonly device?: string;
}

/** One value of one catalog metric, in the catalog's unit. Made by `measure` alone. */
export type Metric<M extends MetricCode = MetricCode> = {
  [K in M]: When & Provenance & {
    readonly kind: "metric";
    readonly metric: K;
    readonly value: number;
    readonly unit: UnitOf<K>;
  };
}[M];

export type SleepStage =
  | "unknown"
  | "awake"
  | "asleep"
  | "light"
  | "deep"
  | "rem"
  | "in_bed"
  | "out_of_bed";

/**
 * One sleep. Durations in seconds; `asleep = deep + light + rem` never holds wakeful time, which is
 * in `awake`; time in bed stands apart.
 */
export interface SleepSession extends When {
  readonly kind: "sleep";
  /** The session's own id where one record holds several; else the record's id stands for it. */
  readonly id?: string;
  readonly end: Date;
  readonly isNap?: boolean;
  readonly inBedSeconds?: number;
  readonly asleepSeconds?: number;
  readonly deepSeconds?: number;
  readonly lightSeconds?: number;
  readonly remSeconds?: number;
  readonly awakeSeconds?: number;
  readonly latencySeconds?: number;
  /** The vendor's own figure, 0 to 100; readers recompute asleep / in bed beside it. */
  readonly efficiencyPercent?: number;
  readonly hrAverage?: number;
  readonly hrMinimum?: number;
  readonly hrvRmssd?: number;
  readonly hrvSdnn?: number;
  readonly respiratoryRate?: number;
  readonly spo2Average?: number;
  readonly disturbances?: number;
  /** 0 to 100 unless a `Score` beside it says otherwise. */
  readonly vendorScore?: number;
  readonly device?: string;
  readonly stages?: readonly SleepStageSpan[];
}

export interface SleepStageSpan {
  readonly stage: SleepStage;
  readonly start: Date;
  readonly end: Date;
}

/** One workout. Seconds, metres, kilocalories, metres per second, watts, beats per minute. */
export interface Workout extends When {
  readonly kind: "workout";
  readonly id?: string;
  readonly end: Date;
  /** Our word for the sport, snake_case (`running`, `strength_training`, `other`). */
  readonly type?: string;
  /** The vendor's own word or number, kept even where it is falsy (Terra's 0 is "in vehicle"). */
  readonly vendorType?: string;
  /** Elapsed time; absent means `end - start`. */
  readonly durationSeconds?: number;
  readonly movingSeconds?: number;
  readonly distanceMetres?: number;
  readonly energyKilocalories?: number;
  readonly energyActiveKilocalories?: number;
  readonly energyBasalKilocalories?: number;
  readonly steps?: number;
  readonly hrAverage?: number;
  readonly hrMaximum?: number;
  readonly hrMinimum?: number;
  readonly averageSpeed?: number;
  readonly maximumSpeed?: number;
  readonly elevationGainMetres?: number;
  readonly averagePowerWatts?: number;
  readonly maximumPowerWatts?: number;
  readonly strain?: number;
  readonly zoneSeconds?: readonly number[];
  readonly device?: string;
  readonly laps?: readonly WorkoutLap[];
}

/**
 * A part of a workout, as it was marked: a press of the button, a kilometre, a length of the pool. The
 * same units as the workout's.
 */
export interface WorkoutLap {
  readonly start: Date;
  readonly end: Date;
  readonly distanceMetres?: number;
  readonly energyKilocalories?: number;
  readonly hrAverage?: number;
  readonly hrMaximum?: number;
  readonly averagePowerWatts?: number;
}

/** Laps of a workout that another record of the same account tells (Garmin's activity and its details). */
export interface WorkoutLaps extends When {
  readonly kind: "laps";
  /** The workout's own id: they are joined by it, whichever came first. */
  readonly id: string;
  readonly end: Date;
  readonly laps: readonly WorkoutLap[];
}

/** A vendor's score. Scores of different scales share a code but never an average. */
export interface Score<M extends MetricCode = MetricCode> extends When {
  readonly kind: "score";
  readonly score: M;
  readonly value: number;
  readonly scale: readonly [low: number, high: number] | "open_ended";
  /** The vendor's name for it: `cardio_load`, `nightly_recharge_status`. */
  readonly vendorName?: string;
  readonly qualifier?: string;
  readonly components?: Readonly<Record<string, number>>;
}

/** A movement that the device noticed by itself (Garmin's Move IQ): no workout, and never counted as one. */
export interface AutoActivity extends When {
  readonly kind: "auto_activity";
  readonly end: Date;
  readonly type?: string;
  readonly vendorType?: string;
}

/** Where a person is in their cycle; kept with its raw record, days beside `cycle_day` no metric. */
export interface MenstrualCycle {
  readonly kind: "menstrual_cycle";
  readonly periodStart?: LocalDate;
  readonly dayInCycle?: number;
  readonly cycleLengthDays?: number;
}

/** A record that the provider says is gone: everything made from it goes, and stays gone. */
export interface Deletion {
  readonly kind: "deletion";
}

/** What cannot be believed: kept in raw with its reason, counted, never stored as a fact. */
export interface Quarantine {
  readonly kind: "quarantine";
  readonly reason: QuarantineReason;
}

export type QuarantineReason =
  | "interval_inverted"
  | "interval_longer_than_reported"
  | "no_identity"
  | "no_time"
  | "sentinel"
  | "implausible"
  | "unknown_unit";

/** What a record means. */
export type Normalized<M extends MetricCode = MetricCode> =
  | Metric<M>
  | SleepSession
  | Workout
  | WorkoutLaps
  | Score<M>
  | AutoActivity
  | MenstrualCycle
  | Deletion
  | Quarantine;

import { MINUTE, SECOND } from "@shared/core/time.ts";
import { localDateIn, offsetAt } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import {
  EPOCH_SECONDS,
  type Exercise,
  exerciseAt,
  mean,
  secondsIn,
  type Sleep,
} from "../physiology.ts";
import { between, hash32, round } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";
import { at, type Day, DELAY, type Maker, seconds, startOf, summaryId, updates } from "./record.ts";

const LEVELS: Readonly<Record<string, string>> = {
  1: "deep",
  2: "light",
  3: "rem",
  4: "awake",
};

/** The night that ends on the day, with the day's nap inside, as Garmin has it. */
export const sleeps: Maker = (day) => {
  const { world, person, date, body: { night } } = day;
  const { start, end } = night;
  const nap = day.body.nap && day.body.nap.end <= world.clock() ? day.body.nap : null;
  const id = summaryId(day, "sleep", start);
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: date });
  const minutes = (metric: string, value: number) => note(metric, value, { value: value / 60 });
  const points = between(48, 92, world.seed, person.id, date, "garmin sleep");
  const asleep = (end.getTime() - start.getTime()) / SECOND - secondsIn(night, "4");
  note("sleep_duration", asleep / 60);
  const body = {
    summaryId: id,
    calendarDate: date,
    ...startOf(person, start),
    // Without the time awake.
    durationInSeconds: asleep,
    unmeasurableSleepInSeconds: 0,
    deepSleepDurationInSeconds: minutes("sleep_deep", secondsIn(night, "1")),
    lightSleepDurationInSeconds: minutes("sleep_light", secondsIn(night, "2")),
    remSleepInSeconds: minutes("sleep_rem", secondsIn(night, "3")),
    awakeDurationInSeconds: minutes("sleep_awake", secondsIn(night, "4")),
    sleepLevelsMap: levelsOf(night),
    validation: "ENHANCED_FINAL",
    overallSleepScore: {
      value: note("sleep_score", points + updates(day, "sleeps", id)),
      qualifierKey: points > 70 ? "GOOD" : "FAIR",
    },
    naps: nap ? [napOf(day, nap, note)] : [],
  };
  const availableAt = new Date(end.getTime() + DELAY);
  return [{ id, day: date, availableAt, body, facts }];
};

function napOf(
  { person }: Day,
  nap: Sleep,
  note: ReturnType<typeof notebook>["note"],
) {
  const duration = (nap.end.getTime() - nap.start.getTime()) / SECOND;
  note("sleep_duration", duration, { value: duration / 60, ...timeSpan(nap.start, nap.end) });
  return {
    napStartTimeInSeconds: seconds(nap.start),
    napOffsetInSeconds: offsetAt(person.zone, nap.start) * 60,
    napDurationInSeconds: duration,
    napValidation: "DEVICE",
  };
}

/** Equal neighbours are one span. */
function levelsOf({ start, phases }: Sleep) {
  const map: Record<string, { startTimeInSeconds: number; endTimeInSeconds: number }[]> = {};
  let from = 0;
  for (let i = 1; i <= phases.length; i++) {
    if (phases[i] === phases[from]) continue;
    const level = LEVELS[phases[from] ?? ""] ?? "unmeasurable";
    (map[level] ??= []).push({
      startTimeInSeconds: seconds(start) + from * EPOCH_SECONDS,
      endTimeInSeconds: seconds(start) + i * EPOCH_SECONDS,
    });
    from = i;
  }
  return map;
}

/** Readings of five minutes, and the mean of the night. */
export const hrvs: Maker = (day) => {
  const { person, date, body: { night } } = day;
  const { start, end } = night;
  const id = summaryId(day, "hrv", start);
  const { note, facts } = notebook(timeSpan(start, end));
  const sample = notebook(timeSpan(start));
  const readings = night.hrv.map((rmssd, i) => {
    const offset = (i + 0.5) * EPOCH_SECONDS;
    const instant = new Date(start.getTime() + offset * SECOND);
    return [String(offset), sample.note("hrv_rmssd", rmssd, at(instant))] as const;
  });
  const body = {
    summaryId: id,
    calendarDate: date,
    ...startOf(person, start),
    durationInSeconds: (end.getTime() - start.getTime()) / SECOND,
    lastNightAvg: note("hrv_rmssd", round(mean(night.hrv) ?? 40)),
    lastNight5MinHigh: Math.max(...night.hrv.map((one) => one ?? 0)),
    // Nothing where the wrist moved.
    hrvValues: Object.fromEntries(readings.filter(([, rmssd]) => rmssd !== null)),
  };
  const availableAt = new Date(end.getTime() + DELAY);
  return [{ id, day: date, availableAt, body, facts: [...facts, ...sample.facts] }];
};

export const skinTemps: Maker = (day) => {
  const { person, date, body: { night, temperatureDeviation } } = day;
  const { note, facts } = notebook(timeSpan(night.start));
  const id = summaryId(day, "skin", night.start);
  const body = {
    summaryId: id,
    calendarDate: date,
    ...startOf(person, night.start),
    durationInSeconds: (night.end.getTime() - night.start.getTime()) / SECOND,
    avgDeviationCelsius: note("skin_temperature_deviation", temperatureDeviation),
  };
  return [{ id, day: date, availableAt: new Date(night.end.getTime() + DELAY), body, facts }];
};

const TYPES = {
  running: "RUNNING",
  cycling: "CYCLING",
  walking: "WALKING",
  yoga: "YOGA",
} as const satisfies Record<Exercise["sport"], string>;

interface Training {
  readonly id: number;
  readonly exercise: Exercise;
  readonly availableAt: Date;
}

export function newActivityId(world: World, serial: number): number {
  return 20_000_000_000 + hash32(world.seed, "garmin", "published", serial) % 1_000_000_000;
}

function trainingsOf({ world, person, date, body: { exercise } }: Day): readonly Training[] {
  const own = exercise
    ? [{
      id: Number(date.replaceAll("-", "")) * 1_000 + hash32(world.seed, person.id) % 1_000,
      exercise,
      availableAt: new Date(exercise.end.getTime() + DELAY),
    }]
    : [];
  const made = publishedFor(world, "garmin", person.id, "activities")
    .filter(({ action }) => action === "create").map((one) => {
      const minutes = 20 + one.serial % 30;
      const end = Math.floor(Date.parse(one.at) / SECOND) * SECOND;
      const training = exerciseAt(person, new Date(end - minutes * MINUTE), minutes, world.seed);
      return { id: Number(one.recordId), exercise: training, availableAt: new Date(one.at) };
    }).filter((one) => localDateIn(person.zone, one.exercise.start) === date);
  return [...own, ...made];
}

function summaryOf({ person }: Day, { id, exercise }: Training) {
  const { start, end, metres } = exercise;
  const length = (end.getTime() - start.getTime()) / SECOND;
  return {
    activityId: id,
    activityType: TYPES[exercise.sport],
    deviceName: "Forerunner 965",
    ...startOf(person, start),
    durationInSeconds: length,
    activeKilocalories: exercise.kilocalories,
    averageHeartRateInBeatsPerMinute: exercise.hrAverage,
    maxHeartRateInBeatsPerMinute: exercise.hrMaximum,
    ...(metres === null ? {} : {
      distanceInMeters: metres,
      averageSpeedInMetersPerSecond: round(metres / length, 3),
      totalElevationGainInMeters: exercise.climbMetres,
    }),
  };
}

export const activities: Maker = (day) =>
  trainingsOf(day).map((training): SandboxRecord => {
    const { start, end } = training.exercise;
    const { note, facts } = notebook(timeSpan(start, end));
    const summary = summaryOf(day, training);
    note("workout_duration", summary.durationInSeconds);
    note("workout_energy", summary.activeKilocalories);
    note("heart_rate_avg", summary.averageHeartRateInBeatsPerMinute);
    note("heart_rate_max", summary.maxHeartRateInBeatsPerMinute);
    note("workout_distance", summary.distanceInMeters ?? null);
    note("workout_elevation_gain", summary.totalElevationGainInMeters ?? null);
    note("speed", summary.averageSpeedInMetersPerSecond ?? null, { statistic: "average" });
    const id = String(training.id);
    const body = { summaryId: id, manual: false, isWebUpload: false, ...summary };
    return { id, day: day.date, availableAt: training.availableAt, body, facts };
  });

/** The same once more, with what was recorded every five minutes. */
export const activityDetails: Maker = (day) =>
  trainingsOf(day).map((training): SandboxRecord => {
    const { exercise: { start, end, hrAverage, watts }, id } = training;
    const { note, facts } = notebook(timeSpan(start));
    const samples = [];
    for (let time = start.getTime(); time < end.getTime(); time += 5 * MINUTE) {
      const instant = new Date(time);
      samples.push({
        startTimeInSeconds: seconds(instant),
        heartRate: note("heart_rate", hrAverage + samples.length % 5, at(instant)),
        ...(watts === null ? {} : { powerInWatts: note("power", watts, at(instant)) }),
      });
    }
    const summary = summaryOf(day, training);
    const body = { activityId: id, summaryId: `${id}-detail`, summary, samples };
    return { id: String(id), day: day.date, availableAt: training.availableAt, body, facts };
  });

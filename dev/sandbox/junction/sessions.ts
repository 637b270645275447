import { MINUTE } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import {
  bodyDay,
  type Exercise,
  exerciseAt,
  latencySeconds,
  mean,
  secondsIn,
  type Sleep,
  sleepOf,
} from "../physiology.ts";
import { between, round } from "../random.ts";
import { publishedFor, type SandboxRecord } from "../world.ts";
import {
  common,
  id,
  type Junction,
  junctionTime,
  type Maker,
  offsetSeconds,
  updates,
} from "./records.ts";

export const sleeps: Maker = (of, date) => {
  const { world, person } = of;
  const { night, nap } = bodyDay(person, date, world.seed);
  const records = [sleepRecord(of, night, id(of, "night", date), "long_sleep")];
  if (nap) records.push(sleepRecord(of, nap, id(of, "nap", date), "acknowledged_nap"));
  for (const one of publishedFor(world, "junction", person.id, "sleep")) {
    if (one.action !== "create" || !one.recordId) continue;
    const epochs = 4 + one.serial % 5;
    const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
    const dozed = sleepOf(person, new Date(end - epochs * 5 * MINUTE), epochs, world.seed);
    const record = sleepRecord(of, dozed, one.recordId, "acknowledged_nap");
    if (record.day === date) records.push({ ...record, availableAt: new Date(one.at) });
  }
  return records;
};

function sleepRecord(of: Junction, sleep: Sleep, recordId: string, type: string): SandboxRecord {
  const { world, person } = of;
  const { start, end } = sleep;
  const wakes = localDateIn(person.zone, end);
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: wakes });
  const seconds = (metric: string, value: number) => note(metric, value, { value: value / 60 });
  const duration = (end.getTime() - start.getTime()) / 1_000;
  const awake = secondsIn(sleep, "4");
  const nightly = { statistic: "average" } as const;
  const hr = mean(sleep.heartRate);
  const hrv = mean(sleep.hrv);
  const isNight = type === "long_sleep";
  const day = bodyDay(person, wakes, world.seed);
  const body = {
    ...common(of, recordId, end),
    date: `${wakes}T00:00:00+00:00`,
    calendar_date: wakes,
    bedtime_start: junctionTime(start),
    bedtime_stop: junctionTime(end),
    type,
    timezone_offset: offsetSeconds(of, start),
    duration: seconds("sleep_time_in_bed", duration),
    total: seconds("sleep_duration", duration - awake),
    awake: seconds("sleep_awake", awake),
    light: seconds("sleep_light", secondsIn(sleep, "2")),
    rem: seconds("sleep_rem", secondsIn(sleep, "3")),
    deep: seconds("sleep_deep", secondsIn(sleep, "1")),
    score: isNight
      ? note(
        "sleep_score",
        between(50, 96, world.seed, recordId) + updates(of, "sleep", recordId),
        {
          possible: true,
        },
      )
      : null,
    recovery_readiness_score: null,
    hr_lowest: note("sleep_hr_min", Math.min(...sleep.heartRate)),
    hr_average: note("sleep_hr_avg", hr === null ? null : round(hr)),
    hr_resting: null,
    efficiency: note("sleep_efficiency", round((duration - awake) / duration, 4), {
      value: round(100 * (duration - awake) / duration, 2),
    }),
    latency: seconds("sleep_latency", latencySeconds(sleep)),
    temperature_delta: isNight
      ? note("skin_temperature_deviation", day.temperatureDeviation)
      : null,
    skin_temperature: null,
    hr_dip: null,
    state: "confirmed",
    average_hrv: note("hrv_rmssd", hrv === null ? null : round(hrv, 1), nightly),
    respiratory_rate: note("respiratory_rate", sleep.breaths, nightly),
    sleep_stream: null,
  };
  const availableAt = new Date(end.getTime() + 10 * MINUTE);
  return { id: recordId, day: wakes, availableAt, body, facts };
}

export const workouts: Maker = (of, date) => {
  const { world, person } = of;
  const { exercise } = bodyDay(person, date, world.seed);
  const records = exercise ? [workoutRecord(of, exercise, id(of, "workout", date))] : [];
  for (const one of publishedFor(world, "junction", person.id, "workouts")) {
    if (one.action !== "create" || !one.recordId) continue;
    const start = Math.floor(Date.parse(one.at) / 1_000) * 1_000 - 25 * MINUTE;
    const record = workoutRecord(
      of,
      exerciseAt(person, new Date(start), 25, world.seed),
      one.recordId,
    );
    if (record.day === date) records.push({ ...record, availableAt: new Date(one.at) });
  }
  return records;
};

function workoutRecord(of: Junction, exercise: Exercise, recordId: string): SandboxRecord {
  const { person } = of;
  const { start, end, sport } = exercise;
  const day = localDateIn(person.zone, start);
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: day });
  const seconds = (end.getTime() - start.getTime()) / 1_000;
  note("workout_duration", seconds);
  const body = {
    ...common(of, recordId, end),
    title: null,
    timezone_offset: offsetSeconds(of, start),
    average_hr: note("heart_rate_avg", exercise.hrAverage),
    max_hr: note("heart_rate_max", exercise.hrMaximum),
    distance: note("workout_distance", exercise.metres),
    calendar_date: day,
    time_start: junctionTime(start),
    time_end: junctionTime(end),
    calories: note("workout_energy", exercise.kilocalories),
    sport: { id: 1, name: sport, slug: sport },
    hr_zones: null,
    moving_time: note("workout_moving_duration", seconds, { possible: true }),
    total_elevation_gain: note("workout_elevation_gain", exercise.climbMetres, { possible: true }),
    elev_high: null,
    elev_low: null,
    average_speed: null,
    max_speed: null,
    average_watts: note("workout_power", exercise.watts),
    device_watts: null,
    max_watts: null,
    weighted_average_watts: null,
    steps: null,
    map: null,
    provider_id: recordId,
  };
  const availableAt = new Date(end.getTime() + 5 * MINUTE);
  return { id: recordId, day, availableAt, body, facts };
}

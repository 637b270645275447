import { MINUTE, SECOND } from "@shared/core/time.ts";
import { notebook, timeSpan } from "../ledger.ts";
import {
  awakenings,
  bodyDay,
  EPOCH_SECONDS,
  type Exercise,
  exerciseAt,
  latencySeconds,
  mean,
  secondsIn,
  type Sleep,
  sleepOf,
} from "../physiology.ts";
import { round } from "../random.ts";
import { publishedFor, type SandboxRecord } from "../world.ts";
import { common, dayOf, id, type Maker, type Spike, spikeTime, updates } from "./records.ts";

const PHASES: Readonly<Record<string, string>> = { "1": "deep", "2": "light", "3": "rem" };

export const sleeps: Maker = (of, date) => {
  const { world, person } = of;
  const { night, nap } = bodyDay(person, date, world.seed);
  const records = [sleepRecord(of, night, id(of, "night", date))];
  if (nap) records.push(sleepRecord(of, nap, id(of, "nap", date)));
  for (const one of publishedFor(world, "spike", person.id, "sleeps")) {
    if (one.action !== "create" || !one.recordId) continue;
    const epochs = 4 + one.serial % 5;
    const end = Math.floor(Date.parse(one.at) / SECOND) * SECOND;
    const dozed = sleepOf(person, new Date(end - epochs * 5 * MINUTE), epochs, world.seed);
    const record = sleepRecord(of, dozed, one.recordId);
    if (record.day === date) records.push({ ...record, availableAt: new Date(one.at) });
  }
  return records;
};

function sleepRecord(of: Spike, sleep: Sleep, sleepId: string): SandboxRecord {
  const { start, end } = sleep;
  const wakes = dayOf(of, end);
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: wakes });
  const nightly = { statistic: "average" } as const;
  const span = (metric: string, seconds: number) =>
    note(metric, seconds * SECOND, { value: seconds / 60 });
  const duration = (end.getTime() - start.getTime()) / SECOND;
  const awake = secondsIn(sleep, "4");
  const hr = mean(sleep.heartRate);
  const hrv = mean(sleep.hrv);
  const body = {
    ...common(of, sleepId, start, end),
    sleep_id: sleepId,
    metrics: {
      heartrate: note("sleep_hr_avg", hr === null ? null : round(hr)),
      heartrate_min: note("sleep_hr_min", Math.min(...sleep.heartRate)),
      hrv_rmssd: note("hrv_rmssd", hrv === null ? null : round(hrv), nightly),
      spo2: note("spo2", sleep.spo2, nightly),
      sleep_breathing_rate: note("respiratory_rate", sleep.breaths, nightly),
      bedtime_duration: span("sleep_time_in_bed", duration),
      sleep_duration: span("sleep_duration", duration - awake),
      sleep_duration_deep: span("sleep_deep", secondsIn(sleep, "1")),
      sleep_duration_light: span("sleep_light", secondsIn(sleep, "2")),
      sleep_duration_rem: span("sleep_rem", secondsIn(sleep, "3")),
      sleep_duration_awake: span("sleep_awake", awake),
      sleep_latency: span("sleep_latency", latencySeconds(sleep)),
      sleep_interruptions: note(
        "sleep_awakenings",
        awakenings(sleep) + updates(of, "sleeps", sleepId),
      ),
      sleep_efficiency: note("sleep_efficiency", round(100 * (duration - awake) / duration, 2)),
      skin_temperature: note("skin_temperature", round(33 + sleep.breaths / 20, 2), nightly),
    },
    stages: stagesOf(sleep),
  };
  const availableAt = new Date(end.getTime() + 10 * MINUTE);
  return { id: sleepId, day: wakes, availableAt, body, facts };
}

/** Equal neighbours are one stage. */
function stagesOf({ start, phases }: Sleep) {
  const marks = Array.from(phases, (phase) => PHASES[phase] ?? "awake")
    .map((stage, i) => ({ stage, at: start.getTime() + i * EPOCH_SECONDS * SECOND }))
    .filter(({ stage }, i, all) => stage !== all[i - 1]?.stage);
  const end = start.getTime() + phases.length * EPOCH_SECONDS * SECOND;
  return marks.map(({ stage, at }, i) => {
    const until = marks[i + 1]?.at ?? end;
    const [start_at, end_at] = [spikeTime(new Date(at)), spikeTime(new Date(until))];
    return { start_at, end_at, duration: until - at, samples: {}, stage };
  });
}

export const workouts: Maker = (of, date) => {
  const { world, person } = of;
  const { exercise } = bodyDay(person, date, world.seed);
  const records = exercise ? [workoutRecord(of, exercise, id(of, "workout", date))] : [];
  for (const one of publishedFor(world, "spike", person.id, "workouts")) {
    if (one.action !== "create" || !one.recordId) continue;
    const start = Math.floor(Date.parse(one.at) / SECOND) * SECOND - 25 * MINUTE;
    const exercise = exerciseAt(person, new Date(start), 25, world.seed);
    const record = workoutRecord(of, exercise, one.recordId);
    if (record.day === date) records.push({ ...record, availableAt: new Date(one.at) });
  }
  return records;
};

function workoutRecord(of: Spike, exercise: Exercise, workoutId: string): SandboxRecord {
  const { start, end, sport, metres } = exercise;
  const day = dayOf(of, start);
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: day });
  const seconds = (end.getTime() - start.getTime()) / SECOND;
  note("workout_duration", seconds);
  const body = {
    ...common(of, workoutId, start, end),
    workout_id: workoutId,
    workout_type: sport,
    workout_tags: ["workout"],
    metrics: {
      heartrate: note("heart_rate_avg", exercise.hrAverage),
      heartrate_max: note("heart_rate_max", exercise.hrMaximum),
      calories_burned: note("workout_energy", exercise.kilocalories),
      elevation_gain: note("workout_elevation_gain", exercise.climbMetres),
      ...(metres === null ? {} : {
        distance: note("workout_distance", metres),
        speed: note("speed", round(metres / seconds, 4), { statistic: "average" }),
      }),
      duration_active: seconds * SECOND,
    },
  };
  const availableAt = new Date(end.getTime() + 5 * MINUTE);
  return { id: workoutId, day, availableAt, body, facts };
}

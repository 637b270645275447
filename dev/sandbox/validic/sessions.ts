import { MINUTE, SECOND } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import {
  awakenings,
  bodyDay,
  type Exercise,
  exerciseAt,
  latencySeconds,
  mean,
  secondsIn,
  type Sleep,
} from "../physiology.ts";
import { round } from "../random.ts";
import { publishedFor, type SandboxRecord } from "../world.ts";
import { figuresBy, type Maker, recordOf, type Validic } from "./records.ts";

export const sleeps: Maker = (of, date) => {
  const { night, nap } = bodyDay(of.person, date, of.world.seed);
  return [sleepRecord(of, night), ...(nap ? [sleepRecord(of, nap)] : [])];
};

function sleepRecord(of: Validic, sleep: Sleep): SandboxRecord {
  const { start, end } = sleep;
  const wakes = localDateIn(of.person.zone, end);
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: wakes });
  const { figure, seconds } = figuresBy(note);
  const nightly = { statistic: "average" } as const;
  const inBed = (end.getTime() - start.getTime()) / SECOND;
  const awake = secondsIn(sleep, "4");
  const metrics = [
    seconds("in_bed_duration", inBed, "sleep_time_in_bed"),
    seconds("sleep_duration", inBed - awake, "sleep_duration"),
    seconds("rem_sleep", secondsIn(sleep, "3"), "sleep_rem"),
    seconds("awake_duration", awake, "sleep_awake"),
    seconds("light_sleep", secondsIn(sleep, "2"), "sleep_light"),
    seconds("deep_sleep", secondsIn(sleep, "1"), "sleep_deep"),
    seconds("time_to_fall_asleep", latencySeconds(sleep), "sleep_latency"),
    figure("awake_count", "count", awakenings(sleep), "sleep_awakenings"),
    figure("avg_heart_rate", "bpm", round(mean(sleep.heartRate) ?? 0), "sleep_hr_avg"),
    figure("min_heart_rate", "bpm", Math.min(...sleep.heartRate), "sleep_hr_min"),
    figure("heart_rate_variability", "ms", round(mean(sleep.hrv) ?? 0), "hrv_rmssd", nightly),
    figure("respiratory_rate", "b/m", sleep.breaths, "respiratory_rate", nightly),
    scoreOf(of, round(100 * (inBed - awake) / inBed)),
  ];

  /** Fitbit's is the efficiency, which others' scores are not. */
  function scoreOf({ user }: Validic, percent: number) {
    const isEfficiency = user.source?.type === "fitbit";
    return isEfficiency
      ? figure("sleep_score", "percent", percent, "sleep_efficiency")
      : figure("sleep_score", "percent", percent, "sleep_score", { possible: true });
  }

  const availableAt = new Date(end.getTime() + 10 * MINUTE);
  return recordOf(of, {
    type: "sleep",
    logId: String(start.getTime() / SECOND),
    start,
    end,
    metrics,
    facts,
    availableAt,
    createdAt: availableAt,
  });
}

const SPORTS = {
  running: ["Run", "running"],
  cycling: ["Bike", "biking"],
  walking: ["Walk", "walking"],
  yoga: ["Yoga", "other"],
} as const;

/** Those of the day, and what was published on it, until it was taken back. */
export const workouts: Maker = (of, date) => {
  const { world, person } = of;
  const { exercise } = bodyDay(person, date, world.seed);
  const published = publishedFor(world, "validic", person.id, "workouts");
  const made = published.filter(({ action }) => action === "create").flatMap((one) => {
    const at = new Date(Math.floor(Date.parse(one.at) / SECOND) * SECOND);
    const start = new Date(at.getTime() - 25 * MINUTE);
    const gone = published.find((other) =>
      other.action === "delete" && other.recordId === one.recordId
    );
    return localDateIn(person.zone, start) === date
      ? [workoutRecord(of, exerciseAt(person, start, 25, world.seed), {
        ...(one.recordId === undefined ? {} : { id: one.recordId }),
        at,
        ...(gone ? { deletedAt: new Date(gone.at) } : {}),
      })]
      : [];
  });
  return [...(exercise ? [workoutRecord(of, exercise)] : []), ...made];
};

function workoutRecord(
  of: Validic,
  exercise: Exercise,
  published: { readonly id?: string; readonly at?: Date; readonly deletedAt?: Date } = {},
): SandboxRecord {
  const { start, end, sport, metres } = exercise;
  const day = localDateIn(of.person.zone, start);
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: day });
  const { bare, figure } = figuresBy(note);
  const elapsed = (end.getTime() - start.getTime()) / SECOND;
  note("workout_duration", elapsed);
  const metrics = [
    bare("active_duration", "s", note("workout_moving_duration", elapsed)),
    figure("energy_burned", "kcal", exercise.kilocalories, "workout_energy"),
    figure("avg_heart_rate", "bpm", exercise.hrAverage, "heart_rate_avg"),
    figure("max_heart_rate", "bpm", exercise.hrMaximum, "heart_rate_max"),
    bare("heart_rate_zone_low", "s", round(elapsed / 3)),
    bare("heart_rate_zone_medium", "s", round(elapsed / 2)),
    ...(metres === null ? [] : [figure("distance", "m", metres, "workout_distance")]),
  ];
  const [name, category] = SPORTS[sport];
  const availableAt = published.at ?? new Date(end.getTime() + 5 * MINUTE);
  const { deletedAt } = published;
  return recordOf(of, {
    type: "workout",
    ...(published.id === undefined ? {} : { id: published.id }),
    logId: String(start.getTime() / SECOND),
    start,
    end,
    metrics,
    facts,
    availableAt,
    createdAt: deletedAt ?? availableAt,
    ...(deletedAt ? { deletedAt } : {}),
    own: { category, name, segments: [] },
  });
}

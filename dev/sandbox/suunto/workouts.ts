import { MINUTE } from "@shared/core/time.ts";
import { localDateIn, offsetAt } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay, type Exercise, exerciseAt } from "../physiology.ts";
import { hexOf, round } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";
import type { Maker } from "./samples.ts";

const DELAY = 10 * MINUTE;

/** Suunto's numbers of activities. */
const ACTIVITY = { running: 1, cycling: 2, walking: 0, yoga: 51 } as const satisfies Record<
  Exercise["sport"],
  number
>;

export function newWorkoutKey(world: World, serial: number): string {
  return hexOf(24, world.seed, "suunto", "published", serial);
}

export const workouts: Maker = (world, person, date) => {
  const { exercise } = bodyDay(person, date, world.seed);
  const published = publishedFor(world, "suunto", person.id, "workouts");
  const gone = new Set(
    published.filter(({ action }) => action === "delete").map(({ recordId }) => recordId),
  );
  const own = exercise
    ? [workout(person, exercise, hexOf(24, world.seed, "suunto", person.id, date))]
    : [];
  const made = published.filter(({ action }) => action === "create").map((one) => {
    const minutes = 20 + one.serial % 30;
    const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
    const training = exerciseAt(person, new Date(end - minutes * MINUTE), minutes, world.seed);
    return workout(person, training, one.recordId ?? "", new Date(one.at));
  });
  return [...own, ...made.filter(({ day }) => day === date)].filter(({ id }) => !gone.has(id));
};

function workout(person: Person, exercise: Exercise, key: string, at?: Date): SandboxRecord {
  const { start, end, metres, watts } = exercise;
  const { note, facts } = notebook(timeSpan(start, end));
  const seconds = (end.getTime() - start.getTime()) / 1_000;
  const body = {
    workoutKey: key,
    workoutId: 0,
    activityId: ACTIVITY[exercise.sport],
    startTime: start.getTime(),
    // Not yet there while a workout is fresh.
    ...(at ? {} : { stopTime: end.getTime() }),
    totalTime: note("workout_duration", seconds),
    timeOffsetInMinutes: offsetAt(person.zone, start),
    totalDistance: note("workout_distance", metres ?? 0),
    totalAscent: note("workout_elevation_gain", exercise.climbMetres),
    energyConsumption: note("workout_energy", exercise.kilocalories),
    stepCount: exercise.sport === "running" ? Math.round(seconds * 2.7) : 0,
    avgSpeed: note("speed", round((metres ?? 0) / seconds, 2), { statistic: "average" }),
    maxSpeed: round((metres ?? 0) / seconds * 1.4, 2),
    ...(watts === null ? {} : { avgPower: note("workout_power", watts), maxPower: watts * 3 }),
    hrdata: {
      workoutAvgHR: exercise.hrAverage,
      workoutMaxHR: exercise.hrMaximum,
      userMaxHR: 220 - person.age,
      avg: note("heart_rate_avg", exercise.hrAverage),
      hrmax: note("heart_rate_max", exercise.hrMaximum),
      max: 220 - person.age,
    },
    cadence: { avg: 0, max: 0 },
    tss: {
      calculationMethod: "HR",
      trainingStressScore: note("training_load", round(seconds / 60 * 0.9, 2)),
      intensityFactor: null,
    },
    gear: { manufacturer: "Suunto", name: "Suunto Vertical", productType: "SPORT_WATCH" },
  };
  const day = localDateIn(person.zone, start);
  return { id: key, day, availableAt: at ?? new Date(end.getTime() + DELAY), body, facts };
}

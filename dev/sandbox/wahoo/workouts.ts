import { type LocalDate, MINUTE } from "@shared/core/time.ts";
import { eachDay, localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay, type Exercise, exerciseAt } from "../physiology.ts";
import { hash32, round } from "../random.ts";
import { firstDay, publishedFor, type SandboxRecord, type World } from "../world.ts";

const DELAY = 10 * MINUTE;

/** Wahoo's numbers of types. */
const TYPES = { running: 1, cycling: 0, walking: 6, yoga: 66 } as const satisfies Record<
  Exercise["sport"],
  number
>;

export function wahooUserId(world: World, person: Person): number {
  return 10_000 + hash32(world.seed, "wahoo", person.id) % 90_000;
}

export function newWorkoutId(world: World, serial: number): number {
  return 900_000_000 + hash32(world.seed, "wahoo", "published", serial) % 1_000_000;
}

/** What is to be seen by now, with days from `first` to `last`, oldest first. */
export function listWorkouts(
  world: World,
  person: Person,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const published = publishedFor(world, "wahoo", person.id, "workouts");
  const gone = new Set(
    published.filter(({ action }) => action === "delete").map(({ recordId }) => recordId),
  );
  const start = firstDay(world, person);
  const own = [...eachDay(first < start ? start : first, last)].flatMap((date) => {
    const { exercise } = bodyDay(person, date, world.seed);
    const id = Number(date.replaceAll("-", ""));
    return exercise ? [workout(world, person, exercise, id)] : [];
  });
  const made = published.filter(({ action }) => action === "create").map((one) => {
    const minutes = 20 + one.serial % 30;
    const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
    const training = exerciseAt(person, new Date(end - minutes * MINUTE), minutes, world.seed);
    return workout(world, person, training, Number(one.recordId), new Date(one.at));
  });
  return [...own, ...made.filter(({ day }) => day >= first && day <= last)]
    .filter((one) => one.availableAt <= world.clock() && !gone.has(one.id))
    .sort((a, b) => String(a.body["starts"]).localeCompare(String(b.body["starts"])));
}

function workout(
  world: World,
  person: Person,
  exercise: Exercise,
  id: number,
  at?: Date,
): SandboxRecord {
  const { start, end, metres, sport, watts } = exercise;
  const { note, facts } = notebook(timeSpan(start, end));
  const seconds = (end.getTime() - start.getTime()) / 1_000;
  /** Numbers are texts, with a point in any case. */
  const text = (value: number) => Number.isInteger(value) ? `${value}.0` : String(value);
  const noted = (metric: string, value: number, how?: Parameters<typeof note>[2]) =>
    text(note(metric, value, how));
  const average = { statistic: "average" } as const;
  const availableAt = at ?? new Date(end.getTime() + DELAY);
  const changes = publishedFor(world, "wahoo", person.id, "workouts")
    .filter(({ action, recordId }) => action === "update" && recordId === String(id));
  const made = availableAt.toISOString();
  const updated_at = changes.at(-1)?.at ?? made;
  const body = {
    id,
    user_id: wahooUserId(world, person),
    starts: start.toISOString(),
    minutes: Math.round(seconds / 60),
    name: changes.length > 0 ? "Renamed" : sport,
    plan_id: null,
    workout_token: `ELEMNT AE48:${id % 1_000}`,
    workout_type_id: TYPES[sport],
    workout_summary: {
      id: id + 1,
      ascent_accum: noted("workout_elevation_gain", exercise.climbMetres),
      calories_accum: noted("workout_energy", exercise.kilocalories),
      // Without a sensor it is 0; with one it counts cranks, of rides alone.
      cadence_avg: sport === "cycling" ? noted("cadence_cycling", 84, average) : "0.0",
      distance_accum: noted("workout_distance", metres ?? 0),
      duration_active_accum: noted("workout_moving_duration", seconds - 30),
      duration_paused_accum: text(30),
      duration_total_accum: noted("workout_duration", seconds),
      heart_rate_avg: noted("heart_rate_avg", exercise.hrAverage),
      power_avg: noted("workout_power", watts ?? 0),
      power_bike_tss_last: watts === null ? null : noted("training_load", round(seconds / 80, 1)),
      speed_avg: noted("speed", round((metres ?? 0) / seconds, 2), average),
      work_accum: text((watts ?? 0) * seconds),
      file: { url: `https://cdn.wahooligan.com/wahoo-cloud/${id}.fit` },
      updated_at,
    },
    created_at: made,
    updated_at,
  };
  return { id: String(id), day: localDateIn(person.zone, start), availableAt, body, facts };
}

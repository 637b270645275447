import { type LocalDate, MINUTE, SECOND } from "@shared/core/time.ts";
import { eachDay, isoWall, localDateIn, offsetAt } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay, type Exercise, exerciseAt } from "../physiology.ts";
import { between, hash32, round } from "../random.ts";
import { firstDay, publishedFor, type SandboxRecord, type World } from "../world.ts";

const DELAY = 10 * MINUTE;

export interface Activity {
  readonly id: number;
  readonly exercise: Exercise;
  readonly availableAt: Date;
  /** Only for those who may see everything. */
  readonly isPrivate: boolean;
}

const SPORTS = {
  running: ["Run", "Run"],
  cycling: ["Ride", "Ride"],
  walking: ["Walk", "Walk"],
  yoga: ["Yoga", "Workout"],
} as const satisfies Record<Exercise["sport"], readonly [sportType: string, type: string]>;

/** Strava's id of a person. */
export function athleteId(world: World, person: Person): number {
  return 10_000_000 + hash32(world.seed, "strava", person.id) % 90_000_000;
}

export function newActivityId(world: World, serial: number): number {
  return 20_000_000_000 + hash32(world.seed, "strava", "published", serial) % 1_000_000_000;
}

/** What is to be seen by now with days from `first` to `last`, oldest first. */
export function listActivities(
  world: World,
  person: Person,
  first: LocalDate,
  last: LocalDate,
): Activity[] {
  const published = publishedFor(world, "strava", person.id, "activities");
  const gone = new Set(
    published.filter((one) => one.action === "delete").map((one) => one.recordId),
  );
  const start = firstDay(world, person);
  const own = [...eachDay(first < start ? start : first, last)].flatMap((date): Activity[] => {
    const { exercise } = bodyDay(person, date, world.seed);
    if (!exercise) return [];
    const id = Number(date.replaceAll("-", "")) * 1_000 + hash32(world.seed, person.id) % 1_000;
    return [{
      id,
      exercise,
      availableAt: new Date(exercise.end.getTime() + DELAY),
      isPrivate: between(1, 6, world.seed, person.id, date, "private") === 1,
    }];
  });
  const made = published.filter((one) => one.action === "create").map((one): Activity => {
    const minutes = 20 + one.serial % 30;
    const end = Math.floor(Date.parse(one.at) / SECOND) * SECOND;
    const exercise = exerciseAt(person, new Date(end - minutes * MINUTE), minutes, world.seed);
    const availableAt = new Date(one.at);
    return { id: Number(one.recordId), exercise, availableAt, isPrivate: false };
  }).filter(({ exercise }) => {
    const date = localDateIn(person.zone, exercise.start);
    return date >= first && date <= last;
  });
  return [...own, ...made]
    .filter(({ id, availableAt }) => availableAt <= world.clock() && !gone.has(String(id)))
    .sort((a, b) => a.exercise.start.getTime() - b.exercise.start.getTime());
}

/** As the list has it (`resource_state` 2), or as the activity asked for by itself (3). */
export function activityRecord(
  world: World,
  person: Person,
  { id, exercise, availableAt, isPrivate }: Activity,
  state: 2 | 3,
): SandboxRecord {
  const { start, end, metres, sport, watts } = exercise;
  const { note, facts } = notebook(timeSpan(start, end));
  const offset = offsetAt(person.zone, start);
  const elapsed = (end.getTime() - start.getTime()) / SECOND;
  const moving = elapsed - 60;
  const [sport_type, type] = SPORTS[sport];
  const energy = () => note("workout_energy", exercise.kilocalories, { possible: true });
  if (state === 2) energy();
  const body = {
    resource_state: state,
    athlete: { id: athleteId(world, person), resource_state: 1 },
    id,
    name: `${sport_type} of ${person.name}`,
    type,
    sport_type,
    start_date: isoWall(start, 0, 0) + "Z",
    // The person's wall clock, with a zone that is not its own.
    start_date_local: isoWall(start, offset, 0) + "Z",
    timezone: `(GMT+00:00) ${person.zone}`,
    utc_offset: offset * 60,
    elapsed_time: note("workout_duration", elapsed),
    moving_time: note("workout_moving_duration", moving),
    distance: note("workout_distance", metres ?? 0),
    total_elevation_gain: note("workout_elevation_gain", exercise.climbMetres),
    average_speed: note("speed", metres === null ? 0 : round(metres / moving, 3), {
      statistic: "average",
    }),
    max_speed: metres === null ? 0 : round(metres / moving * 1.4, 3),
    has_heartrate: true,
    average_heartrate: note("heart_rate_avg", exercise.hrAverage),
    max_heartrate: note("heart_rate_max", exercise.hrMaximum),
    ...cadence(sport, note),
    ...(watts === null ? {} : {
      average_watts: note("workout_power", watts),
      max_watts: watts * 3,
      kilojoules: round(watts * moving / 1_000, 1),
      device_watts: true,
    }),
    average_temp: note("ambient_temperature", 17, { statistic: "average" }),
    suffer_score: note("training_load", Math.round(elapsed / 60 * (exercise.hrAverage - 60) / 60)),
    trainer: false,
    commute: false,
    manual: false,
    private: isPrivate,
    visibility: isPrivate ? "only_me" : "everyone",
    flagged: false,
    upload_id: id + 1,
    external_id: `garmin_ping_${id}`,
    ...(state === 3
      ? {
        calories: note("workout_energy", exercise.kilocalories),
        description: null,
        device_name: DEVICE,
        laps: halves(id, athleteId(world, person), exercise, offset),
      }
      : {}),
  };
  return { id: String(id), day: localDateIn(person.zone, start), availableAt, body, facts };
}

/** The button was pressed once, half-way. */
function halves(id: number, athlete: number, exercise: Exercise, offset: number) {
  const { start, end, metres, watts, hrAverage, hrMaximum } = exercise;
  const half = (end.getTime() - start.getTime()) / SECOND / 2;
  return [0, 1].map((n) => {
    const begun = new Date(start.getTime() + n * half * SECOND);
    return {
      id: id * 10 + n,
      resource_state: 2,
      name: `Lap ${n + 1}`,
      activity: { id, resource_state: 1 },
      athlete: { id: athlete, resource_state: 1 },
      elapsed_time: half,
      moving_time: half - 30,
      start_date: isoWall(begun, 0, 0) + "Z",
      start_date_local: isoWall(begun, offset, 0) + "Z",
      distance: round((metres ?? 0) / 2, 1),
      average_speed: round((metres ?? 0) / 2 / half, 3),
      average_heartrate: hrAverage - 4 + 8 * n,
      max_heartrate: hrMaximum - 9 * (1 - n),
      ...(watts === null ? {} : { average_watts: watts - 10 + 20 * n, device_watts: true }),
      lap_index: n + 1,
      split: n + 1,
    };
  });
}

const DEVICE = "Garmin Forerunner 965";
const RUN_CADENCE = 81.5;
const RIDE_CADENCE = 84;

/** Of a run, the steps of one leg. */
function cadence(
  sport: Exercise["sport"],
  note: ReturnType<typeof notebook>["note"],
): { readonly average_cadence?: number } {
  const how = { statistic: "average" } as const;
  if (sport === "running") {
    return {
      average_cadence: note("cadence_running", RUN_CADENCE, { ...how, value: 2 * RUN_CADENCE }),
    };
  }
  return sport === "cycling" ? { average_cadence: note("cadence_cycling", RIDE_CADENCE, how) } : {};
}

/** Seconds between two samples. */
const STEP = 10;

/** The streams of `keys`, by type. */
export function streamsRecord(
  world: World,
  person: Person,
  { id, exercise, availableAt }: Activity,
  keys: readonly string[],
): SandboxRecord {
  const { start, end, sport, metres, watts } = exercise;
  const elapsed = (end.getTime() - start.getTime()) / SECOND;
  const time = Array.from({ length: Math.floor(elapsed / STEP) }, (_, i) => i * STEP);
  const book = notebook(timeSpan(start));
  const varied = (middle: number, spread: number, name: string) => (at: number) =>
    middle + between(-spread, spread, world.seed, person.id, start.getTime() + at, name);
  const series: Record<string, readonly [metric: string | null, value: (at: number) => number]> = {
    time: [null, (at) => at],
    heartrate: ["heart_rate", varied(exercise.hrAverage, 9, "heart")],
    velocity_smooth: ["speed", () => round((metres ?? 0) / elapsed, 2)],
    ...(watts === null ? {} : { watts: ["power", varied(watts, 40, "watts")] }),
    ...(sport === "running" ? { cadence: ["cadence_running", varied(81, 3, "cadence")] } : {}),
    ...(sport === "cycling" ? { cadence: ["cadence_cycling", varied(84, 5, "cadence")] } : {}),
    temp: ["ambient_temperature", () => 17],
  };
  const body = Object.fromEntries(
    Object.entries(series).filter(([key]) => keys.includes(key)).map(([key, [metric, value]]) => {
      const data = time.map(value);
      for (const [i, one] of data.entries()) {
        const at = new Date(start.getTime() + i * STEP * SECOND).toISOString();
        const meant = metric === "cadence_running" ? 2 * one : one;
        if (metric) book.note(metric, one, { value: meant, start: at });
      }
      return [key, {
        data,
        series_type: "time",
        original_size: data.length,
        resolution: "high",
      }];
    }),
  );
  const day = localDateIn(person.zone, start);
  return { id: String(id), day, availableAt, body, facts: book.facts };
}

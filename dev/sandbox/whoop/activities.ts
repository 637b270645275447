import { MINUTE } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import {
  awakenings,
  bodyDay,
  type Exercise,
  exerciseAt,
  secondsIn,
  type Sleep,
  sleepOf,
} from "../physiology.ts";
import { between, round, uuidOf } from "../random.ts";
import { publishedFor, type SandboxRecord } from "../world.ts";
import {
  common,
  cycleId,
  type Day,
  DELAY,
  isScored,
  KJ,
  type Maker,
  nightId,
  updates,
  zone,
} from "./record.ts";

export const sleeps: Maker = (day) => {
  const { world, person, date } = day;
  const { night, nap } = bodyDay(person, date, world.seed);
  const own = [sleepRecord(day, night, { id: nightId(day), nap: false })];
  if (nap) {
    const id = uuidOf(world.seed, "whoop", person.id, "nap", date);
    own.push(sleepRecord(day, nap, { id, nap: true }));
  }
  const published = publishedFor(world, "whoop", person.id, "sleep")
    .filter(({ action }) => action === "create")
    .map((one) => {
      const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
      const epochs = 4 + one.serial % 5;
      const nap = sleepOf(person, new Date(end - epochs * 5 * MINUTE), epochs, world.seed);
      const labels = { id: one.recordId ?? "", nap: true, at: new Date(one.at) };
      return sleepRecord({ ...day, date: localDateIn(person.zone, nap.end) }, nap, labels);
    });
  return [...own, ...published.filter((record) => record.day === date)];
};

function sleepRecord(
  day: Day,
  sleep: Sleep,
  labels: { readonly id: string; readonly nap: boolean; readonly at?: Date },
): SandboxRecord {
  const { world, person, date } = day;
  const { start, end } = sleep;
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: date });
  const scored = labels.nap || isScored(day);
  /** In milliseconds; the catalog counts minutes. */
  const milli = (metric: string, seconds: number) =>
    note(metric, seconds * 1_000, { value: seconds / 60 });
  const inBed = (end.getTime() - start.getTime()) / 1_000;
  const asleep = inBed - secondsIn(sleep, "4");
  const points = between(58, 97, world.seed, person.id, date, "performance");
  const score = () => ({
    stage_summary: {
      total_in_bed_time_milli: milli("sleep_time_in_bed", inBed),
      total_awake_time_milli: milli("sleep_awake", secondsIn(sleep, "4")),
      total_no_data_time_milli: 0,
      total_light_sleep_time_milli: milli("sleep_light", secondsIn(sleep, "2")),
      total_slow_wave_sleep_time_milli: milli("sleep_deep", secondsIn(sleep, "1")),
      total_rem_sleep_time_milli: milli("sleep_rem", secondsIn(sleep, "3")),
      sleep_cycle_count: Math.ceil(sleep.phases.length / 18),
      disturbance_count: note("sleep_awakenings", awakenings(sleep)),
    },
    sleep_needed: {
      baseline_milli: 27_600_000,
      need_from_sleep_debt_milli: 1_200_000,
      need_from_recent_strain_milli: 600_000,
      need_from_recent_nap_milli: labels.nap ? 0 : -900_000,
    },
    respiratory_rate: note("respiratory_rate", sleep.breaths, { statistic: "average" }),
    sleep_efficiency_percentage: note("sleep_efficiency", round(100 * asleep / inBed, 5)),
    ...(labels.nap ? {} : {
      sleep_performance_percentage: note(
        "sleep_score",
        Math.min(100, points + updates(day, "sleep", labels.id)),
      ),
      sleep_consistency_percentage: between(40, 95, world.seed, person.id, date, "consistency"),
    }),
  });
  const availableAt = labels.at ?? new Date(end.getTime() + DELAY);
  const body = {
    id: labels.id,
    cycle_id: cycleId(day),
    ...common(day, availableAt),
    start: start.toISOString(),
    end: end.toISOString(),
    timezone_offset: zone(person, start),
    nap: labels.nap,
    score_state: scored ? "SCORED" : "UNSCORABLE",
    ...(scored ? { score: score() } : {}),
  };
  // WHOOP states the stages; their sum is what it means by sleep.
  if (scored) note("sleep_duration", asleep / 60);
  return { id: labels.id, day: date, availableAt, body, facts };
}

export const workouts: Maker = (day) => {
  const { world, person, date } = day;
  const { exercise } = bodyDay(person, date, world.seed);
  const own = exercise
    ? [workoutRecord(day, exercise, uuidOf(world.seed, "whoop", person.id, "workout", date))]
    : [];
  const published = publishedFor(world, "whoop", person.id, "workout")
    .filter(({ action }) => action === "create")
    .map((one) => {
      const minutes = 20 + one.serial % 30;
      const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
      const training = exerciseAt(person, new Date(end - minutes * MINUTE), minutes, world.seed);
      const at = new Date(one.at);
      const where = { ...day, date: localDateIn(person.zone, training.start) };
      return workoutRecord(where, training, one.recordId ?? "", at);
    });
  return [...own, ...published.filter((record) => record.day === date)];
};

function workoutRecord(day: Day, exercise: Exercise, id: string, at?: Date): SandboxRecord {
  const { person, date } = day;
  const { start, end } = exercise;
  const { note, facts } = notebook(timeSpan(start, end));
  const seconds = (end.getTime() - start.getTime()) / 1_000;
  note("workout_duration", seconds);
  const kilojoule = round(exercise.kilocalories * KJ, 3);
  const strain = (exercise.hrAverage - 60) / 6 + updates(day, "workout", id) / 10;
  const availableAt = at ?? new Date(end.getTime() + DELAY);
  const zones = [0, 0.1, 0.3, 0.4, 0.15, 0.05].map((share) => Math.round(share * seconds * 1_000));
  return {
    id,
    day: date,
    availableAt,
    facts,
    body: {
      id,
      ...common(day, availableAt),
      start: start.toISOString(),
      end: end.toISOString(),
      timezone_offset: zone(person, start),
      sport_name: exercise.sport,
      score_state: "SCORED",
      score: {
        strain: note("workout_strain", round(Math.min(21, strain), 4)),
        average_heart_rate: note("heart_rate_avg", exercise.hrAverage),
        max_heart_rate: note("heart_rate_max", exercise.hrMaximum),
        kilojoule: note("workout_energy", kilojoule, { value: kilojoule / KJ }),
        percent_recorded: 100,
        ...(exercise.metres === null ? {} : {
          distance_meter: note("workout_distance", exercise.metres),
          altitude_gain_meter: note("workout_elevation_gain", exercise.climbMetres),
          altitude_change_meter: 1.5,
        }),
        zone_durations: {
          zone_zero_milli: zones[0],
          zone_one_milli: zones[1],
          zone_two_milli: zones[2],
          zone_three_milli: zones[3],
          zone_four_milli: zones[4],
          zone_five_milli: zones[5],
        },
      },
    },
  };
}

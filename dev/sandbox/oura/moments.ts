import { HOUR, MINUTE } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { type Exercise, exerciseAt } from "../physiology.ts";
import { between, chance, pick } from "../random.ts";
import { publishedFor, type SandboxRecord } from "../world.ts";
import { localized, localTime, type Maker, recordId } from "./record.ts";

export const workouts: Maker = (input) => {
  const { world, person, day, date } = input;
  const own = day.exercise ? [workoutRecord(person, day.exercise, recordId(input, "workout"))] : [];
  const published = publishedFor(world, "oura", person.id, "workout")
    .filter((one) => one.action === "create" && one.recordId)
    .map((one) => {
      const minutes = 20 + one.serial % 30;
      const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
      const start = new Date(end - minutes * MINUTE);
      const exercise = exerciseAt(person, start, minutes, world.seed);
      return workoutRecord(person, exercise, one.recordId ?? "", new Date(one.at));
    });
  return [...own, ...published.filter((record) => record.day === date)];
};

function workoutRecord(person: Person, exercise: Exercise, id: string, at?: Date): SandboxRecord {
  const day = localDateIn(person.zone, exercise.start);
  const { start, end } = exercise;
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: day });
  note("workout_duration", (end.getTime() - start.getTime()) / 1_000);
  const body = {
    id,
    activity: exercise.sport,
    calories: note("workout_energy", exercise.kilocalories),
    day,
    distance: note("workout_distance", exercise.metres),
    end_datetime: localized(person, end),
    intensity: exercise.hrAverage > 130 ? "hard" : "moderate",
    label: null,
    source: "autodetected",
    start_datetime: localized(person, start),
  };
  return { id, day, availableAt: at ?? new Date(end.getTime() + 10 * MINUTE), body, facts };
}

/** Moments: what Oura calls a session. */
export const sessions: Maker = (input) => {
  const { world, person, date } = input;
  if (chance(world.seed, person.id, date, "moment") > 0.4) return [];
  const id = recordId(input, "session");
  const type = pick(["meditation", "breathing", "rest"], world.seed, person.id, date, "type");
  const start = localTime(input, 20 * 60 + between(0, 40, world.seed, person.id, date, "at"));
  const minutes = between(5, 20, world.seed, person.id, date, "minutes");
  const end = new Date(start.getTime() + minutes * MINUTE);
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: date });
  if (type !== "rest") note("mindfulness_duration", minutes);
  const beats = Array.from(
    { length: minutes },
    (_, i) => i % 7 ? person.restingHr + between(4, 14, world.seed, person.id, date, i) : null,
  );
  const variability = beats.map((bpm) => bpm === null ? null : 110 - bpm);
  const series = (metric: string, items: readonly (number | null)[]) => {
    items.forEach((item, i) => {
      if (item === null) return;
      const at = new Date(start.getTime() + i * MINUTE).toISOString();
      facts.push({
        start: at,
        identifiedBy: "instant",
        metric,
        value: item,
        reading: "possible",
      });
    });
    return { interval: 60, items, timestamp: localized(person, start) };
  };
  const body = {
    id,
    day: date,
    end_datetime: localized(person, end),
    heart_rate: series("heart_rate", beats),
    heart_rate_variability: series("hrv_rmssd", variability),
    mood: null,
    motion_count: null,
    start_datetime: localized(person, start),
    type,
  };
  return [{ id, day: date, availableAt: end, body, facts }];
};

export const enhancedTags: Maker = (input) => {
  const { world, person, date } = input;
  if (chance(world.seed, person.id, date, "tag") > 0.3) return [];
  const id = recordId(input, "enhanced_tag");
  const start = localTime(input, 9 * 60);
  const body = {
    id,
    tag_type_code: "tag_generic_coffee",
    start_time: localized(person, start),
    end_time: null,
    start_day: date,
    end_day: null,
    comment: null,
    custom_name: null,
  };
  return [{ id, day: date, availableAt: start, body, facts: [] }];
};

export const tags: Maker = (input) =>
  enhancedTags(input).map((record) => ({
    ...record,
    body: {
      id: record.id,
      day: record.day,
      text: null,
      timestamp: record.body["start_time"],
      tags: ["tag_generic_coffee"],
    },
  }));

/** Two days off, once in a while. */
export const restModes: Maker = (input) => {
  const { world, person, date } = input;
  if (chance(world.seed, person.id, date, "rest mode") > 0.03) return [];
  const id = recordId(input, "rest_mode_period");
  const start = localTime(input, 8 * 60);
  const body = {
    id,
    end_day: null,
    end_time: null,
    episodes: [{ tags: ["tag_rest"], timestamp: localized(person, start) }],
    start_day: date,
    start_time: localized(person, start),
  };
  return [{ id, day: date, availableAt: new Date(start.getTime() + HOUR), body, facts: [] }];
};

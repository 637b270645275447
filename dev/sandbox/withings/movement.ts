import { MINUTE } from "@shared/core/time.ts";
import { daySpan, notebook, timeSpan } from "../ledger.ts";
import { bodyDay, type Exercise, exerciseAt, heartRateAt } from "../physiology.ts";
import { instantAt, localDateIn } from "../clock.ts";
import { between } from "../random.ts";
import type { SandboxRecord } from "../world.ts";
import { type Day, endOf, epoch, idOf, type Maker, publishedOn } from "./record.ts";

const DELAY = 10 * MINUTE;

/** A day that is over. */
export const activities: Maker = (day) => {
  const { world, person, date } = day;
  const body = bodyDay(person, date, world.seed);
  const { note, facts } = notebook({ ...daySpan(date), dailyTotal: true });
  const availableAt = new Date(endOf(day).getTime() + DELAY);
  /** In seconds; the catalog counts minutes. */
  const lasting = (metric: string, minutes: number) =>
    note(metric, minutes * 60, { value: minutes });
  const moderate = Math.round(body.steps / 200);
  const intense = body.exercise
    ? (body.exercise.end.getTime() - body.exercise.start.getTime()) / MINUTE
    : 0;
  const pulse = (name: string, low: number, high: number) =>
    person.restingHr + between(low, high, world.seed, person.id, date, name);
  return [{
    id: date,
    day: date,
    availableAt,
    facts,
    body: {
      date,
      timezone: person.zone,
      deviceid: "892359876fd8",
      hash_deviceid: "892359876fd8",
      brand: 1,
      is_tracker: true,
      modified: epoch(availableAt),
      model: "ScanWatch",
      modelid: 93,
      steps: note("steps", body.steps),
      distance: note("distance", body.metres),
      elevation: note("floors_climbed", body.floors),
      soft: lasting("active_duration_low", Math.round(body.steps / 90)),
      moderate: lasting("active_duration_moderate", moderate),
      intense: lasting("active_duration_vigorous", intense),
      active: lasting("active_duration", moderate + intense),
      calories: note("energy_active", body.activeKilocalories),
      totalcalories: note("energy_total", body.activeKilocalories + body.basalKilocalories),
      hr_average: note("heart_rate_avg", pulse("mean", 12, 25)),
      hr_min: note("heart_rate_min", pulse("least", -2, 3)),
      hr_max: note("heart_rate_max", pulse("most", 55, 90)),
      hr_zone_0: 3_600,
      hr_zone_1: 1_200,
      hr_zone_2: 600,
      hr_zone_3: 0,
    },
  }];
};

/** Every half hour a heart rate, under its second. */
const STEP_MINUTES = 30;

export const moments: Maker = (day) => {
  const { world, person, date } = day;
  // Two minutes past, so that no other sensor has the same moment.
  const start = instantAt(person.zone, date, 2).getTime();
  const rows: SandboxRecord[] = [];
  for (let at = start; at < endOf(day).getTime(); at += STEP_MINUTES * MINUTE) {
    const instant = new Date(at);
    const { note, facts } = notebook(timeSpan(instant));
    const { bpm } = heartRateAt(person, instant, world.seed);
    rows.push({
      id: String(epoch(instant)),
      day: date,
      availableAt: new Date(at + DELAY),
      facts,
      body: {
        deviceid: "892359876fd8",
        model: "ScanWatch",
        model_id: 93,
        heart_rate: note("heart_rate", bpm),
      },
    });
  }
  return rows;
};

const CATEGORIES: Readonly<Record<Exercise["sport"], number>> = {
  running: 2,
  cycling: 6,
  walking: 1,
  yoga: 28,
};

export const workouts: Maker = (day) => {
  const { world, person, date } = day;
  const { exercise } = bodyDay(person, date, world.seed);
  const own = exercise ? [workout(day, exercise, String(idOf(day, 4)))] : [];
  const published = publishedOn(day, "workouts").map((one) => {
    const minutes = 20 + one.serial % 30;
    const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
    const training = exerciseAt(person, new Date(end - minutes * MINUTE), minutes, world.seed);
    const where = { ...day, date: localDateIn(person.zone, training.start) };
    return workout(where, training, one.recordId ?? "", new Date(one.at));
  });
  return [...own, ...published.filter((record) => record.day === date)];
};

function workout(day: Day, exercise: Exercise, id: string, at?: Date): SandboxRecord {
  const { person, date } = day;
  const { start, end } = exercise;
  const { note, facts } = notebook(timeSpan(start, end));
  const seconds = (end.getTime() - start.getTime()) / 1_000;
  note("workout_duration", seconds);
  note("workout_moving_duration", seconds - 60);
  const availableAt = at ?? new Date(end.getTime() + DELAY);
  return {
    id,
    day: date,
    availableAt,
    facts,
    body: {
      id: Number(id),
      category: CATEGORIES[exercise.sport],
      timezone: person.zone,
      model: 93,
      attrib: 0,
      startdate: epoch(start),
      enddate: epoch(end),
      date,
      modified: epoch(availableAt),
      deviceid: "892359876fd8",
      data: {
        calories: note("workout_energy", exercise.kilocalories),
        intensity: 50,
        manual_distance: 0,
        manual_calories: 0,
        hr_average: note("heart_rate_avg", exercise.hrAverage),
        hr_min: note("heart_rate_min", exercise.hrAverage - 40),
        hr_max: note("heart_rate_max", exercise.hrMaximum),
        hr_zone_0: Math.round(seconds * 0.2),
        hr_zone_1: Math.round(seconds * 0.4),
        hr_zone_2: Math.round(seconds * 0.3),
        hr_zone_3: Math.round(seconds * 0.1),
        pause_duration: 60,
        ...(exercise.metres === null
          ? {}
          : { distance: note("workout_distance", exercise.metres) }),
      },
    },
  };
}

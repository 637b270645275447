import { HOUR, MINUTE } from "@shared/core/time.ts";
import { instantAt, localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import { bodyDay, type Exercise, exerciseAt, heartRateAt, mean } from "../physiology.ts";
import { publishedFor, type SandboxRecord } from "../world.ts";
import { type Maker, metadata, type Rook, rookTime, updates } from "./records.ts";

export const activityEvents: Maker = (of, date) => {
  const { world, person } = of;
  const { exercise } = bodyDay(person, date, world.seed);
  const records = exercise ? [activityEvent(of, exercise, `activity-${date}`)] : [];
  for (const one of publishedFor(world, "rook", person.id, "activity_event")) {
    if (one.action !== "create" || !one.recordId) continue;
    const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
    // Of today, since events are told from the day of the link on: shorter just after midnight.
    const midnight = instantAt(person.zone, localDateIn(person.zone, new Date(end)), 0).getTime();
    const start = Math.min(Math.max(end - 25 * MINUTE, midnight), end - MINUTE);
    const done = exerciseAt(person, new Date(start), (end - start) / MINUTE, world.seed);
    const record = activityEvent(of, done, one.recordId);
    if (record.day === date) records.push({ ...record, availableAt: new Date(one.at) });
  }
  return records;
};

/** The services' own names, as ROOK passes them on. */
const SPORTS = {
  running: "Running",
  cycling: "Cycling",
  walking: "Walking",
  yoga: "Yoga",
} as const;

function activityEvent(of: Rook, exercise: Exercise, id: string): SandboxRecord {
  const { person } = of;
  const { start, end, sport } = exercise;
  const { note, facts } = notebook(timeSpan(start, end));
  const seconds = (end.getTime() - start.getTime()) / 1_000;
  const body = {
    non_structured_data_array: [{}],
    metadata: { ...metadata(of, start), was_the_user_under_physical_activity_bool: true },
    activity: {
      activity_start_datetime_string: rookTime(of, start),
      activity_end_datetime_string: rookTime(of, end),
      activity_duration_seconds_int: note("workout_duration", seconds),
      activity_type_name_string: SPORTS[sport],
      activity_strain_level_float: null,
      activity_energy_kilojoules_float: null,
    },
    calories: {
      calories_expenditure_kcal_float: note(
        "workout_energy",
        exercise.kilocalories + updates(of, "activity_event", id),
      ),
      calories_net_active_kcal_float: null,
    },
    distance: {
      traveled_distance_meters_float: note("workout_distance", exercise.metres),
      steps_int: null,
      elevation_gain_actual_altitude_meters_float: note(
        "workout_elevation_gain",
        exercise.climbMetres,
      ),
    },
    heart_rate: {
      hr_avg_bpm_int: note("heart_rate_avg", exercise.hrAverage),
      hr_maximum_bpm_int: note("heart_rate_max", exercise.hrMaximum),
      hr_minimum_bpm_int: null,
    },
    movement: { cadence_granular_data_array: [], speed_granular_data_array: [] },
    power: { power_avg_watts_float: note("workout_power", exercise.watts) },
  };
  const availableAt = new Date(end.getTime() + 5 * MINUTE);
  return { id, day: localDateIn(person.zone, start), availableAt, body, facts };
}

const EVENT_HOURS = 6;
const EVERY_MINUTES = 30;

/** Beats of a quarter of the day, told when it is over. */
export const heartRateEvents: Maker = (of, date) => {
  const { world, person } = of;
  const records: SandboxRecord[] = [];
  for (let hour = 0; hour < 24; hour += EVENT_HOURS) {
    const start = instantAt(person.zone, date, hour * 60);
    const { note, facts } = notebook(timeSpan(start));
    const readings = Array.from({ length: EVENT_HOURS * 60 / EVERY_MINUTES }, (_, i) => {
      const at = new Date(start.getTime() + (i * EVERY_MINUTES + 7) * MINUTE);
      const { bpm } = heartRateAt(person, at, world.seed);
      return {
        datetime_string: rookTime(of, at),
        hr_bpm_int: note("heart_rate", bpm, { start: at.toISOString() }),
      };
    });
    const beats = readings.map(({ hr_bpm_int }) => hr_bpm_int);
    const body = {
      non_structured_data_array: [{}],
      metadata: { ...metadata(of, start), was_the_user_under_physical_activity_bool: false },
      heart_rate: {
        hr_maximum_bpm_int: note("heart_rate_max", Math.max(...beats)),
        hr_minimum_bpm_int: note("heart_rate_min", Math.min(...beats)),
        hr_avg_bpm_int: note("heart_rate_avg", Math.trunc(mean(beats) ?? 0)),
        hr_resting_bpm_int: null,
        hr_granular_data_array: readings,
      },
    };
    const availableAt = new Date(start.getTime() + EVENT_HOURS * HOUR);
    records.push({ id: `heart-${date}-${hour}`, day: date, availableAt, body, facts });
  }
  return records;
};

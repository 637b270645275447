import { addDays, MINUTE, SECOND } from "@shared/core/time.ts";
import { instantAt, localDateIn, offsetAt } from "../clock.ts";
import { daySpan, notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay, type Exercise, exerciseAt, heartRateAt } from "../physiology.ts";
import { between, chance, hexOf, round } from "../random.ts";
import { firstDay, publishedFor, type SandboxRecord, type World } from "../world.ts";
import { type Day, DELAY, duration, endOf, type Maker, userUrl, wallAt } from "./record.ts";

/** A day that is over. */
export const activities: Maker = (day) => {
  const { world, person, date } = day;
  const body = bodyDay(person, date, world.seed);
  const { note, facts } = notebook({ ...daySpan(date), dailyTotal: true });
  const minutes = Math.round(body.steps / 60);
  return [{
    id: date,
    day: date,
    availableAt: new Date(endOf(day).getTime() + DELAY),
    facts,
    body: {
      start_time: `${date}T00:00:00`,
      end_time: `${date}T23:59:59`,
      active_duration: duration(note("active_duration", minutes) * 60),
      inactive_duration: "PT12H30M",
      daily_activity: 89.1,
      calories: note("energy_total", body.activeKilocalories + body.basalKilocalories),
      active_calories: note("energy_active", body.activeKilocalories),
      steps: note("steps", body.steps),
      inactivity_alert_count: 1,
      distance_from_steps: note("distance", body.metres),
    },
  }];
};

/** Every half hour, by a clock that names no zone. */
export const heartRates: Maker = (day) => {
  const { world, person, date } = day;
  const { note, facts } = notebook(daySpan(date));
  const samples = Array.from({ length: 48 }, (_, i) => {
    // Two minutes past: the night's own samples are on the fives.
    const at = instantAt(person.zone, date, i * 30 + 2);
    const { bpm } = heartRateAt(person, at, world.seed);
    return {
      heart_rate: note("heart_rate", bpm, { ...timeSpan(at), possible: true }),
      sample_time: wallAt(person, at).slice(11),
    };
  });
  return [{
    id: date,
    day: date,
    availableAt: new Date(endOf(day).getTime() + DELAY),
    facts,
    body: { polar_user: userUrl(day), date, heart_rate_samples: samples },
  }];
};

/** Every day has one, and the first week none that could be computed. */
export const cardioLoads: Maker = (day) => {
  const { world, person, date } = day;
  const { note, facts } = notebook(daySpan(date));
  const isKnown = date >= addDays(firstDay(world, person), 7);
  const load = between(0, 900, world.seed, person.id, date, "load") / 10;
  const body = isKnown
    ? {
      date,
      cardio_load_status: "MAINTAINING",
      cardio_load: note("training_load", load),
      strain: 38.5,
      tolerance: 55.5,
      cardio_load_ratio: 0.69,
      cardio_load_level: { very_low: 12, low: 25, medium: 50, high: 80, "very-high": 120 },
    }
    : {
      date,
      cardio_load_status: "LOAD_STATUS_NOT_AVAILABLE",
      cardio_load: -1,
      strain: -1,
      tolerance: -1,
      cardio_load_ratio: -1,
    };
  return [{
    id: date,
    day: date,
    availableAt: new Date(endOf(day).getTime() - DELAY),
    body,
    facts,
  }];
};

/** A spot test some mornings. */
export const bloodOxygen: Maker = ({ world, person, date }) => {
  if (chance(world.seed, person.id, date, "spo2 test") > 0.4) return [];
  const at = instantAt(person.zone, date, 9 * 60 + 1);
  const { note, facts } = notebook(timeSpan(at));
  const id = String(at.getTime() / SECOND);
  return [{
    id,
    day: date,
    availableAt: new Date(at.getTime() + DELAY),
    facts,
    body: {
      source_device_id: "1111AAAA",
      test_time: Number(id),
      time_zone_offset: offsetAt(person.zone, at),
      test_status: "SPO2_TEST_PASSED",
      blood_oxygen_percent: note("spo2", between(94, 99, world.seed, person.id, date, "o2")),
      spo2_class: "SPO2_CLASS_NORMAL",
      spo2_value_deviation_from_baseline: "DEVIATION_NO_BASELINE",
      spo2_quality_average_percent: 90.5,
      average_heart_rate_bpm: note("heart_rate_avg", person.restingHr + 11),
      heart_rate_variability_ms: 61.5,
      spo2_hrv_deviation_from_baseline: "DEVIATION_NO_BASELINE",
      altitude_meters: 12.5,
    },
  }];
};

/** What the person once told the app. */
export function physicalInfo(world: World, person: Person): SandboxRecord {
  const modified = new Date(world.store.state.historyStart);
  modified.setUTCMilliseconds(0);
  const { note, facts } = notebook(timeSpan(modified));
  const id = modified.toISOString().replace(".000", "");
  const body = {
    weight: note("body_weight", person.weightKg),
    height: note("height", person.heightCm),
    created: id,
    modified: id,
    gender: person.sex === "female" ? "FEMALE" : "MALE",
    maximum_heart_rate: 220 - person.age,
    resting_heart_rate: note("resting_heart_rate", person.restingHr),
    vo2_max: note("vo2_max", 44),
    weight_source: "SOURCE_USER",
  };
  return { id, day: id.slice(0, 10), availableAt: modified, body, facts };
}

const SPORTS: Readonly<Record<Exercise["sport"], readonly [sport: string, detailed: string]>> = {
  running: ["RUNNING", "ROAD_RUNNING"],
  cycling: ["CYCLING", "ROAD_BIKING"],
  walking: ["WALKING", "WALKING"],
  yoga: ["OTHER", "YOGA"],
};

export const exercises: Maker = (day) => {
  const { world, person, date } = day;
  const { exercise } = bodyDay(person, date, world.seed);
  const own = exercise
    ? [exerciseRecord(day, exercise, hexOf(8, world.seed, "polar", person.id, date))]
    : [];
  const published = publishedFor(world, "polar", person.id, "exercises")
    .filter(({ action }) => action === "create")
    .map((one) => {
      const minutes = 20 + one.serial % 30;
      const end = Math.floor(Date.parse(one.at) / SECOND) * SECOND;
      const training = exerciseAt(person, new Date(end - minutes * MINUTE), minutes, world.seed);
      const where = { ...day, date: localDateIn(person.zone, training.start) };
      return exerciseRecord(where, training, one.recordId ?? "", new Date(one.at));
    });
  return [...own, ...published.filter((record) => record.day === date)];
};

function exerciseRecord(day: Day, exercise: Exercise, id: string, at?: Date): SandboxRecord {
  const { person, date } = day;
  const { start, end } = exercise;
  const { note, facts } = notebook(timeSpan(start, end));
  const seconds = (end.getTime() - start.getTime()) / SECOND;
  const [sport, detailed] = SPORTS[exercise.sport];
  note("workout_duration", seconds);
  // One a minute, and one minute with the sensor away.
  const pulse = Array.from({ length: Math.floor(seconds / 60) }, (_, i) => {
    if (i === 7) return "null";
    const instant = new Date(start.getTime() + i * MINUTE);
    return String(note("heart_rate", exercise.hrAverage + i % 5, timeSpan(instant)));
  });
  return {
    id,
    day: date,
    availableAt: at ?? new Date(end.getTime() + DELAY),
    facts,
    body: {
      id,
      upload_time: (at ?? new Date(end.getTime() + DELAY)).toISOString(),
      polar_user: userUrl(day),
      device: "Polar Vantage V3",
      device_id: "1111AAAA",
      start_time: wallAt(person, start),
      start_time_utc_offset: offsetAt(person.zone, start),
      duration: duration(seconds),
      calories: note("workout_energy", exercise.kilocalories),
      ...(exercise.metres === null ? {} : { distance: note("workout_distance", exercise.metres) }),
      heart_rate: {
        average: note("heart_rate_avg", exercise.hrAverage),
        maximum: note("heart_rate_max", exercise.hrMaximum),
      },
      training_load: note("training_load", round(seconds / 40, 2)),
      sport,
      has_route: false,
      detailed_sport_info: detailed,
      heart_rate_zones: [
        { index: 1, "lower-limit": 98, "upper-limit": 117, "in-zone": duration(seconds - 60) },
        { index: 2, "lower-limit": 117, "upper-limit": 136, "in-zone": "PT1M" },
      ],
      samples: [{ "recording-rate": 60, "sample-type": "0", data: pulse.join(",") }],
    },
  };
}

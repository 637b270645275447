import { MINUTE } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import { type Exercise, exerciseAt } from "../physiology.ts";
import { between, round, uuidOf } from "../random.ts";
import { publishedFor, type SandboxRecord } from "../world.ts";
import { at, device, type TerraDay, type TerraMaker, terraTime, ticks } from "./payload.ts";

const TYPES = { running: 8, cycling: 1, walking: 7, yoga: 100 } as const;

export const activities: TerraMaker = (input) => {
  const { world, person, day, date } = input;
  const records: SandboxRecord[] = [];
  if (day.exercise) {
    const id = uuidOf(world.seed, "terra", person.id, "activity", date);
    records.push(activityRecord(input, day.exercise, id));
  }
  for (const one of publishedFor(world, "terra", person.id, "activity")) {
    if (one.action !== "create" || !one.recordId) continue;
    const minutes = 20 + one.serial % 30;
    const start = new Date(Math.floor(Date.parse(one.at) / 1_000) * 1_000 - minutes * MINUTE);
    const exercise = exerciseAt(person, start, minutes, world.seed);
    const record = activityRecord(input, exercise, one.recordId);
    if (record.day === date) records.push({ ...record, availableAt: new Date(one.at) });
  }
  return records;
};

function activityRecord(input: TerraDay, exercise: Exercise, id: string): SandboxRecord {
  const { world, person, withSamples } = input;
  const { start, end } = exercise;
  const { note, facts } = notebook(timeSpan(start, end));
  const sample = notebook(timeSpan(start));
  const seconds = (end.getTime() - start.getTime()) / 1_000;
  const speed = exercise.metres === null ? null : round(exercise.metres / seconds, 3);
  note("workout_duration", seconds);
  const instants = withSamples ? [...ticks(world, start, end, 1)] : [];
  const wobble = (instant: Date, size: number) =>
    between(-size, size, world.seed, person.id, instant.getTime(), "wobble");
  const body = {
    active_durations_data: {
      // Whether this is the moving time is not said.
      activity_seconds: note("workout_moving_duration", seconds - 60, { possible: true }),
      inactivity_seconds: 60,
      low_intensity_seconds: null,
      moderate_intensity_seconds: null,
      vigorous_intensity_seconds: null,
      rest_seconds: null,
      num_continuous_inactive_periods: null,
      activity_levels_samples: [],
    },
    calories_data: {
      total_burned_calories: note("workout_energy", exercise.kilocalories),
      net_activity_calories: round(exercise.kilocalories * 0.86, 1),
      BMR_calories: null,
      net_intake_calories: null,
      calorie_samples: [],
    },
    cheat_detection: 0,
    data_enrichment: null,
    device_data: device("Forerunner 945"),
    distance_data: {
      summary: {
        distance_meters: note("workout_distance", exercise.metres),
        steps: exercise.sport === "running" ? round(seconds * 2.7) : null,
        floors_climbed: null,
        elevation: {
          gain_actual_meters: note("workout_elevation_gain", exercise.climbMetres),
          loss_actual_meters: null,
          avg_meters: null,
          max_meters: null,
          min_meters: null,
          gain_planned_meters: null,
        },
        swimming: null,
      },
      detailed: null,
    },
    energy_data: null,
    heart_rate_data: {
      summary: {
        avg_hr_bpm: note("heart_rate_avg", exercise.hrAverage),
        max_hr_bpm: note("heart_rate_max", exercise.hrMaximum),
        min_hr_bpm: note("heart_rate_min", exercise.hrAverage - 31),
        resting_hr_bpm: null,
        avg_hrv_rmssd: null,
        avg_hrv_sdnn: null,
        user_max_hr_bpm: null,
        hr_zone_data: [
          {
            zone: 0,
            start_percentage: 50,
            end_percentage: 60,
            name: "Warm up",
            duration_seconds: 0,
          },
          {
            zone: 1,
            start_percentage: 60,
            end_percentage: 90,
            name: "Aerobic",
            duration_seconds: seconds,
          },
        ],
      },
      detailed: withSamples
        ? {
          hr_samples: instants.map((instant) => ({
            timestamp: terraTime(person, instant),
            bpm: sample.note("heart_rate", exercise.hrAverage + wobble(instant, 9), at(instant)),
            timer_duration_seconds: null,
            context: 1,
          })),
          hrv_samples_rmssd: [],
          hrv_samples_sdnn: [],
        }
        : null,
    },
    lap_data: null,
    MET_data: null,
    metadata: {
      name: `Evening ${exercise.sport}`,
      summary_id: id,
      start_time: terraTime(person, start),
      end_time: terraTime(person, end),
      type: TYPES[exercise.sport],
      upload_type: 1,
      timestamp_localization: 1,
      city: null,
      state: null,
      country: null,
    },
    movement_data: {
      avg_speed_meters_per_second: note("speed", speed, { statistic: "average" }),
      max_speed_meters_per_second: speed === null ? null : round(speed * 1.3, 3),
      avg_cadence_rpm: null,
      avg_pace_minutes_per_kilometer: null,
      speed_samples: speed === null ? [] : instants.map((instant) => ({
        timestamp: terraTime(person, instant),
        speed_meters_per_second: sample.note(
          "speed",
          round(speed + wobble(instant, 5) / 50, 2),
          at(instant),
        ),
        timer_duration_seconds: null,
      })),
      cadence_samples: [],
      torque_samples: [],
    },
    oxygen_data: null,
    polyline_map_data: null,
    position_data: null,
    power_data: exercise.watts === null ? null : {
      avg_watts: note("workout_power", exercise.watts),
      max_watts: exercise.watts + 180,
      power_samples: instants.map((instant) => ({
        timestamp: terraTime(person, instant),
        watts: sample.note("power", (exercise.watts ?? 0) + wobble(instant, 40), at(instant)),
        timer_duration_seconds: null,
      })),
    },
    strain_data: {
      strain_level: note("workout_strain", round(4 + exercise.kilocalories / 90, 1)),
    },
    TSS_data: null,
    work_data: null,
  };
  const day = localDateIn(person.zone, start);
  const availableAt = new Date(end.getTime() + 5 * MINUTE);
  return { id, day, availableAt, body, facts: [...facts, ...sample.facts] };
}

/** The same activity, taken back: `upload_type` 4 is Terra's tombstone. */
export function tombstone(record: SandboxRecord): SandboxRecord {
  const metadata = record.body["metadata"];
  const kept = typeof metadata === "object" && metadata !== null ? metadata : {};
  return { ...record, body: { metadata: { ...kept, upload_type: 4 } }, facts: [] };
}

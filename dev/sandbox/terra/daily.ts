import { addDays } from "@shared/core/time.ts";
import { notebook, timeSpan } from "../ledger.ts";
import { dayShare, heartRateAt, mean } from "../physiology.ts";
import { between, round } from "../random.ts";
import {
  at,
  dayMetadata,
  device,
  midnight,
  type TerraMaker,
  terraTime,
  ticks,
  wholeDay,
} from "./payload.ts";

/** The running summary of a day: each payload holds all that the one before it held. */
export const dailies: TerraMaker = (input) => {
  const { world, person, day, date, withSamples } = input;
  const { note, facts } = notebook(wholeDay(person, date));
  const from = midnight(person, date);
  const to = midnight(person, addDays(date, 1));
  const minutes = Math.floor((world.clock().getTime() - from.getTime()) / 900_000) * 15;
  const share = dayShare(minutes);
  const updates = input.updates(date);
  // A sample is an instant: it has no part in the day's span.
  const sample = notebook(timeSpan(from));
  const total = <V extends number>(metric: string, payload: V, value: number = payload): V =>
    note(metric, payload, { value, dailyTotal: true });
  const minutesOf = (metric: string, seconds: number) => total(metric, seconds, seconds / 60);
  const worn = day.worn ? 1 : 0;
  const beats = [...ticks(world, from, to, 15)].map((instant) => ({
    instant,
    bpm: heartRateAt(person, instant, world.seed).bpm,
  }));
  const rates = beats.map((beat) => beat.bpm);
  const hrv = mean(day.night.hrv);
  const average = mean(rates);
  const active = round(day.activeKilocalories * share, 1);
  const basal = round(day.basalKilocalories * Math.min(1, minutes / 1_440));
  const noon = new Date(from.getTime() + 12 * 3_600_000);
  const seen = noon <= world.clock();
  const body = {
    active_durations_data: {
      activity_seconds: minutesOf("active_duration", worn * round(5_400 * share)),
      inactivity_seconds: worn * 30_000,
      low_intensity_seconds: minutesOf("active_duration_low", worn * round(3_600 * share)),
      moderate_intensity_seconds: minutesOf(
        "active_duration_moderate",
        worn * round(1_320 * share),
      ),
      vigorous_intensity_seconds: minutesOf("active_duration_vigorous", day.exercise ? 480 : 0),
      rest_seconds: minutesOf("sedentary_duration", worn * round(27_000 * share)),
      num_continuous_inactive_periods: between(0, 5, world.seed, person.id, date, "still"),
      standing_hours_count: total("stand_hours", worn * round(11 * share)),
      standing_seconds: minutesOf("stand_duration", worn * round(9_000 * share)),
      activity_levels_samples: [],
    },
    calories_data: {
      total_burned_calories: total("energy_total", basal + active),
      net_activity_calories: total("energy_active", active),
      BMR_calories: total("energy_basal", basal),
      net_intake_calories: null,
      calorie_samples: [],
    },
    data_enrichment: null,
    device_data: device("Forerunner 945"),
    distance_data: {
      steps: total("steps", round(day.steps * share) + 137 * updates),
      distance_meters: total("distance", round(day.metres * share) + 0.5 * worn),
      floors_climbed: total("floors_climbed", round(day.floors * share)),
      elevation: {
        gain_actual_meters: total("elevation_gain", round(day.floors * share) * 3),
        loss_actual_meters: null,
        avg_meters: null,
        max_meters: null,
        min_meters: null,
        gain_planned_meters: null,
      },
      swimming: null,
      // Running totals since midnight, not counts of their own.
      detailed: withSamples
        ? {
          step_samples: [
            { timestamp: terraTime(person, noon), steps: round(day.steps / 3) },
          ],
        }
        : null,
    },
    heart_rate_data: {
      summary: {
        avg_hr_bpm: note("heart_rate_avg", average === null ? null : round(average, 1)),
        max_hr_bpm: note("heart_rate_max", rates.length ? Math.max(...rates) : null),
        min_hr_bpm: note("heart_rate_min", rates.length ? Math.min(...rates) : null),
        resting_hr_bpm: note("resting_heart_rate", person.restingHr + 1),
        avg_hrv_rmssd: note("hrv_rmssd", hrv === null ? null : round(hrv, 1)),
        avg_hrv_sdnn: null,
        user_max_hr_bpm: 220 - person.age,
        hr_zone_data: [],
      },
      detailed: withSamples
        ? {
          hr_samples: beats.map(({ instant, bpm }) => ({
            timestamp: terraTime(person, instant),
            bpm: sample.note("heart_rate", bpm, at(instant)),
            timer_duration_seconds: null,
            context: 0,
          })),
          hrv_samples_rmssd: [],
          hrv_samples_sdnn: [],
        }
        : null,
    },
    MET_data: {
      avg_level: note("met_avg", round(1.2 + share * 0.4, 2)),
      num_high_intensity_minutes: null,
      num_inactive_minutes: null,
      num_low_intensity_minutes: null,
      num_moderate_intensity_minutes: null,
      MET_samples: [],
    },
    metadata: { ...dayMetadata(person, date), upload_type: 1 },
    oxygen_data: {
      // It may be of blood or of muscle, the payload does not say.
      avg_saturation_percentage: note("spo2", day.night.spo2, {
        possible: true,
        statistic: "average",
      }),
      vo2max_ml_per_min_per_kg: note("vo2_max", day.vo2Max),
      day_avg_vo2max_ml_per_min_per_kg: null,
      saturation_samples: withSamples && seen
        ? [
          {
            timestamp: terraTime(person, noon),
            percentage: sample.note("spo2", 97, at(noon)),
            type: 0,
          },
          // Muscle oxygen is another thing under the same name.
          { timestamp: terraTime(person, noon), percentage: 62, type: 1 },
        ]
        : [],
      vo2_samples: [],
    },
    scores: {
      activity: 71,
      recovery: note("recovery_score", between(35, 98, world.seed, person.id, date, "recovery")),
      sleep: note("sleep_score", between(51, 96, world.seed, person.id, date, "sleep score")),
    },
    strain_data: { strain_level: note("strain_score", worn * round(4 + share * 9, 1)) },
    stress_data: {
      avg_stress_level: note("stress_score", day.stress),
      max_stress_level: 88,
      stress_duration_seconds: 12_000,
      low_stress_duration_seconds: 9_000,
      medium_stress_duration_seconds: 2_100,
      high_stress_duration_seconds: minutesOf("stress_high_duration", worn * 900),
      rest_stress_duration_seconds: note("stress_recovery_duration", 7_200, {
        value: 120,
        possible: true,
      }),
      activity_stress_duration_seconds: null,
      stress_rating: 2,
      samples: withSamples && seen
        ? [{ timestamp: terraTime(person, noon), level: sample.note("stress_score", 41, at(noon)) }]
        : [],
      body_battery_samples: withSamples && seen
        ? [{ timestamp: terraTime(person, noon), level: sample.note("body_battery", 63, at(noon)) }]
        : [],
    },
    tag_data: null,
  };
  return [{ id: date, day: date, availableAt: from, body, facts: [...facts, ...sample.facts] }];
};

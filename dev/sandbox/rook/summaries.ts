import { addDays, HOUR, type LocalDate, MINUTE } from "@shared/core/time.ts";
import { instantAt } from "../clock.ts";
import { type FactSpan, notebook, timeSpan } from "../ledger.ts";
import { bodyDay, latencySeconds, mean, secondsIn } from "../physiology.ts";
import { between, round } from "../random.ts";
import { type Maker, metadata, type Rook, rookTime, updates } from "./records.ts";

/** A day of the person's clock; its summary is made one minute after it. */
function dayOf({ person }: Rook, date: LocalDate) {
  const midnight = instantAt(person.zone, date, 0);
  const next = instantAt(person.zone, addDays(date, 1), 0);
  const span: FactSpan = {
    start: midnight.toISOString(),
    end: next.toISOString(),
    localDate: date,
    identifiedBy: "day",
    dailyTotal: true,
  };
  return { midnight, availableAt: new Date(next.getTime() + MINUTE), span };
}

export const physicalSummaries: Maker = (of, date) => {
  const { world, person } = of;
  const day = bodyDay(person, date, world.seed);
  const { midnight, availableAt, span } = dayOf(of, date);
  const { note, facts } = notebook(span);
  const minutes = (metric: string, value: number) => note(metric, value * 60, { value });
  const basal = day.basalKilocalories;
  const body = {
    non_structured_data_array: [{}],
    metadata: metadata(of, midnight),
    activity: {
      active_seconds_int: minutes("active_duration", day.worn ? 90 : 0),
      low_intensity_seconds_int: minutes("active_duration_low", day.worn ? 60 : 0),
      moderate_intensity_seconds_int: minutes("active_duration_moderate", day.worn ? 22 : 0),
      vigorous_intensity_seconds_int: minutes("active_duration_vigorous", day.exercise ? 8 : 0),
      inactivity_seconds_int: minutes("sedentary_duration", 540),
      rest_seconds_int: 28_800,
      continuous_inactive_periods_int: null,
      activity_level_granular_data_array: [],
    },
    calories: {
      calories_expenditure_kcal_float: note("energy_total", basal + day.activeKilocalories),
      calories_net_active_kcal_float: note("energy_active", day.activeKilocalories),
      calories_basal_metabolic_rate_kcal_float: note("energy_basal", basal),
      calories_net_intake_kcal_float: null,
    },
    distance: {
      steps_int: note("steps", day.steps + updates(of, "physical_summary", date)),
      active_steps_int: null,
      floors_climbed_float: note("floors_climbed", day.floors),
      traveled_distance_meters_float: note("distance", day.metres),
      walked_distance_meters_float: null,
      // A rate, for all that its name says: nobody's steps.
      steps_granular_data_array: [{
        datetime_string: rookTime(of, new Date(midnight.getTime() + 9 * HOUR)),
        interval_duration_seconds_float: 60,
        steps_int: 84,
      }],
    },
    heart_rate: {
      hr_avg_bpm_int: null,
      hr_maximum_bpm_int: null,
      hr_minimum_bpm_int: null,
      hr_resting_bpm_int: note("resting_heart_rate", person.restingHr),
      hrv_avg_rmssd_float: null,
      hrv_avg_sdnn_float: null,
      hr_granular_data_array: [],
    },
    oxygenation: {
      saturation_avg_percentage_int: null,
      vo2max_mL_per_min_per_kg_int: note("vo2_max", Math.trunc(day.vo2Max)),
    },
    stress: {
      high_stress_duration_seconds_int: minutes("stress_high_duration", day.worn ? 35 : 0),
      stress_avg_level_int: day.stress,
    },
  };
  return [{ id: date, day: date, availableAt, body, facts }];
};

/** Made at noon of the day that the night ended on. */
export const sleepSummaries: Maker = (of, date) => {
  const { world, person } = of;
  const { night } = bodyDay(person, date, world.seed);
  const { start, end } = night;
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: date });
  const seconds = (metric: string, value: number) => note(metric, value, { value: value / 60 });
  const nightly = { statistic: "average" } as const;
  const duration = (end.getTime() - start.getTime()) / 1_000;
  const asleep = duration - secondsIn(night, "4");
  const hr = mean(night.heartRate);
  const hrv = mean(night.hrv);
  const rating = between(1, 4, world.seed, person.id, date, "rating") +
    Math.min(1, updates(of, "sleep_summary", date));
  const body = {
    non_structured_data_array: [{}],
    metadata: metadata(of, instantAt(person.zone, date, 0)),
    duration: {
      sleep_start_datetime_string: rookTime(of, start),
      sleep_end_datetime_string: rookTime(of, end),
      sleep_date_string: `${date}T00:00:00.000000Z`,
      sleep_duration_seconds_int: seconds("sleep_duration", asleep),
      time_in_bed_seconds_int: seconds("sleep_time_in_bed", duration),
      light_sleep_duration_seconds_int: seconds("sleep_light", secondsIn(night, "2")),
      rem_sleep_duration_seconds_int: seconds("sleep_rem", secondsIn(night, "3")),
      deep_sleep_duration_seconds_int: seconds("sleep_deep", secondsIn(night, "1")),
      time_to_fall_asleep_seconds_int: seconds("sleep_latency", latencySeconds(night)),
      time_awake_during_sleep_seconds_int: seconds("sleep_awake", secondsIn(night, "4")),
    },
    scores: {
      sleep_quality_rating_1_5_score_int: note("sleep_score", rating),
      sleep_efficiency_1_100_score_int: note(
        "sleep_efficiency",
        Math.trunc(100 * asleep / duration),
      ),
      sleep_goal_seconds_int: 28_800,
      sleep_continuity_1_5_score_int: null,
      sleep_continuity_1_5_rating_int: null,
    },
    heart_rate: {
      hr_maximum_bpm_int: Math.max(...night.heartRate),
      hr_minimum_bpm_int: note("sleep_hr_min", Math.min(...night.heartRate)),
      hr_avg_bpm_int: note("sleep_hr_avg", hr === null ? null : Math.trunc(hr)),
      hr_resting_bpm_int: null,
      hr_basal_bpm_int: null,
      hrv_avg_rmssd_float: note("hrv_rmssd", hrv === null ? null : round(hrv, 1), nightly),
      hrv_avg_sdnn_float: null,
    },
    temperature: {
      temperature_delta_object: {
        measurement_type_string: "normal",
        temperature_celsius_float: bodyDay(person, date, world.seed).temperatureDeviation,
      },
    },
    breathing: {
      breaths_avg_per_min_int: note("respiratory_rate", Math.trunc(night.breaths), nightly),
      saturation_avg_percentage_int: note("spo2", Math.trunc(night.spo2), nightly),
    },
  };
  return [{ id: date, day: date, availableAt: instantAt(person.zone, date, 12 * 60), body, facts }];
};

export const bodySummaries: Maker = (of, date) => {
  const { world, person } = of;
  const { weightKg } = bodyDay(person, date, world.seed);
  const { midnight, availableAt, span } = dayOf(of, date);
  const { note, facts } = notebook(span);
  const height = person.heightCm;
  const body = {
    non_structured_data_array: [{}],
    metadata: metadata(of, midnight),
    body_metrics: {
      waist_circumference_cm_int: null,
      water_composition_percentage_int: note(
        "body_water_percentage",
        between(50, 62, world.seed, person.id, "water"),
      ),
      weight_kg_float: note("body_weight", weightKg + updates(of, "body_summary", date)),
      height_cm_int: note("height", height),
      bmi_float: note("bmi", round(weightKg / (height / 100) ** 2, 1)),
    },
    hydration: {
      water_total_consumption_mL_int: note(
        "water_intake",
        between(4, 11, world.seed, person.id, date, "drinks") * 250,
      ),
    },
  };
  return [{ id: date, day: date, availableAt, body, facts }];
};

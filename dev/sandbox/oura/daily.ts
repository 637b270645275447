import { daySpan, notebook } from "../ledger.ts";
import { dayShare } from "../physiology.ts";
import { between, chance, round } from "../random.ts";
import type { SandboxRecord } from "../world.ts";
import {
  afterWaking,
  contributor,
  localized,
  localTime,
  type Maker,
  type OuraDay,
  recordId,
  scoreOf,
} from "./record.ts";

/** Steps that one `publish` of today's activity adds. */
const STEPS_PER_UPDATE = 137;

/** Oura's day runs from four to four. */
export const dailyActivity: Maker = (input) => {
  const { person, day, date, world } = input;
  const id = recordId(input, "daily_activity");
  const start = localTime(input, 4 * 60);
  const { note, facts } = notebook({ ...daySpan(date), dailyTotal: true });
  // A running day moves in quarters of an hour, so that two reads of one moment agree.
  const minutes = Math.floor((world.clock().getTime() - start.getTime()) / 60_000 / 15) * 15 + 240;
  const share = dayShare(minutes);
  const active = round(day.activeKilocalories * share);
  const basal = round(day.basalKilocalories * Math.min(1, minutes / 1_440));
  const updates = input.updates(id);
  const steps = round(day.steps * share) + STEPS_PER_UPDATE * updates;
  const [low, medium, high] = day.worn
    ? [round(9_600 * share), round(2_700 * share), day.exercise ? 1_500 : 0]
    : [0, 0, 0];
  const duration = (metric: string, seconds: number) =>
    note(metric, seconds, { value: seconds / 60 });
  const distance = round(day.metres * share) + updates * 100;
  const level = day.worn ? "2" : "0";
  const body = {
    id,
    active_calories: note("energy_active", active),
    // A mean of METs, by its description; sums of MET minutes are the fields that say low, medium, high.
    average_met_minutes: note("met_avg", round(1 + share, 3)),
    class_5_min: level.repeat(288),
    contributors: {
      meet_daily_targets: contributor(input, "targets"),
      move_every_hour: contributor(input, "hourly"),
      recovery_time: contributor(input, "recovery"),
      stay_active: contributor(input, "stay"),
      training_frequency: contributor(input, "frequency"),
      training_volume: contributor(input, "volume"),
    },
    day: date,
    equivalent_walking_distance: note("distance", distance),
    high_activity_met_minutes: round(high / 60 * 8),
    high_activity_time: duration("active_duration_vigorous", high),
    inactivity_alerts: between(0, 4, world.seed, person.id, date, "alerts"),
    low_activity_met_minutes: round(low / 60 * 2),
    low_activity_time: duration("active_duration_low", low),
    medium_activity_met_minutes: round(medium / 60 * 4),
    medium_activity_time: duration("active_duration_moderate", medium),
    met: {
      interval: 300,
      items: Array.from({ length: 288 }, (_, i) => day.worn && i % 9 ? 1.2 : null),
      timestamp: localized(person, start),
    },
    meters_to_target: Math.max(0, 8_000 - distance),
    non_wear_time: day.worn ? 1_800 : 86_400,
    resting_time: day.worn ? 28_800 : 0,
    score: day.worn ? scoreOf(input, "activity", id) : null,
    sedentary_met_minutes: 12,
    sedentary_time: duration("sedentary_duration", day.worn ? round(25_200 * share) : 0),
    steps: note("steps", steps),
    target_calories: 450,
    target_meters: 8_000,
    timestamp: localized(person, start),
    total_calories: note("energy_total", basal + active),
  };
  return [{ id, day: date, availableAt: start, body, facts }];
};

export const dailyReadiness: Maker = (input) => {
  const { day, date, person } = input;
  const id = recordId(input, "daily_readiness");
  const { note, facts } = notebook(daySpan(date));
  const names = [
    "activity_balance",
    "body_temperature",
    "hrv_balance",
    "previous_day_activity",
    "previous_night",
    "recovery_index",
    "resting_heart_rate",
    "sleep_balance",
    "sleep_regularity",
  ];
  const contributors = Object.fromEntries(names.map((name) => [name, contributor(input, name)]));
  const body = {
    id,
    contributors,
    day: date,
    score: note("readiness_score", scoreOf(input, "readiness", id)),
    temperature_deviation: note("skin_temperature_deviation", day.temperatureDeviation),
    temperature_trend_deviation: note(
      "skin_temperature_trend_deviation",
      sometimes(input, "trend") ? round(day.temperatureDeviation / 3, 2) : null,
    ),
    timestamp: localized(person, localTime(input, 0)),
  };
  return [{ id, day: date, availableAt: afterWaking(input), body, facts }];
};

export const dailySleep: Maker = (input) => {
  const id = recordId(input, "daily_sleep");
  const { note, facts } = notebook(daySpan(input.date));
  const names = [
    "deep_sleep",
    "efficiency",
    "latency",
    "rem_sleep",
    "restfulness",
    "timing",
    "total_sleep",
  ];
  const body = {
    id,
    contributors: Object.fromEntries(names.map((name) => [name, contributor(input, name)])),
    day: input.date,
    score: note("sleep_score", scoreOf(input, "sleep", id)),
    timestamp: localized(input.person, localTime(input, 0)),
  };
  return [{ id, day: input.date, availableAt: afterWaking(input), body, facts }];
};

export const dailySpo2: Maker = (input) =>
  morning(input, "daily_spo2", (note) => {
    const average = note("spo2", sometimes(input, "spo2") ? input.day.night.spo2 : null, {
      statistic: "average",
    });
    return {
      // A whole number of events an hour, by Oura's own words elsewhere; the specification is silent.
      breathing_disturbance_index: note(
        "breathing_disturbance_index",
        between(0, 14, input.world.seed, input.person.id, input.date, "breathing"),
        { possible: true },
      ),
      spo2_percentage: average === null ? null : { average },
    };
  });

export const dailyStress: Maker = (input) =>
  morning(input, "daily_stress", (note) => {
    const high = input.day.stress * 90;
    const recovery = (100 - input.day.stress) * 60;
    return {
      day_summary: input.day.stress > 45 ? "stressful" : "normal",
      recovery_high: note("stress_recovery_duration", recovery, { value: recovery / 60 }),
      stress_high: note("stress_high_duration", high, { value: high / 60 }),
    };
  });

const LEVELS = ["limited", "adequate", "solid", "strong", "exceptional"];

export const dailyResilience: Maker = (input) =>
  morning(input, "daily_resilience", (note) => {
    const level = between(1, 5, input.world.seed, input.person.id, input.date.slice(0, 7), "level");
    // Oura names five levels in order; their place is the number, so that 0 stays "none".
    note("resilience_level", level);
    return {
      contributors: {
        sleep_recovery: scoreOf(input, "sleep recovery"),
        daytime_recovery: scoreOf(input, "daytime recovery"),
        stress: scoreOf(input, "stress"),
      },
      level: LEVELS[level - 1],
    };
  });

export const dailyCardiovascularAge: Maker = (input) =>
  morning(input, "daily_cardiovascular_age", (note) => ({
    pulse_wave_velocity: note("pulse_wave_velocity", round(5.5 + input.person.age / 20, 2)),
    vascular_age: note("vascular_age", input.person.age - 3),
  }));

/** An estimate a week. */
export const vo2Max: Maker = (input) =>
  new Date(`${input.date}T00:00:00Z`).getUTCDay() !== 1
    ? []
    : morning(input, "vO2_max", (note) => ({
      timestamp: localized(input.person, afterWaking(input)),
      vo2_max: note("vo2_max", input.day.vo2Max),
    }));

export const sleepTime: Maker = (input) =>
  morning(input, "sleep_time", () => ({
    optimal_bedtime: { day_tz: 7_200, end_offset: -1_800, start_offset: -5_400 },
    recommendation: "follow_optimal_bedtime",
    status: "optimal_found",
  }));

function morning(
  input: OuraDay,
  kind: string,
  fields: (note: ReturnType<typeof notebook>["note"]) => Readonly<Record<string, unknown>>,
): readonly SandboxRecord[] {
  const id = recordId(input, kind);
  const { note, facts } = notebook(daySpan(input.date));
  const body = { id, day: input.date, ...fields(note) };
  return [{ id, day: input.date, availableAt: afterWaking(input), body, facts }];
}

/** Services leave fields out now and then: nine times in ten there is a value. */
function sometimes(input: OuraDay, name: string): boolean {
  return chance(input.world.seed, input.person.id, input.date, "there", name) < 0.9;
}

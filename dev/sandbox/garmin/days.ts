import { addDays, DAY, HOUR, MINUTE } from "@shared/core/time.ts";
import { instantAt } from "../clock.ts";
import { daySpan, notebook, timeSpan } from "../ledger.ts";
import { dayShare, heartRateAt } from "../physiology.ts";
import { between, round } from "../random.ts";
import {
  at,
  type Day,
  DELAY,
  type Maker,
  midnight,
  seconds,
  startOf,
  summaryId,
  updates,
  wholeDay,
} from "./record.ts";

/** Readings every `minutes` of the day so far, under the seconds since midnight. */
function readings(
  day: Day,
  minutes: number,
  read: (instant: Date, index: number) => number,
): Record<string, number> {
  const from = midnight(day).getTime();
  const to = Math.min(from + DAY, day.world.clock().getTime());
  const made: Record<string, number> = {};
  for (let time = from, i = 0; time < to; time += minutes * MINUTE, i++) {
    made[String((time - from) / 1_000)] = read(new Date(time), i);
  }
  return made;
}

/** A day grows until it is over, and is then sent again. */
export const dailies: Maker = (day) => {
  const { world, person, date, body } = day;
  const start = midnight(day);
  const now = world.clock().getTime();
  const covered = Math.min(DAY, Math.floor((now - start.getTime()) / (15 * MINUTE)) * 15 * MINUTE);
  const share = dayShare(covered / MINUTE);
  const { note, facts } = notebook(wholeDay(day));
  const sample = notebook(timeSpan(start));
  const id = summaryId(day, "daily", start);
  const worn = body.worn ? 1 : 0;
  const active = round(body.activeKilocalories * share);
  const basal = round(body.basalKilocalories * covered / DAY);
  note("energy_total", active + basal);
  const minutes = (metric: string, value: number) => note(metric, value, { value: value / 60 });
  const summary = {
    summaryId: id,
    calendarDate: date,
    activityType: "WALKING",
    ...startOf(person, start),
    durationInSeconds: covered / 1_000,
    steps: note("steps", round(body.steps * share) + 137 * updates(day, "dailies", id)),
    distanceInMeters: note("distance", round(body.metres * share)),
    floorsClimbed: note("floors_climbed", round(body.floors * share)),
    activeKilocalories: note("energy_active", active),
    bmrKilocalories: note("energy_basal", basal),
    activeTimeInSeconds: minutes("active_duration", worn * round(5_400 * share)),
    moderateIntensityDurationInSeconds: minutes(
      "active_duration_moderate",
      worn * round(1_320 * share),
    ),
    vigorousIntensityDurationInSeconds: minutes(
      "active_duration_vigorous",
      body.exercise ? 480 : 0,
    ),
    minHeartRateInBeatsPerMinute: note("heart_rate_min", person.restingHr - 1),
    averageHeartRateInBeatsPerMinute: note("heart_rate_avg", person.restingHr + 20),
    maxHeartRateInBeatsPerMinute: note("heart_rate_max", person.restingHr + 90),
    restingHeartRateInBeatsPerMinute: note("resting_heart_rate", person.restingHr + 1),
    // Garmin's word for "not enough of the day was measured".
    averageStressLevel: worn ? note("stress_score", body.stress, { statistic: "average" }) : -1,
    maxStressLevel: worn ? 88 : -1,
    highStressDurationInSeconds: minutes("stress_high_duration", worn * 900),
    stepsGoal: 7_500,
    timeOffsetHeartRateSamples: readings(
      day,
      15,
      (instant) =>
        sample.note("heart_rate", heartRateAt(person, instant, world.seed).bpm, at(instant)),
    ),
  };
  const availableAt = new Date(start.getTime() + HOUR);
  return [{ id, day: date, availableAt, body: summary, facts: [...facts, ...sample.facts] }];
};

/** One quarter of an hour before noon: two kinds of movement at once. */
export const epochs: Maker = (day) => {
  const { world, person, date } = day;
  if (!day.body.worn) return [];
  const start = instantAt(person.zone, date, 11 * 60 + 30);
  const end = new Date(start.getTime() + 15 * MINUTE);
  return (["WALKING", "SEDENTARY"] as const).map((activityType, index) => {
    const { note, facts } = notebook(timeSpan(start, end));
    const id = `${summaryId(day, "epoch", start)}-${index}`;
    const steps = index === 0 ? between(40, 900, world.seed, person.id, date, "epoch") : 0;
    const active = index === 0 ? 420 : 480;
    const body = {
      summaryId: id,
      activityType,
      ...startOf(person, start),
      durationInSeconds: 900,
      activeTimeInSeconds: note("active_duration", active, { value: active / 60 }),
      steps: note("steps", steps),
      distanceInMeters: note("distance", round(steps * 0.7, 1)),
      activeKilocalories: note("energy_active", round(steps * 0.04)),
      met: note("met_avg", index === 0 ? 3.3 : 1),
      intensity: index === 0 ? "ACTIVE" : "SEDENTARY",
      meanMotionIntensity: 3.1,
    };
    return { id, day: date, availableAt: new Date(end.getTime() + DELAY), body, facts };
  });
};

export const stressDetails: Maker = (day) => {
  const { world, person, date, body } = day;
  const start = midnight(day);
  const { note, facts } = notebook(timeSpan(start));
  const id = summaryId(day, "stress", start);
  const level = (metric: string, low: number, high: number) => (instant: Date) =>
    note(metric, between(low, high, world.seed, person.id, instant.getTime(), metric), at(instant));
  const stress = level("stress_score", 5, 80);
  const summary = {
    summaryId: id,
    calendarDate: date,
    ...startOf(person, start),
    durationInSeconds: DAY / 1_000,
    // Off the wrist, in motion, measured.
    timeOffsetStressLevelValues: readings(
      day,
      60,
      (instant, i) => !body.worn || i % 7 === 3 ? -1 : i % 7 === 5 ? -2 : stress(instant),
    ),
    timeOffsetBodyBatteryValues: readings(day, 120, level("body_battery", 5, 100)),
  };
  return [{ id, day: date, availableAt: new Date(start.getTime() + HOUR), body: summary, facts }];
};

export const respirations: Maker = (day) => {
  const { world, person, date } = day;
  const start = midnight(day);
  const { note, facts } = notebook(timeSpan(start));
  const id = summaryId(day, "respiration", start);
  const breaths = (instant: Date, i: number) =>
    i % 9 === 4 ? -2 : note(
      "respiratory_rate",
      between(1_100, 1_800, world.seed, person.id, instant.getTime(), "breaths") / 100,
      at(instant),
    );
  const body = {
    summaryId: id,
    ...startOf(person, start),
    durationInSeconds: DAY / 1_000,
    timeOffsetEpochToBreaths: readings(day, 120, breaths),
  };
  return [{ id, day: date, availableAt: new Date(start.getTime() + HOUR), body, facts }];
};

export const userMetrics: Maker = (day) => {
  const { person, date, body } = day;
  const { note, facts } = notebook(daySpan(date));
  const id = summaryId(day, "metrics", midnight(day));
  const summary = {
    summaryId: id,
    calendarDate: date,
    vo2Max: note("vo2_max", body.vo2Max),
    fitnessAge: note("fitness_age", person.age - 3),
  };
  return [{ id, day: date, availableAt: instantAt(person.zone, date, 720), body: summary, facts }];
};

export const bodyComps: Maker = (day) => {
  const { person, date, body } = day;
  const start = instantAt(person.zone, date, 7 * 60 + 10);
  const { note, facts } = notebook(timeSpan(start));
  const id = summaryId(day, "scale", start);
  const grams = (metric: string, value: number) => note(metric, value, { value: value / 1_000 });
  const { startTimeOffsetInSeconds } = startOf(person, start);
  const summary = {
    summaryId: id,
    measurementTimeInSeconds: seconds(start),
    measurementTimeOffsetInSeconds: startTimeOffsetInSeconds,
    weightInGrams: grams("body_weight", round(body.weightKg * 1_000)),
    bodyFatInPercent: note("body_fat_percentage", 21.5),
    bodyWaterInPercent: note("body_water_percentage", 56.2),
    muscleMassInGrams: grams("skeletal_muscle_mass", round(body.weightKg * 420)),
    boneMassInGrams: grams("bone_mass", 3_200),
  };
  const availableAt = new Date(start.getTime() + DELAY);
  return [{ id, day: date, availableAt, body: summary, facts }];
};

/** For whom it applies: a cycle of 28 days. */
export const cycles: Maker = (day) => {
  const { world, person, date } = day;
  if (person.sex !== "female") return [];
  const shift = between(0, 27, world.seed, person.id, "garmin cycle");
  const dayInCycle = (Math.floor(Date.parse(date) / DAY) + shift) % 28 + 1;
  const { note, facts } = notebook(daySpan(date));
  const id = summaryId(day, "mct", midnight(day));
  const body = {
    summaryId: id,
    periodStartDate: addDays(date, 1 - dayInCycle),
    dayInCycle: note("cycle_day", dayInCycle),
    cycleLength: 28,
    isPredictedCycle: false,
  };
  return [{ id, day: date, availableAt: instantAt(person.zone, date, 480), body, facts }];
};

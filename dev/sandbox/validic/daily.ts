import { addDays, HOUR, MINUTE, SECOND } from "@shared/core/time.ts";
import { instantAt } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import { bodyDay, dayShare } from "../physiology.ts";
import { between, round } from "../random.ts";
import { figuresBy, type Maker, recordOf } from "./records.ts";

/** A day of the person's, from midnight to its last second. */
function dayOf(zone: string, date: string) {
  const midnight = instantAt(zone, date, 0);
  const next = instantAt(zone, addDays(date, 1), 0);
  const book = notebook({
    start: midnight.toISOString(),
    end: next.toISOString(),
    localDate: date,
    identifiedBy: "day",
    dailyTotal: true,
  });
  return { ...book, midnight, end: new Date(next.getTime() - SECOND) };
}

/** Grows by the quarter of an hour. */
export const summaries: Maker = (of, date) => {
  const { world, person } = of;
  const day = bodyDay(person, date, world.seed);
  const { note, facts, midnight, end } = dayOf(person.zone, date);
  const { bare, figure, seconds } = figuresBy(note);
  const quarters = Math.floor((world.clock().getTime() - midnight.getTime()) / (15 * MINUTE));
  const minutes = Math.min(24 * 60, quarters * 15);
  const share = dayShare(minutes);
  const active = round(day.activeKilocalories * share);
  const basal = round(day.basalKilocalories * minutes / (24 * 60));
  const [low, medium, high] = [3_600, 1_320, day.exercise ? 480 : 0]
    .map((value) => day.worn ? round(value * share) : 0);
  const metrics = [
    seconds("active_duration", (low ?? 0) + (medium ?? 0) + (high ?? 0), "active_duration"),
    seconds("lightly_active_duration", low ?? 0, "active_duration_low"),
    seconds("fairly_active_duration", medium ?? 0, "active_duration_moderate"),
    seconds("very_active_duration", high ?? 0, "active_duration_vigorous"),
    figure("active_energy_burned", "kcal", active, "energy_active"),
    figure("basal_energy_burned", "kcal", basal, "energy_basal"),
    figure("energy_burned", "kcal", active + basal, "energy_total"),
    figure("distance", "m", round(day.metres * share), "distance"),
    figure("steps", "count", round(day.steps * share), "steps"),
    figure("floors_climbed", "count", round(day.floors * share), "floors_climbed"),
    bare("heart_rate_zone_low", "s", 5_220),
    bare("heart_rate_zone_medium", "s", 1_500),
    figure("resting_heart_rate", "bpm", person.restingHr, "resting_heart_rate"),
    figure(
      "heart_rate_variability",
      "ms",
      between(28, 84, world.seed, person.id, date, "validic"),
      "hrv_rmssd",
    ),
  ];
  return [recordOf(of, {
    type: "summary",
    logId: date,
    start: midnight,
    end,
    metrics,
    facts,
    availableAt: new Date(midnight.getTime() + 6 * HOUR),
    createdAt: new Date(midnight.getTime() + minutes * MINUTE),
    own: { category: "daily", segments: [] },
  })];
};

/** On the scales after getting up, and a cuff in the evening. */
export const measurements: Maker = (of, date) => {
  const { world, person } = of;
  const at = (minute: number) => instantAt(person.zone, date, minute);
  const random = (low: number, high: number, name: string) =>
    between(low, high, world.seed, person.id, date, "validic", name);
  const { weightKg } = bodyDay(person, date, world.seed);
  const measured = (
    name: string,
    start: Date,
    write: (figures: ReturnType<typeof figuresBy>) => readonly object[],
  ) => {
    const { note, facts } = notebook(timeSpan(start));
    const metrics = write(figuresBy(note));
    const logId = `${name}-${start.getTime() / SECOND}`;
    const times = { start, end: start, availableAt: start, createdAt: start };
    return recordOf(of, { type: "measurement", logId, metrics, facts, ...times });
  };
  return [
    measured("scale", at(7 * 60), ({ figure }) => [
      figure("body_weight", "kg", weightKg, "body_weight"),
      figure("bmi", "kg/m2", round(weightKg / (person.heightCm / 100) ** 2, 2), "bmi"),
      figure("body_fat", "percent", random(140, 310, "fat") / 10, "body_fat_percentage"),
    ]),
    measured("cuff", at(20 * 60 + 37), ({ figure }) => [
      figure("diastolic", "mmHg", random(64, 84, "diastolic"), "blood_pressure_diastolic"),
      figure("systolic", "mmHg", random(106, 134, "systolic"), "blood_pressure_systolic"),
      figure("pulse", "bpm", random(56, 78, "pulse"), "heart_rate"),
    ]),
  ];
};

/** Written down by the evening; a meal's own figures restate a part of the day's. */
export const nutrition: Maker = (of, date) => {
  const { world, person } = of;
  const { note, facts, midnight, end } = dayOf(person.zone, date);
  const { bare, figure } = figuresBy(note);
  const random = (low: number, high: number, name: string) =>
    between(low, high, world.seed, person.id, date, "validic food", name);
  const lunch = random(450, 800, "lunch");
  const metrics = [
    figure("energy_consumed", "kcal", lunch + random(900, 1_500, "rest"), "energy_intake"),
    figure("dietary_fiber", "g", random(120, 340, "fiber") / 10, "fiber_intake"),
    figure("water", "mL", random(4, 11, "water") * 250, "water_intake"),
    figure("carbohydrate", "g", random(1_400, 2_900, "carbs") / 10, "carbohydrate_intake"),
    figure("fat", "g", random(450, 1_100, "fat") / 10, "fat_intake"),
    figure("protein", "g", random(500, 1_300, "protein") / 10, "protein_intake"),
    bare("sodium", "mg", random(1_500, 3_400, "sodium")),
  ];
  const meal = [bare("energy_consumed", "kcal", lunch)];
  const availableAt = instantAt(person.zone, date, 21 * 60);
  return [recordOf(of, {
    type: "nutrition",
    logId: date,
    start: midnight,
    end,
    metrics,
    facts,
    availableAt,
    createdAt: availableAt,
    own: {
      category: "other",
      name: "Unknown",
      segments: [{ name: "Lunch Summary", metrics: meal, food: [] }],
    },
  })];
};

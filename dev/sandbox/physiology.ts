import { addDays, type LocalDate, MINUTE } from "@shared/core/time.ts";
import { instantAt, localDateIn } from "./clock.ts";
import type { Person } from "./person.ts";
import { between, chance, pick, round } from "./random.ts";

/** Sleep is told in steps of five minutes, as Oura tells it. */
export const EPOCH_SECONDS = 300;

/** One stretch of sleep. A phase is `1` deep, `2` light, `3` REM or `4` awake, one for each epoch. */
export interface Sleep {
  readonly start: Date;
  readonly end: Date;
  readonly phases: string;
  readonly heartRate: readonly number[];
  /** RMSSD in ms; nothing where the finger moved. */
  readonly hrv: readonly (number | null)[];
  readonly breaths: number;
  readonly spo2: number;
}

export interface Exercise {
  readonly sport: "running" | "cycling" | "walking" | "yoga";
  readonly start: Date;
  readonly end: Date;
  readonly metres: number | null;
  readonly kilocalories: number;
  readonly hrAverage: number;
  readonly hrMaximum: number;
  readonly watts: number | null;
  readonly climbMetres: number;
}

/** What a body does in one local day; every service shows its own part of it. */
export interface BodyDay {
  readonly date: LocalDate;
  /** Ended on this day. */
  readonly night: Sleep;
  readonly nap: Sleep | null;
  readonly exercise: Exercise | null;
  /** A day without the device: every count is zero, and zero is a value. */
  readonly worn: boolean;
  readonly steps: number;
  readonly activeKilocalories: number;
  readonly basalKilocalories: number;
  readonly metres: number;
  readonly floors: number;
  readonly temperatureDeviation: number;
  readonly vo2Max: number;
  readonly stress: number;
  readonly weightKg: number;
}

const days = new Map<string, BodyDay>();

export function bodyDay(person: Person, date: LocalDate, seed: string): BodyDay {
  const key = `${seed}/${person.id}/${date}`;
  const known = days.get(key);
  if (known) return known;
  // Five-minute series ask for the same day hundreds of times; a few years of days are enough to keep.
  if (days.size > 2_000) days.clear();
  const day = makeDay(person, date, seed);
  days.set(key, day);
  return day;
}

function makeDay(person: Person, date: LocalDate, seed: string): BodyDay {
  const trait = (name: string) => [seed, person.id, date, name] as const;
  const worn = chance(...trait("worn")) > 0.06;
  const steps = worn ? between(2_800, 14_500, ...trait("steps")) : 0;
  const exercise = worn && chance(...trait("exercise")) < 0.55
    ? exerciseOf(person, date, seed)
    : null;
  return {
    date,
    night: nightOf(person, date, seed),
    nap: chance(...trait("nap")) < 0.2 ? napOf(person, date, seed) : null,
    exercise,
    worn,
    steps,
    activeKilocalories: round(steps * 0.041) + (exercise?.kilocalories ?? 0),
    basalKilocalories: round(person.weightKg * 22.4),
    metres: round(steps * person.heightCm * 0.00415),
    floors: worn ? between(0, 22, ...trait("floors")) : 0,
    temperatureDeviation: round(chance(...trait("temperature")) * 1.2 - 0.6, 2),
    vo2Max: round(36 + chance(seed, person.id, "vo2") * 16),
    stress: between(18, 62, ...trait("stress")),
    weightKg: round(person.weightKg + chance(...trait("weight")) * 1.4 - 0.7, 1),
  };
}

function nightOf(person: Person, date: LocalDate, seed: string): Sleep {
  const start = instantAt(
    person.zone,
    addDays(date, -1),
    between(22 * 12 + 3, 24 * 12 + 6, seed, person.id, date, "bed") * 5,
  );
  return sleepOf(person, start, between(78, 105, seed, person.id, date, "night"), seed);
}

function napOf(person: Person, date: LocalDate, seed: string): Sleep {
  const start = instantAt(
    person.zone,
    date,
    between(156, 180, seed, person.id, date, "nap at") * 5,
  );
  return sleepOf(person, start, between(4, 12, seed, person.id, date, "nap long"), seed);
}

/** Sleep of `epochs` five-minute steps from `start`, in cycles of ninety minutes. */
export function sleepOf(person: Person, start: Date, epochs: number, seed: string): Sleep {
  const at = start.toISOString();
  const wake = epochs - 1;
  let phases = "";
  for (let i = 0; i < epochs; i++) {
    const moved = chance(seed, person.id, at, i) < 0.04;
    phases += i < 2 || i === wake || moved ? "4" : phaseInCycle(i);
  }
  const heartRate = Array.from(phases, (phase, i) => {
    const rise = phase === "1" ? 0 : phase === "2" ? 4 : phase === "3" ? 8 : 15;
    return person.restingHr + rise + between(0, 3, seed, person.id, at, "hr", i);
  });
  return {
    start,
    end: new Date(start.getTime() + epochs * EPOCH_SECONDS * 1_000),
    phases,
    heartRate,
    hrv: Array.from(
      phases,
      (phase, i) => phase === "4" ? null : between(22, 96, seed, person.id, at, "hrv", i),
    ),
    breaths: round(12.5 + chance(seed, person.id, at, "breaths") * 5, 2),
    spo2: round(94.5 + chance(seed, person.id, at, "spo2") * 4, 1),
  };
}

/** Deep sleep fills the first cycles, REM the last. */
function phaseInCycle(epoch: number): "1" | "2" | "3" {
  const cycle = Math.floor(epoch / 18);
  const step = epoch % 18;
  if (step >= 4 && step < 10 - cycle) return "1";
  if (step >= 15 - cycle) return "3";
  return "2";
}

function exerciseOf(person: Person, date: LocalDate, seed: string): Exercise {
  const start = instantAt(person.zone, date, between(204, 228, seed, person.id, date, "train") * 5);
  return exerciseAt(person, start, between(22, 75, seed, person.id, date, "long"), seed);
}

/** A training of `minutes` from `start`. */
export function exerciseAt(person: Person, start: Date, minutes: number, seed: string): Exercise {
  const trait = (name: string) => [seed, person.id, start.toISOString(), name] as const;
  const sport = pick(["running", "cycling", "walking", "yoga"], ...trait("sport"));
  const pace = { running: 168, cycling: 410, walking: 88, yoga: 0 }[sport];
  const hrAverage = between(104, 146, ...trait("hr"));
  return {
    sport,
    start,
    end: new Date(start.getTime() + minutes * MINUTE),
    metres: pace ? minutes * pace : null,
    kilocalories: minutes * between(5, 11, ...trait("kcal")),
    hrAverage,
    hrMaximum: hrAverage + between(12, 34, ...trait("max")),
    watts: sport === "cycling" ? between(110, 215, ...trait("watts")) : null,
    climbMetres: between(0, 180, ...trait("climb")),
  };
}

/** Beats per minute at `instant`: asleep, in training, or about the day. */
export function heartRateAt(person: Person, instant: Date, seed: string): {
  readonly bpm: number;
  readonly state: "sleep" | "workout" | "awake";
} {
  const day = bodyDay(person, localDateIn(person.zone, instant), seed);
  const at = instant.getTime();
  const next = bodyDay(person, addDays(day.date, 1), seed).night;
  for (const sleep of [day.night, next, day.nap]) {
    if (!sleep || at < sleep.start.getTime() || at >= sleep.end.getTime()) continue;
    const epoch = Math.floor((at - sleep.start.getTime()) / (EPOCH_SECONDS * 1_000));
    return { bpm: sleep.heartRate[epoch] ?? person.restingHr, state: "sleep" };
  }
  const { exercise } = day;
  if (exercise && at >= exercise.start.getTime() && at < exercise.end.getTime()) {
    return { bpm: exercise.hrAverage + between(-12, 12, seed, person.id, at), state: "workout" };
  }
  return { bpm: person.restingHr + between(14, 42, seed, person.id, at), state: "awake" };
}

/** How much of a day's movement has happened `minutes` after midnight: nothing before 6, all by 23. */
export function dayShare(minutes: number): number {
  const share = (minutes - 6 * 60) / (17 * 60);
  return Math.min(1, Math.max(0, share));
}

/** Seconds spent in a phase. */
export function secondsIn(sleep: Sleep, phase: "1" | "2" | "3" | "4"): number {
  return sleep.phases.split(phase).length * EPOCH_SECONDS - EPOCH_SECONDS;
}

/** Seconds before the first sleep. */
export function latencySeconds(sleep: Sleep): number {
  return Math.max(0, sleep.phases.search(/[123]/)) * EPOCH_SECONDS;
}

/** Times that sleep was broken and found again. */
export function awakenings(sleep: Sleep): number {
  return sleep.phases.match(/[123]4+(?=[123])/g)?.length ?? 0;
}

/** Mean of what was measured; nothing where nothing was. */
export function mean(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null);
  return present.length ? present.reduce((sum, value) => sum + value, 0) / present.length : null;
}

import { addDays, type LocalDate, MINUTE } from "@shared/core/time.ts";
import { instantAt, offsetAt } from "../clock.ts";
import { type FactSpan, notebook } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay, dayShare } from "../physiology.ts";
import { between, round, uuidOf } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";

/** A person's data at the one service that they linked. */
export interface Junction {
  readonly world: World;
  readonly person: Person;
  readonly userId: string;
}

export type Maker = (of: Junction, date: LocalDate) => readonly SandboxRecord[];

export const SOURCE = { provider: "garmin", type: "watch", app_id: null, device_id: null };

/** Without fractions and with the offset of UTC, as Junction writes times. */
export function junctionTime(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, "+00:00");
}

export function id({ world, person }: Junction, kind: string, date: LocalDate): string {
  return uuidOf(world.seed, "junction", person.id, kind, date);
}

export function updates({ world, person }: Junction, resource: string, recordId: string): number {
  return publishedFor(world, "junction", person.id, resource)
    .filter((one) => one.action === "update" && one.recordId === recordId).length;
}

/** What every summary has. */
export function common(of: Junction, recordId: string, madeAt: Date) {
  return {
    id: recordId,
    user_id: of.userId,
    source: SOURCE,
    created_at: junctionTime(madeAt),
    updated_at: junctionTime(of.world.clock()),
  };
}

export function offsetSeconds({ person }: Junction, at: Date): number {
  return offsetAt(person.zone, at) * 60;
}

/** The running summary of a day. */
export const activities: Maker = (of, date) => {
  const { world, person } = of;
  const day = bodyDay(person, date, world.seed);
  const midnight = instantAt(person.zone, date, 0);
  const next = instantAt(person.zone, addDays(date, 1), 0);
  const span: FactSpan = {
    start: midnight.toISOString(),
    end: next.toISOString(),
    localDate: date,
    identifiedBy: "day",
    dailyTotal: true,
  };
  const { note, facts } = notebook(span);
  const minutes = Math.floor((world.clock().getTime() - midnight.getTime()) / (15 * MINUTE)) * 15;
  const share = dayShare(minutes);
  const recordId = id(of, "activity", date);
  const active = round(day.activeKilocalories * share, 1);
  const basal = round(day.basalKilocalories * Math.min(1, minutes / 1_440), 1);
  const extra = updates(of, "activity", recordId);
  const body = {
    ...common(of, recordId, midnight),
    date: `${date}T00:00:00+00:00`,
    calendar_date: date,
    calories_total: note("energy_total", round(active + basal, 1)),
    calories_active: note("energy_active", active),
    steps: note("steps", round(day.steps * share) + extra),
    daily_movement: round(day.metres * share),
    distance: note("distance", round(day.metres * share)),
    low: note("active_duration_low", day.worn ? round(60 * share) : 0),
    medium: note("active_duration_moderate", day.worn ? round(22 * share) : 0),
    high: note("active_duration_vigorous", day.exercise ? 8 : 0),
    floors_climbed: note("floors_climbed", round(day.floors * share)),
    time_zone: person.zone,
    timezone_offset: offsetSeconds(of, midnight),
    heart_rate: {
      avg_bpm: null,
      min_bpm: null,
      max_bpm: null,
      resting_bpm: note("resting_heart_rate", person.restingHr),
      avg_walking_bpm: null,
    },
    wheelchair_use: null,
    wheelchair_push: null,
  };
  const availableAt = new Date(midnight.getTime() + 6 * 60 * MINUTE);
  return [{ id: recordId, day: date, availableAt, body, facts }];
};

export const bodies: Maker = (of, date) => {
  const { world, person } = of;
  const day = bodyDay(person, date, world.seed);
  const availableAt = instantAt(person.zone, date, 7 * 60);
  const { note, facts } = notebook({
    start: `${date}T00:00:00.000Z`,
    localDate: date,
    identifiedBy: "day",
  });
  const recordId = id(of, "body", date);
  const body = {
    ...common(of, recordId, availableAt),
    date: `${date}T00:00:00+00:00`,
    calendar_date: date,
    weight: note("body_weight", day.weightKg),
    fat: note("body_fat_percentage", between(14, 31, world.seed, person.id, "fat")),
    water_percentage: null,
    muscle_mass_percentage: null,
    visceral_fat_index: null,
    bone_mass_percentage: null,
    body_mass_index: note("bmi", round(day.weightKg / (person.heightCm / 100) ** 2, 1)),
    lean_body_mass_kilogram: null,
    waist_circumference_centimeter: null,
  };
  return [{ id: recordId, day: date, availableAt, body, facts }];
};

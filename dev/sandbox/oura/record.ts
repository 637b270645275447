import type { LocalDate } from "@shared/core/time.ts";
import { instantAt, isoWithOffset, offsetAt } from "../clock.ts";
import type { Person } from "../person.ts";
import type { BodyDay } from "../physiology.ts";
import { between, uuidOf } from "../random.ts";
import type { SandboxRecord, World } from "../world.ts";

/** One person's day, as the makers of Oura documents see it. */
export interface OuraDay {
  readonly world: World;
  readonly person: Person;
  readonly day: BodyDay;
  readonly date: LocalDate;
  /** How often `publish` has changed this record. */
  readonly updates: (recordId: string) => number;
}

export type Maker = (input: OuraDay) => readonly SandboxRecord[];

/** Oura's `LocalizedDateTime`: milliseconds and an offset. */
export function localized(person: Person, instant: Date): string {
  return isoWithOffset(instant, offsetAt(person.zone, instant), 3);
}

export function recordId(input: OuraDay, kind: string): string {
  return uuidOf(input.world.seed, "oura", input.person.id, kind, input.date);
}

/** A figure from 1 to 100 that belongs to this day; an update moves it up by one. */
export function scoreOf(input: OuraDay, name: string, id?: string): number {
  const { world, person, date } = input;
  const score = between(58, 96, world.seed, person.id, date, "score", name);
  return Math.min(100, score + (id ? input.updates(id) : 0));
}

/** A contributor's score; now and then the ring has none. */
export function contributor(input: OuraDay, name: string): number | null {
  const { world, person, date } = input;
  const missing = between(1, 12, world.seed, person.id, date, "none", name) === 1;
  return missing ? null : scoreOf(input, name);
}

/** When the person has got up and the ring has synced. */
export function afterWaking(input: OuraDay): Date {
  return new Date(input.day.night.end.getTime() + 15 * 60_000);
}

export function localTime(input: OuraDay, minutes: number): Date {
  return instantAt(input.person.zone, input.date, minutes);
}

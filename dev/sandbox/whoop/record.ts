import { type LocalDate, MINUTE } from "@shared/core/time.ts";
import { offsetAt } from "../clock.ts";
import type { Person } from "../person.ts";
import { chance, hash32, uuidOf } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";

/** Kilojoules in a kilocalorie. */
export const KJ = 4.184;
/** How long the strap and the service need after waking up or training. */
export const DELAY = 15 * MINUTE;

/** One person's day, as the makers of records see it. */
export interface Day {
  readonly world: World;
  readonly person: Person;
  readonly date: LocalDate;
}

export type Maker = (day: Day) => readonly SandboxRecord[];

/** WHOOP's id of a person: a number. */
export function whoopUserId(world: World, person: Person): number {
  return 1_000_000 + hash32(world.seed, "whoop", person.id) % 9_000_000;
}

export function updates({ world, person }: Day, resource: string, id: string): number {
  return publishedFor(world, "whoop", person.id, resource)
    .filter((one) => one.action === "update" && one.recordId === id).length;
}

export function nightId({ world, person, date }: Day): string {
  return uuidOf(world.seed, "whoop", person.id, "night", date);
}

/** A 64-bit number in the real service; here the day and something of the person. */
export function cycleId({ world, person, date }: Day): number {
  return Number(date.replaceAll("-", "")) * 1_000 + hash32(world.seed, person.id) % 1_000;
}

export function common(day: Day, made: Date, changed = made) {
  return {
    user_id: whoopUserId(day.world, day.person),
    created_at: made.toISOString(),
    updated_at: changed.toISOString(),
  };
}

/** `Z`, or hours and minutes. */
export function zone(person: Person, at: Date): string {
  const offset = offsetAt(person.zone, at);
  if (offset === 0) return "Z";
  const size = Math.abs(offset);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Some nights cannot be scored: the strap was off. */
export function isScored({ world, person, date }: Day): boolean {
  return chance(world.seed, person.id, date, "whoop unscorable") > 0.04;
}

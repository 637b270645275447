import type { LocalDate } from "@shared/core/time.ts";
import { offsetAt } from "../clock.ts";
import type { Person } from "../person.ts";
import { hash32 } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";

/** One person's day, as the makers of records see it. */
export interface Day {
  readonly world: World;
  readonly person: Person;
  readonly date: LocalDate;
}

export type Maker = (day: Day) => readonly SandboxRecord[];

/** Withings' id of a person: a number. */
export function userId(world: World, person: Person): number {
  return 10_000_000 + hash32(world.seed, "withings", person.id) % 80_000_000;
}

/** A number of the day's own for the `n`th record of a kind. */
export function idOf({ person, date }: Day, n: number): number {
  return Number(date.replaceAll("-", "").slice(2)) * 1_000 + n * 100 + hash32(person.id) % 100;
}

export function epoch(at: Date): number {
  return Math.floor(at.getTime() / 1_000);
}

/** When a person's day is over. */
export function endOf({ person, date }: Day): Date {
  const midnight = Date.parse(`${date}T00:00:00Z`) + 86_400_000;
  return new Date(midnight - offsetAt(person.zone, new Date(midnight)) * 60_000);
}

/** What the person measured at a moment of their own, besides what time brings. */
export function publishedOn(day: Day, resource: string) {
  return publishedFor(day.world, "withings", day.person.id, resource)
    .filter(({ action }) => action === "create");
}

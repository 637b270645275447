import { type LocalDate, MINUTE } from "@shared/core/time.ts";
import { isoWall, offsetAt } from "../clock.ts";
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

/** How long the watch and the service need. */
export const DELAY = 10 * MINUTE;

/** `x_user_id`: a number. */
export function userId(world: World, person: Person): number {
  return 10_000_000 + hash32(world.seed, "polar", person.id) % 80_000_000;
}

export function userUrl({ world, person }: Day): string {
  return `https://www.polaraccesslink.com/v3/users/${userId(world, person)}`;
}

/** `23:30`, by the clock of the person. */
export function clockAt(person: Person, at: Date): string {
  return isoWall(at, offsetAt(person.zone, at), 0).slice(11, 16);
}

/** The person's clock, which names no zone. */
export function wallAt(person: Person, at: Date): string {
  return isoWall(at, offsetAt(person.zone, at), 0);
}

/** When a person's day is over. */
export function endOf({ person, date }: Day): Date {
  const midnight = Date.parse(`${date}T00:00:00Z`) + 86_400_000;
  return new Date(midnight - offsetAt(person.zone, new Date(midnight)) * MINUTE);
}

/** How often `publish` has changed the record. */
export function updates({ world, person }: Day, resource: string, id: string): number {
  return publishedFor(world, "polar", person.id, resource)
    .filter((one) => one.action === "update" && one.recordId === id).length;
}

/** `PT1H5M`. */
export function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds % 3_600 / 60)];
  return `PT${hours}H${minutes}M${seconds % 60}S`;
}

import { DAY, type LocalDate, MINUTE, SECOND } from "@shared/core/time.ts";
import { instantAt, offsetAt } from "../clock.ts";
import type { FactSpan } from "../ledger.ts";
import { externalId, type Person } from "../person.ts";
import { type BodyDay, bodyDay } from "../physiology.ts";
import { hexOf } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";

/** How long a watch and its phone need to hand over what they saw. */
export const DELAY = 10 * MINUTE;

/** One person's day, as the makers of summaries see it. */
export interface Day {
  readonly world: World;
  readonly person: Person;
  readonly date: LocalDate;
  readonly body: BodyDay;
}

export type Maker = (day: Day) => readonly SandboxRecord[];

export function dayIn(world: World, person: Person, date: LocalDate): Day {
  return { world, person, date, body: bodyDay(person, date, world.seed) };
}

export function garminUserId(world: World, person: Person): string {
  return externalId(person, "garmin", world.seed);
}

export function seconds(at: Date): number {
  return Math.floor(at.getTime() / SECOND);
}

/** Garmin's own form: something of the person, and the start in hexadecimal. */
export function summaryId({ world, person }: Day, kind: string, start: Date): string {
  return `x${hexOf(7, world.seed, person.id, kind)}-${seconds(start).toString(16)}`;
}

/** The start as every summary says it. */
export function startOf(person: Person, start: Date) {
  return {
    startTimeInSeconds: seconds(start),
    startTimeOffsetInSeconds: offsetAt(person.zone, start) * 60,
  };
}

export function midnight({ person, date }: Day): Date {
  return instantAt(person.zone, date, 0);
}

/** The whole day, as a summary of a day means it. */
export function wholeDay(day: Day): FactSpan {
  const start = midnight(day);
  return {
    start: start.toISOString(),
    end: new Date(start.getTime() + DAY).toISOString(),
    localDate: day.date,
    identifiedBy: "day",
    dailyTotal: true,
  };
}

/** An instant in place of the record's span. */
export function at(instant: Date) {
  return { start: instant.toISOString(), identifiedBy: "instant" } as const;
}

export function updates({ world, person }: Day, kind: string, id: string): number {
  return publishedFor(world, "garmin", person.id, kind)
    .filter((one) => one.action === "update" && one.recordId === id).length;
}

import { addDays, type LocalDate, MINUTE } from "@shared/core/time.ts";
import { instantAt, isoWithOffset, offsetAt } from "../clock.ts";
import type { FactSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import type { BodyDay } from "../physiology.ts";
import type { SandboxRecord, World } from "../world.ts";

/** What a maker of Terra payload objects works from. */
export interface TerraDay {
  readonly world: World;
  readonly person: Person;
  readonly day: BodyDay;
  readonly date: LocalDate;
  /** Detailed samples are left out unless asked for; pushes hold them. */
  readonly withSamples: boolean;
  /** How often `publish` has changed this record. */
  readonly updates: (recordId: string) => number;
}

export type TerraMaker = (input: TerraDay) => readonly SandboxRecord[];

/** Microseconds and an offset. */
export function terraTime(person: Person, at: Date): string {
  return isoWithOffset(at, offsetAt(person.zone, at), 6);
}

export function midnight(person: Person, date: LocalDate): Date {
  return instantAt(person.zone, date, 0);
}

/** A day from midnight to midnight on the person's clock. */
export function wholeDay(person: Person, date: LocalDate): FactSpan {
  return {
    start: midnight(person, date).toISOString(),
    end: midnight(person, addDays(date, 1)).toISOString(),
    localDate: date,
    identifiedBy: "day",
  };
}

export function dayMetadata(person: Person, date: LocalDate) {
  return {
    start_time: terraTime(person, midnight(person, date)),
    end_time: terraTime(person, midnight(person, addDays(date, 1))),
    timestamp_localization: 1,
  };
}

/** `[from, to)` in steps of `minutes`, not beyond now. */
export function* ticks(world: World, from: Date, to: Date, minutes: number): Iterable<Date> {
  const last = Math.min(to.getTime(), world.clock().getTime());
  for (let at = from.getTime(); at < last; at += minutes * MINUTE) yield new Date(at);
}

/** A sample's own instant in place of its record's span. */
export function at(instant: Date) {
  return { start: instant.toISOString(), identifiedBy: "instant" } as const;
}

export function device(name: string) {
  return {
    manufacturer: "GARMIN",
    name,
    hardware_version: null,
    software_version: "17.26",
    serial_number: null,
    activation_timestamp: null,
    last_upload_date: null,
    data_provided: [],
    other_devices: [],
  };
}

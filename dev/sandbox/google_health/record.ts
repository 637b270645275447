import { type LocalDate, MINUTE } from "@shared/core/time.ts";
import { isoWall, offsetAt } from "../clock.ts";
import type { NotedFact } from "../ledger.ts";
import type { Person } from "../person.ts";
import { hash32 } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";

/** How long trackers and phones need to hand over what was measured. */
export const DELAY = 15 * MINUTE;

/** One person's day, as the makers of records see it. */
export interface Day {
  readonly world: World;
  readonly person: Person;
  readonly date: LocalDate;
}

export type Maker = (day: Day) => readonly PointRecord[];

/** A data point: its record, and the instants by which it is filtered. */
export interface PointRecord extends SandboxRecord {
  readonly start: Date;
  readonly end: Date;
}

/** Google's id of a person. */
export function healthUserId(world: World, person: Person): string {
  return String(4_000_000_000_000 + hash32(world.seed, "google_health", person.id));
}

/** The Fitbit id of the same person. */
export function legacyUserId(world: World, person: Person): string {
  return hash32(world.seed, "fitbit", person.id).toString(36).toUpperCase().slice(0, 6);
}

export function updates({ world, person }: Day, resource: string, id: string): number {
  return publishedFor(world, "google_health", person.id, resource)
    .filter((one) => one.action === "update" && one.recordId === id).length;
}

/** Calendar day and time of day; parts that are zero are left out, as protocol buffers write JSON. */
export function civilAt(person: Person, at: Date) {
  const [date = "", time = ""] = isoWall(at, offsetAt(person.zone, at), 0).split("T");
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return {
    date: civilDate(date),
    time: {
      ...(hours ? { hours } : {}),
      ...(minutes ? { minutes } : {}),
      ...(seconds ? { seconds } : {}),
    },
  };
}

export function civilDate(text: LocalDate) {
  const [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  return { year, month, day };
}

export function utcOffset(person: Person, at: Date): string {
  return `${offsetAt(person.zone, at) * 60}s`;
}

export function intervalOf(person: Person, start: Date, end: Date) {
  return {
    startTime: start.toISOString(),
    startUtcOffset: utcOffset(person, start),
    endTime: end.toISOString(),
    endUtcOffset: utcOffset(person, end),
    civilStartTime: civilAt(person, start),
    civilEndTime: civilAt(person, end),
  };
}

export function sampleTimeOf(person: Person, at: Date) {
  return {
    physicalTime: at.toISOString(),
    utcOffset: utcOffset(person, at),
    civilTime: civilAt(person, at),
  };
}

export function nameOf(day: Day, type: string, id: string): string {
  return `users/${healthUserId(day.world, day.person)}/dataTypes/${type}/dataPoints/${id}`;
}

/** What the merged stream leaves out. */
export function source(recordingMethod: "MANUAL" | "PASSIVELY_MEASURED") {
  return {
    dataSource: {
      platform: "FITBIT",
      recordingMethod,
      device: { displayName: "Pixel Watch 3", formFactor: "WATCH", manufacturer: "Google" },
    },
  };
}

/** A point without a name: it is known by the time it begins. */
export function point(
  day: Day,
  at: { readonly start: Date; readonly end?: Date; readonly availableAt?: Date },
  body: Readonly<Record<string, unknown>>,
  facts: readonly NotedFact[],
): PointRecord {
  const { start, end = start } = at;
  return {
    id: start.toISOString(),
    day: day.date,
    start,
    end,
    availableAt: at.availableAt ?? new Date(end.getTime() + DELAY),
    body: { ...source("PASSIVELY_MEASURED"), ...body },
    facts,
  };
}

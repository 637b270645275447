import type { LocalDate } from "@shared/core/time.ts";
import { isoWithOffset, offsetAt } from "../clock.ts";
import type { Person } from "../person.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";

/** A person's data, with the services that brought it. */
export interface Rook {
  readonly world: World;
  readonly person: Person;
  readonly services: readonly string[];
}

/** The summary of a day, or its events. */
export type Maker = (of: Rook, date: LocalDate) => readonly SandboxRecord[];

/** Microseconds and the offset of the person's clock, as in ROOK's examples. */
export function rookTime({ person }: Rook, at: Date): string {
  return isoWithOffset(at, offsetAt(person.zone, at), 6);
}

export function updates({ world, person }: Rook, resource: string, recordId: string): number {
  return publishedFor(world, "rook", person.id, resource)
    .filter((one) => one.action === "update" && one.recordId === recordId).length;
}

/** What every summary and every event has. */
export function metadata(of: Rook, at: Date) {
  return {
    datetime_string: rookTime(of, at),
    user_id_string: null,
    sources_of_data_array: of.services,
  };
}

import type { LocalDate } from "@shared/core/time.ts";
import { eachDay } from "../clock.ts";
import type { Person } from "../person.ts";
import { firstDay, publishedFor, type SandboxRecord, type World } from "../world.ts";
import { sleeps, workouts } from "./activities.ts";
import { cycles, recoveries } from "./days.ts";

export const COLLECTIONS = {
  cycle: { path: "/v2/cycle", scope: "read:cycles", make: cycles },
  recovery: { path: "/v2/recovery", scope: "read:recovery", make: recoveries },
  sleep: { path: "/v2/activity/sleep", scope: "read:sleep", make: sleeps },
  workout: { path: "/v2/activity/workout", scope: "read:workout", make: workouts },
} as const;

export type WhoopResource = keyof typeof COLLECTIONS;

/** What is to be seen by now, with days from `first` to `last`, oldest first. */
export function listRecords(
  world: World,
  person: Person,
  resource: WhoopResource,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const now = world.clock();
  const start = firstDay(world, person);
  const gone = new Set(
    publishedFor(world, "whoop", person.id, resource)
      .filter(({ action }) => action === "delete").map(({ recordId }) => recordId),
  );
  return [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => COLLECTIONS[resource].make({ world, person, date }))
    .filter((record) => record.availableAt <= now && !gone.has(record.id));
}

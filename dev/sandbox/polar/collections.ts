import type { LocalDate } from "@shared/core/time.ts";
import { eachDay } from "../clock.ts";
import type { Person } from "../person.ts";
import { firstDay, publishedFor, type SandboxRecord, type World } from "../world.ts";
import { activities, bloodOxygen, cardioLoads, exercises, heartRates } from "./days.ts";
import { nights, recharges, skinTemperatures } from "./nights.ts";

export const COLLECTIONS = {
  exercises: { make: exercises, event: "EXERCISE" },
  sleep: { make: nights, event: "SLEEP" },
  activities: { make: activities, event: "ACTIVITY_SUMMARY" },
  continuous_heart_rate: { make: heartRates, event: "CONTINUOUS_HEART_RATE" },
  nightly_recharge: { make: recharges, event: undefined },
  cardio_load: { make: cardioLoads, event: undefined },
  spo2: { make: bloodOxygen, event: undefined },
  skin_temperature: { make: skinTemperatures, event: undefined },
} as const;

export type PolarResource = keyof typeof COLLECTIONS;

export function isResource(text: string): text is PolarResource {
  return Object.hasOwn(COLLECTIONS, text);
}

/** What is to be seen by now, with days from `first` to `last`, oldest first. */
export function listRecords(
  world: World,
  person: Person,
  resource: PolarResource,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const now = world.clock();
  const start = firstDay(world, person);
  const gone = new Set(
    publishedFor(world, "polar", person.id, resource)
      .filter(({ action }) => action === "delete").map(({ recordId }) => recordId),
  );
  return [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => COLLECTIONS[resource].make({ world, person, date }))
    .filter((record) => record.availableAt <= now && !gone.has(record.id));
}

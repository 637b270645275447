import type { LocalDate } from "@shared/core/time.ts";
import { eachDay } from "../clock.ts";
import { firstDay, type SandboxRecord } from "../world.ts";
import { type Maker, type Spike, statistics } from "./records.ts";
import { sleeps, workouts } from "./sessions.ts";

/** Collections, by the last part of their paths. */
export const COLLECTIONS: Readonly<Record<string, Maker>> = {
  daily: statistics,
  sleeps,
  workouts,
};

/** A sensor brings glucose, and nothing else does. */
export function isSensor({ service }: Spike): boolean {
  return service === "dexcom" || service === "freestyle_libre";
}

/** What is to be seen by now, with days from `first` to `last`, oldest first. */
export function recordsOf(
  of: Spike,
  collection: string,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const make = COLLECTIONS[collection];
  if (!make || isSensor(of)) return [];
  const now = of.world.clock();
  const start = firstDay(of.world, of.person);
  return [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => make(of, date))
    .filter((record) => record.availableAt <= now);
}

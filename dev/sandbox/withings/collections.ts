import type { LocalDate } from "@shared/core/time.ts";
import { eachDay } from "../clock.ts";
import type { Person } from "../person.ts";
import { firstDay, publishedFor, type SandboxRecord, type World } from "../world.ts";
import { heart, measures } from "./measures.ts";
import { activities, moments, workouts } from "./movement.ts";
import { stretches, summaries } from "./nights.ts";

/**
 * A service, by its path and `action`: where its rows are, by which field a window takes them (`day` for
 * the person's own days, else seconds), and the categories of notifications that tell of it.
 */
export const COLLECTIONS = {
  measures: {
    path: "/measure",
    action: "getmeas",
    rows: "measuregrps",
    by: "date",
    make: measures,
    appli: 1,
  },
  heart: {
    path: "/v2/heart",
    action: "list",
    rows: "series",
    by: "timestamp",
    make: heart,
    appli: 54,
  },
  activity: {
    path: "/v2/measure",
    action: "getactivity",
    rows: "activities",
    by: "day",
    make: activities,
    appli: 16,
  },
  intraday: {
    path: "/v2/measure",
    action: "getintradayactivity",
    rows: "series",
    by: "id",
    make: moments,
    appli: undefined,
  },
  workouts: {
    path: "/v2/measure",
    action: "getworkouts",
    rows: "series",
    by: "day",
    make: workouts,
    appli: 16,
  },
  sleep_summary: {
    path: "/v2/sleep",
    action: "getsummary",
    rows: "series",
    by: "day",
    make: summaries,
    appli: 44,
  },
  sleep_stages: {
    path: "/v2/sleep",
    action: "get",
    rows: "series",
    by: "startdate",
    make: stretches,
    appli: undefined,
  },
} as const;

export type WithingsResource = keyof typeof COLLECTIONS;

export function isResource(text: string): text is WithingsResource {
  return Object.hasOwn(COLLECTIONS, text);
}

/** What is to be seen by now, with days from `first` to `last`, oldest first. */
export function listRecords(
  world: World,
  person: Person,
  resource: WithingsResource,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const now = world.clock();
  const start = firstDay(world, person);
  const gone = new Set(
    publishedFor(world, "withings", person.id, resource)
      .filter(({ action }) => action === "delete").map(({ recordId }) => recordId),
  );
  return [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => COLLECTIONS[resource].make({ world, person, date }))
    .filter((record) => record.availableAt <= now && !gone.has(record.id));
}

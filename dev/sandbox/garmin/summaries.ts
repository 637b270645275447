import type { LocalDate } from "@shared/core/time.ts";
import { eachDay } from "../clock.ts";
import type { Person } from "../person.ts";
import { firstDay, type SandboxRecord, type World } from "../world.ts";
import {
  bodyComps,
  cycles,
  dailies,
  epochs,
  respirations,
  stressDetails,
  userMetrics,
} from "./days.ts";
import { dayIn, type Maker } from "./record.ts";
import { activities, activityDetails, hrvs, skinTemps, sleeps } from "./sessions.ts";

interface Summaries {
  /** In the API and the backfill. */
  readonly path: string;
  /** As set in the portal: the summary itself, or where it can be fetched. */
  readonly delivery: "push" | "ping";
  readonly make: Maker;
}

/** Every kind that the sandbox sends, under the name it has in a delivery. */
export const SUMMARIES = {
  dailies: { path: "dailies", delivery: "push", make: dailies },
  epochs: { path: "epochs", delivery: "push", make: epochs },
  sleeps: { path: "sleeps", delivery: "push", make: sleeps },
  hrv: { path: "hrv", delivery: "ping", make: hrvs },
  stressDetails: { path: "stressDetails", delivery: "push", make: stressDetails },
  allDayRespiration: { path: "respiration", delivery: "ping", make: respirations },
  userMetrics: { path: "userMetrics", delivery: "push", make: userMetrics },
  skinTemp: { path: "skinTemp", delivery: "push", make: skinTemps },
  bodyComps: { path: "bodyComps", delivery: "ping", make: bodyComps },
  mct: { path: "mct", delivery: "push", make: cycles },
  activities: { path: "activities", delivery: "push", make: activities },
  activityDetails: { path: "activityDetails", delivery: "push", make: activityDetails },
} as const satisfies Readonly<Record<string, Summaries>>;

export type SummaryKind = keyof typeof SUMMARIES;
export const SUMMARY_KINDS = Object.keys(SUMMARIES) as readonly SummaryKind[];

/** Kinds that exist and of which nobody here has any. */
export const EMPTY_PATHS: ReadonlySet<string> = new Set([
  "pulseOx",
  "healthSnapshot",
  "moveiq",
  "bloodPressures",
]);

/** What is to be seen by now, with days from `first` to `last`, oldest first. */
export function listSummaries(
  world: World,
  person: Person,
  kind: SummaryKind,
  first: LocalDate,
  last: LocalDate,
): readonly SandboxRecord[] {
  const start = firstDay(world, person);
  const now = world.clock();
  return [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => SUMMARIES[kind].make(dayIn(world, person, date)))
    .filter(({ availableAt }) => availableAt <= now);
}

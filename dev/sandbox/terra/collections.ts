import type { LocalDate } from "@shared/core/time.ts";
import { eachDay, localDateIn } from "../clock.ts";
import type { Person } from "../person.ts";
import { bodyDay } from "../physiology.ts";
import { firstDay, type SandboxRecord, type World } from "../world.ts";
import { activities, tombstone } from "./activity.ts";
import { bodies } from "./body.ts";
import { dailies } from "./daily.ts";
import { menstruations, nutritions } from "./intake.ts";
import type { TerraMaker } from "./payload.ts";
import { sleeps } from "./sleep.ts";

/** By payload type, which is the path as well. */
export const TERRA_TYPES: Readonly<Record<string, TerraMaker>> = {
  activity: activities,
  body: bodies,
  daily: dailies,
  menstruation: menstruations,
  nutrition: nutritions,
  sleep: sleeps,
};

/** Records of `type` whose day is from `first` to `last`, both included, oldest first. */
export function terraRecords(world: World, person: Person, type: string, p: {
  readonly first: LocalDate;
  readonly last: LocalDate;
  readonly withSamples: boolean;
}): SandboxRecord[] {
  const make = TERRA_TYPES[type];
  if (!make) return [];
  const now = world.clock();
  const today = localDateIn(person.zone, now);
  const start = firstDay(world, person);
  const published = world.store.state.published.filter((one) =>
    one.provider === "terra" && one.person === person.id && one.resource === type
  );
  const updates = (id: string) =>
    published.filter((one) => one.action === "update" && one.recordId === id).length;
  const gone = new Set(
    published.filter((one) => one.action === "delete").map((one) => one.recordId),
  );
  const records: SandboxRecord[] = [];
  for (const date of eachDay(p.first < start ? start : p.first, p.last > today ? today : p.last)) {
    const day = bodyDay(person, date, world.seed);
    records.push(...make({ world, person, day, date, withSamples: p.withSamples, updates }));
  }
  return records
    .filter((record) => record.availableAt <= now)
    .map((record) => gone.has(record.id) ? tombstone(record) : record);
}

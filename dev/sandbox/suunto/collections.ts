import { addDays, DAY, type LocalDate, localDateOf } from "@shared/core/time.ts";
import { eachDay, localDateIn } from "../clock.ts";
import { daySpan, notebook } from "../ledger.ts";
import type { Person } from "../person.ts";
import { firstDay, type SandboxRecord, type World } from "../world.ts";
import { JOULES, SAMPLES } from "./samples.ts";
import { workouts } from "./workouts.ts";

export const COLLECTIONS = { workouts, ...SAMPLES } as const;

export type SuuntoResource = keyof typeof COLLECTIONS;

export function isResource(text: string): text is SuuntoResource {
  return Object.hasOwn(COLLECTIONS, text);
}

/** What is to be seen by now, with days from `first` to `last`, oldest first. */
export function listRecords(
  world: World,
  person: Person,
  resource: SuuntoResource,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const start = firstDay(world, person);
  return [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => COLLECTIONS[resource](world, person, date))
    .filter(({ availableAt }) => availableAt <= world.clock());
}

/** The same between two instants. */
export function listBetween(
  world: World,
  person: Person,
  resource: SuuntoResource,
  from: Date,
  to: Date,
): SandboxRecord[] {
  const day = (at: Date) => localDateIn(person.zone, at);
  return listRecords(world, person, resource, addDays(day(from), -1), addDays(day(to), 1))
    .filter(({ body }) => {
      const at = body["startTime"] ?? Date.parse(String(body["timestamp"]));
      return Number(at) >= from.getTime() && Number(at) < to.getTime();
    });
}

const STATISTICS = {
  energyconsumption: ["EnergyConsumption", "energy_active", JOULES],
  stepcount: ["StepCount", "steps", 1],
} as const;

/** Sums of the samples in steps of 24 hours from `start`; nothing where there is no sample. */
export function dailyStatistics(world: World, person: Person, start: Date, end: Date) {
  const records: SandboxRecord[] = [];
  const document = Object.entries(STATISTICS).map(([Name, [member, metric, size]]) => {
    const Samples = [];
    for (let at = start; at < end; at = new Date(at.getTime() + DAY)) {
      const until = new Date(Math.min(at.getTime() + DAY, end.getTime() + 1_000));
      const samples = listBetween(world, person, "activity", at, until);
      const sum = samples.reduce((total, { body }) => total + valueOf(body, member), 0);
      // The person's own day where the steps begin with it, as its noon tells.
      const date = localDateOf(new Date(at.getTime() + DAY / 2));
      const { note, facts } = notebook({ ...daySpan(date), dailyTotal: true });
      const Value = samples.length === 0 ? null : note(metric, sum, { value: sum / size });
      const TimeISO8601 = at.toISOString().slice(0, -1);
      Samples.push({ TimeISO8601, Value });
      const id = `${Name}/${TimeISO8601}`;
      records.push({ id, day: date, availableAt: world.clock(), body: {}, facts });
    }
    const source = { Name: `suunto-247-${person.id}`, Samples };
    return { Name, Aggregation: "sum", Sources: [source] };
  });
  return { document, records };
}

function valueOf({ entryData }: SandboxRecord["body"], member: string): number {
  const value = typeof entryData === "object" && entryData !== null
    ? new Map(Object.entries(entryData)).get(member)
    : 0;
  return Number(value ?? 0);
}

import type { LocalDate } from "@shared/core/time.ts";
import { eachDay, isoWall, offsetAt } from "../clock.ts";
import type { Person } from "../person.ts";
import { firstDay, publishedFor, type World } from "../world.ts";
import * as measurements from "./measurements.ts";
import * as movement from "./movement.ts";
import type { Maker, PointRecord } from "./record.ts";
import { exercises, sleeps } from "./sessions.ts";

const ACTIVITY = "activity_and_fitness";
const MEASUREMENTS = "health_metrics_and_measurements";
const SLEEP = "sleep";
const NUTRITION = "nutrition";

export const SCOPE_PREFIX = "https://www.googleapis.com/auth/googlehealth.";
export const SCOPES = [ACTIVITY, MEASUREMENTS, SLEEP, NUTRITION]
  .map((name) => `${SCOPE_PREFIX}${name}.readonly`);

type Kind = "interval" | "sample" | "daily" | "session" | "sleep";

/** Data types that can be read, by whose consent, and what there is of them: many have nothing. */
interface DataType {
  readonly scope: string;
  readonly kind: Kind;
  readonly make?: Maker;
  /** Rolled up alone, and no points of its own. */
  readonly rollUpOnly?: true;
}

const interval = (make?: Maker): DataType => ({
  scope: ACTIVITY,
  kind: "interval",
  ...(make ? { make } : {}),
});
const sample = (make?: Maker, scope = MEASUREMENTS): DataType => ({
  scope,
  kind: "sample",
  ...(make ? { make } : {}),
});
const daily = (make: Maker, scope = MEASUREMENTS): DataType => ({ scope, kind: "daily", make });

export const DATA_TYPES: Readonly<Record<string, DataType>> = {
  "steps": interval(movement.steps),
  "distance": interval(movement.distances),
  "active-energy-burned": interval(movement.energies),
  "basal-energy-burned": interval(),
  "floors": interval(),
  "altitude": interval(),
  "swim-lengths-data": interval(),
  "active-minutes": interval(),
  "sedentary-period": interval(),
  "total-calories": { ...interval(), rollUpOnly: true },
  "heart-rate": sample(movement.heartRates),
  "heart-rate-variability": sample(measurements.variabilities),
  "oxygen-saturation": sample(measurements.saturations),
  "respiratory-rate-sleep-summary": sample(measurements.breathings),
  "weight": sample(measurements.weights),
  "body-fat": sample(),
  "height": sample(),
  "core-body-temperature": sample(),
  "blood-glucose": sample(),
  "vo2-max": sample(undefined, ACTIVITY),
  "run-vo2-max": sample(undefined, ACTIVITY),
  "daily-resting-heart-rate": daily(measurements.restingRates),
  "daily-heart-rate-variability": daily(measurements.dailyVariabilities),
  "daily-oxygen-saturation": daily(measurements.dailySaturations),
  "daily-respiratory-rate": daily(measurements.dailyBreathings),
  "daily-sleep-temperature-derivations": daily(measurements.temperatures),
  "daily-vo2-max": daily(measurements.fitnesses, ACTIVITY),
  "sleep": { scope: SLEEP, kind: "sleep", make: sleeps },
  "exercise": { scope: ACTIVITY, kind: "session", make: exercises },
  "hydration-log": { scope: NUTRITION, kind: "session" },
  "nutrition-log": { scope: NUTRITION, kind: "session" },
};

/** What is to be seen by now, with days from `first` to `last`, oldest first. */
export function listPoints(
  world: World,
  person: Person,
  type: string,
  first: LocalDate,
  last: LocalDate,
): PointRecord[] {
  const make = DATA_TYPES[type]?.make;
  if (!make) return [];
  const now = world.clock();
  const start = firstDay(world, person);
  const gone = new Set(
    publishedFor(world, "google_health", person.id, type)
      .filter(({ action }) => action === "delete").map(({ recordId }) => recordId),
  );
  return [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => make({ world, person, date }))
    .filter((record) => record.availableAt <= now && !gone.has(record.id))
    .sort((a, b) => a.start.getTime() - b.start.getTime());
}

/** The fields by which each kind may be filtered, and what they hold of a point. */
const FIELDS: Readonly<Record<Kind, Readonly<Record<string, Field>>>> = {
  interval: {
    "interval.start_time": { of: ({ start }) => start.toISOString() },
    "interval.civil_start_time": { of: ({ start }, zone) => wall(start, zone), isCivil: true },
  },
  sample: {
    "sample_time.physical_time": { of: ({ start }) => start.toISOString() },
    "sample_time.civil_time": { of: ({ start }, zone) => wall(start, zone), isCivil: true },
  },
  daily: { "date": { of: ({ day }) => day, isCivil: true } },
  session: {
    "interval.civil_start_time": { of: ({ start }, zone) => wall(start, zone), isCivil: true },
  },
  sleep: {
    "interval.end_time": { of: ({ end }) => end.toISOString() },
    "interval.civil_end_time": { of: ({ end }, zone) => wall(end, zone), isCivil: true },
  },
};

interface Field {
  of(point: PointRecord, zone: string): string;
  readonly isCivil?: true;
}

function wall(at: Date, zone: string): string {
  return isoWall(at, offsetAt(zone, at), 0);
}

const COMPARISON = /^(\w+)\.([a-z_.]+) (>=|<) "([^"]+)"$/;
const CIVIL = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/;

/** What an AIP-160 filter lets through; nothing where Google would refuse it. */
export function readFilter(
  type: string,
  zone: string,
  filter: string,
): ((point: PointRecord) => boolean) | undefined {
  const { kind } = DATA_TYPES[type] ?? {};
  if (!kind) return undefined;
  const tests: ((point: PointRecord) => boolean)[] = [];
  for (const part of filter === "" ? [] : filter.split(" AND ")) {
    const [, name, path = "", operator, literal = ""] = COMPARISON.exec(part) ?? [];
    const field = FIELDS[kind][path];
    if (!field || name !== type.replaceAll("-", "_")) return undefined;
    const isTime = field.isCivil ? CIVIL.test(literal) : /Z$/.test(literal);
    if (!isTime || Number.isNaN(Date.parse(literal))) return undefined;
    const limit = field.isCivil ? literal : new Date(literal).toISOString();
    tests.push((point) =>
      operator === "<" ? field.of(point, zone) < limit : field.of(point, zone) >= limit
    );
  }
  return (point) => tests.every((test) => test(point));
}

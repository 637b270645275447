import { type LocalDate, MINUTE } from "@shared/core/time.ts";
import { eachDay, instantAt, localDateIn, offsetAt } from "../clock.ts";
import { glucoseAt } from "../glucose.ts";
import { notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay } from "../physiology.ts";
import { between, chance, hexOf } from "../random.ts";
import { firstDay, publishedFor, type SandboxRecord, type World } from "../world.ts";

export const COLLECTIONS = { entries: entriesOf, treatments: treatmentsOf } as const;
export type NightscoutCollection = keyof typeof COLLECTIONS;

/** What is there by now with local days from `first` to `last`, oldest first. */
export function listRecords(
  world: World,
  person: Person,
  collection: NightscoutCollection,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const start = firstDay(world, person);
  const since = Date.parse(world.store.state.historyStart);
  const made = [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => COLLECTIONS[collection](world, person, date))
    .filter(({ availableAt }) => availableAt <= world.clock() && availableAt.getTime() >= since);
  const added = collection === "entries" ? publishedEntries(world, person, first, last) : [];
  return [...made, ...added].sort((a, b) => a.availableAt.getTime() - b.availableAt.getTime());
}

/** Mongo's ids have 24 digits. */
function idOf(world: World, person: Person, what: string, at: Date): string {
  return hexOf(24, world.seed, "nightscout", person.id, what, at.getTime());
}

function entriesOf(world: World, person: Person, date: LocalDate): readonly SandboxRecord[] {
  const midnight = instantAt(person.zone, date, 0).getTime();
  const rows: SandboxRecord[] = [];
  for (let n = 0; n < 288; n++) {
    const at = new Date(midnight + n * 5 * MINUTE);
    if (localDateIn(person.zone, at) !== date) continue;
    if (chance(world.seed, person.id, at.getTime(), "nightscout gap") < 0.01) continue;
    rows.push(sgv(world, person, at, idOf(world, person, "sgv", at)));
  }
  const stick = instantAt(person.zone, date, 7 * 60 + 20);
  const { note, facts } = notebook(timeSpan(stick));
  const mbg = note("glucose_blood", between(82, 125, world.seed, person.id, date, "mbg"));
  rows.push(
    record(world, person, "mbg", stick, { ...meter(person, stick), type: "mbg", mbg }, facts),
  );
  const cal = { ...meter(person, stick), type: "cal", slope: 850, intercept: 32_000, scale: 1 };
  rows.push(record(world, person, "cal", stick, cal, []));
  return rows;
}

/** Below 13 it is an error code of the transmitter; one uploader of two writes text for a number. */
function sgv(world: World, person: Person, at: Date, id: string): SandboxRecord {
  const luck = chance(world.seed, person.id, at.getTime(), "nightscout code");
  const { note, facts } = notebook(timeSpan(at));
  const value = luck < 0.003 ? 9 : luck < 0.006 ? 39 : luck < 0.009 ? 401 : undefined;
  const read = value ?? note("glucose", glucoseAt(world, person, at));
  const body = {
    _id: id,
    ...meter(person, at),
    type: "sgv",
    sgv: luck > 0.5 ? String(read) : read,
    direction: value === 9 ? "NOT COMPUTABLE" : "Flat",
    noise: 1,
  };
  return { id, day: localDateIn(person.zone, at), availableAt: at, body, facts };
}

function publishedEntries(world: World, person: Person, first: LocalDate, last: LocalDate) {
  return publishedFor(world, "nightscout", person.id, "entries").flatMap((one) => {
    const at = new Date(one.at);
    const day = localDateIn(person.zone, at);
    return day < first || day > last ? [] : [sgv(world, person, at, one.recordId ?? "")];
  });
}

/** A phone writes its zone; a bridge from the maker's cloud writes UTC, and so says nothing. */
function meter(person: Person, at: Date) {
  const device = person.receiver ? "share2" : "xDrip-DexcomG6";
  const time = at.toISOString();
  const utcOffset = person.receiver ? 0 : offsetAt(person.zone, at);
  return { device, date: at.getTime(), dateString: time, sysTime: time, utcOffset };
}

function treatmentsOf(world: World, person: Person, date: LocalDate): readonly SandboxRecord[] {
  const amount = (low: number, high: number, name: string) =>
    between(low, high, world.seed, person.id, date, "nightscout", name);
  const make = (
    eventType: string,
    at: Date,
    fields: Readonly<Record<string, unknown>>,
    values: readonly (readonly [metric: string, value: number])[],
    end?: Date,
  ) => {
    const { note, facts } = notebook(timeSpan(at, end));
    for (const [metric, value] of values) note(metric, value);
    const utcOffset = person.receiver ? 0 : offsetAt(person.zone, at);
    const body = {
      eventType,
      created_at: at.toISOString(),
      enteredBy: "Loop",
      utcOffset,
      ...fields,
    };
    return record(world, person, eventType, at, body, facts);
  };
  const minute = (minutes: number) => instantAt(person.zone, date, minutes);
  const [carbs, dose, mmol] = [
    amount(30, 80, "carbs"),
    amount(2, 8, "dose"),
    amount(45, 75, "stick"),
  ];
  const rows = [
    make("Meal Bolus", minute(770), { carbs, insulin: dose, protein: 20, fat: 12 }, [
      ["carbohydrate_intake", carbs],
      ["insulin_delivery", dose],
      ["protein_intake", 20],
      ["fat_intake", 12],
    ]),
    make(
      "BG Check",
      minute(900),
      { glucose: mmol / 10, glucoseType: "Finger", units: "mmol" },
      [["glucose_blood", mmol / 10 * 18.0156]],
    ),
    // A copy of what the sensor said, and a rate: neither counts.
    make("Correction Bolus", minute(1_010), {
      insulin: 1,
      glucose: 143,
      glucoseType: "Sensor",
      units: "mg/dl",
    }, [["insulin_delivery", 1]]),
    make("Temp Basal", minute(1_020), { absolute: 0.4, duration: 30 }, []),
  ];
  const { exercise } = bodyDay(person, date, world.seed);
  if (exercise) {
    const duration = (exercise.end.getTime() - exercise.start.getTime()) / MINUTE;
    const what = [["exercise_duration", duration]] as const;
    rows.push(make("Exercise", exercise.start, { duration }, what, exercise.end));
  }
  return rows;
}

function record(
  world: World,
  person: Person,
  what: string,
  at: Date,
  body: Readonly<Record<string, unknown>>,
  facts: SandboxRecord["facts"],
): SandboxRecord {
  const id = idOf(world, person, what, at);
  const day = localDateIn(person.zone, at);
  return { id, day, availableAt: at, body: { _id: id, ...body }, facts };
}

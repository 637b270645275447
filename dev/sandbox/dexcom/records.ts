import { HOUR, MINUTE } from "@shared/core/time.ts";
import { eachDay, instantAt, isoWall, isoWithOffset, localDateIn, offsetAt } from "../clock.ts";
import { glucoseAt } from "../glucose.ts";
import { notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay } from "../physiology.ts";
import { between, chance, hexOf, round, uuidOf } from "../random.ts";
import { firstDay, publishedFor, type SandboxRecord, type World } from "../world.ts";

/** Readings beyond 40 to 400 mg/dL come as these numbers and mean "low" and "high", not a value. */
const LOW = 39;
const HIGH = 401;

/** A sensor reads every five minutes. */
export function egvs(world: World, person: Person, from: Date, to: Date): SandboxRecord[] {
  const start = Math.max(from.getTime(), Date.parse(world.store.state.historyStart));
  const step = 5 * MINUTE;
  const records: SandboxRecord[] = [];
  for (let at = Math.ceil(start / step) * step; at <= to.getTime(); at += step) {
    if (chance(world.seed, person.id, at, "gap") < 0.01) continue;
    records.push(egv(world, person, new Date(at), uuidOf(world.seed, "egv", person.id, at)));
  }
  for (const one of publishedFor(world, "dexcom", person.id, "egvs")) {
    const at = new Date(Math.floor(Date.parse(one.at) / 1_000) * 1_000);
    if (at >= from && at <= to) records.push(egv(world, person, at, one.recordId ?? ""));
  }
  // Newest first, as the service answers.
  return records.sort((a, b) => b.availableAt.getTime() - a.availableAt.getTime());
}

function egv(world: World, person: Person, at: Date, id: string): SandboxRecord {
  const luck = chance(world.seed, person.id, at.getTime(), "sentinel");
  const measured = glucoseAt(world, person, at);
  const value = luck < 0.004 ? LOW : luck < 0.008 ? HIGH : luck < 0.01 ? null : measured;
  const { note, facts } = notebook(timeSpan(at));
  if (value !== LOW && value !== HIGH) note("glucose", value);
  const rate = round(
    (measured - glucoseAt(world, person, new Date(at.getTime() - 5 * MINUTE))) / 5,
    1,
  );
  const body = {
    recordId: id,
    ...times(person, at),
    ...transmitter(world, person, at),
    value,
    trend: value === null ? "unknown" : trendOf(rate),
    trendRate: value === null ? null : rate,
    unit: "mg/dL",
    rateUnit: "mg/dL/min",
    // In range the status is mostly left out by the service.
    status: value === LOW ? "low" : value === HIGH ? "high" : luck < 0.5 ? "ok" : null,
  };
  return { id, day: localDateIn(person.zone, at), availableAt: at, body, facts };
}

function trendOf(rate: number): string {
  if (Math.abs(rate) < 1) return "flat";
  if (Math.abs(rate) < 2) return rate > 0 ? "fortyFiveUp" : "fortyFiveDown";
  if (Math.abs(rate) < 3) return rate > 0 ? "singleUp" : "singleDown";
  return rate > 0 ? "doubleUp" : "doubleDown";
}

/** Finger-stick values by which the sensor is set. */
export function calibrations(world: World, person: Person, from: Date, to: Date): SandboxRecord[] {
  return daily(world, person, from, to, (date) => {
    const at = instantAt(person.zone, date, 7 * 60 + 40);
    const id = uuidOf(world.seed, "calibration", person.id, date);
    const { note, facts } = notebook(timeSpan(at));
    const value = note("glucose_blood", between(82, 121, world.seed, person.id, date, "finger"));
    const body = {
      recordId: id,
      ...times(person, at),
      ...transmitter(world, person, at),
      unit: "mg/dL",
      value,
    };
    return [{ id, day: date, availableAt: at, body, facts }];
  });
}

/** What the person tells the app. A value is a string; some events have none. */
export function events(world: World, person: Person, from: Date, to: Date): SandboxRecord[] {
  return daily(world, person, from, to, (date) => {
    const { exercise } = bodyDay(person, date, world.seed);
    const amount = (low: number, high: number, name: string) =>
      between(low, high, world.seed, person.id, date, name);
    const at = (minutes: number) => instantAt(person.zone, date, minutes);
    const event = (
      at: Date,
      eventType: string,
      fields: Readonly<Record<string, unknown>>,
      fact?: readonly [metric: string, value: number, end?: Date],
    ): SandboxRecord => {
      const id = uuidOf(world.seed, "event", person.id, date, eventType, at.getTime());
      const { note, facts } = notebook(timeSpan(at, fact?.[2]));
      if (fact) note(fact[0], fact[1]);
      const body = {
        recordId: id,
        ...times(person, at),
        ...transmitter(world, person, at),
        eventStatus: "created",
        eventType,
        eventSubType: null,
        ...fields,
      };
      return { id, day: date, availableAt: at, body, facts };
    };
    const breakfast = amount(25, 70, "breakfast");
    const dose = amount(2, 9, "dose");
    const finger = amount(90, 160, "stick");
    const all = [
      event(at(470), "carbs", { value: String(breakfast), unit: "grams" }, [
        "carbohydrate_intake",
        breakfast,
      ]),
      event(
        at(465),
        "insulin",
        { eventSubType: "fastActing", value: `${dose}.5`, unit: "units" },
        ["insulin_delivery", dose + 0.5],
      ),
      event(at(900), "bloodGlucose", { value: String(finger), unit: "mg/dL" }, [
        "glucose_blood",
        finger,
      ]),
      event(at(1_260), "notes", { value: "late dinner", unit: "unknown" }),
      // Taken back by the person: it must not count.
      event(at(780), "carbs", { eventStatus: "deleted", value: "99", unit: "grams" }),
    ];
    if (amount(1, 4, "ill") === 1) all.push(event(at(1_000), "health", { eventSubType: "stress" }));
    if (exercise) {
      const minutes = (exercise.end.getTime() - exercise.start.getTime()) / MINUTE;
      all.push(event(
        exercise.start,
        "exercise",
        { eventSubType: "medium", value: String(minutes), unit: "minutes" },
        ["exercise_duration", minutes, exercise.end],
      ));
    }
    return all;
  });
}

export function alerts(world: World, person: Person, from: Date, to: Date): SandboxRecord[] {
  return daily(world, person, from, to, (date) => {
    const at = instantAt(person.zone, date, 8 * 60 + 20);
    const id = uuidOf(world.seed, "alert", person.id, date);
    const body = {
      recordId: id,
      ...times(person, at),
      ...transmitter(world, person, at),
      alertName: "high",
      alertState: "inactive",
    };
    return [{ id, day: date, availableAt: at, body, facts: [] }];
  });
}

export function devices(world: World, person: Person): Record<string, unknown>[] {
  const { transmitterTicks: _, ...device } = transmitter(world, person, world.clock());
  return [{
    lastUploadDate: isoWall(world.clock(), 0, 0) + (person.receiver ? "" : "Z"),
    ...device,
    alertSchedules: [],
  }];
}

function daily(
  world: World,
  person: Person,
  from: Date,
  to: Date,
  make: (date: string) => readonly SandboxRecord[],
): SandboxRecord[] {
  const first = localDateIn(person.zone, from);
  const start = firstDay(world, person);
  const history = Date.parse(world.store.state.historyStart);
  const days = eachDay(first < start ? start : first, localDateIn(person.zone, to));
  return [...days].flatMap(make).filter(({ availableAt: at }) =>
    at >= from && at <= to && at.getTime() >= history
  );
}

/** A phone writes zones; a receiver knows none and writes its wall clock. */
export function times(person: Person, at: Date) {
  const offset = offsetAt(person.zone, at);
  return person.receiver
    ? { systemTime: isoWall(at, 0, 0), displayTime: isoWall(at, offset, 0) }
    : { systemTime: `${isoWall(at, 0, 0)}Z`, displayTime: isoWithOffset(at, offset, 0) };
}

function transmitter(world: World, person: Person, at: Date) {
  const start = Date.parse(world.store.state.historyStart);
  return {
    transmitterGeneration: person.receiver ? "g6" : "g7",
    transmitterId: hexOf(64, world.seed, "transmitter", person.id),
    transmitterTicks: Math.max(0, Math.round((at.getTime() - start) / 1_000)),
    displayDevice: person.receiver ? "receiver" : "iOS",
    displayApp: person.receiver ? "receiver" : "G7",
  };
}

/** How long a reading needs from the sensor to the service. */
export const UPLOAD_DELAY = { us: HOUR, elsewhere: 3 * HOUR, sandbox: 0 } as const;

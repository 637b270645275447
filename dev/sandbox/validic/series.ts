import { HOUR, type LocalDate, MINUTE } from "@shared/core/time.ts";
import { glucoseAt } from "../glucose.ts";
import { type Note, notebook, type NotedFact, timeSpan } from "../ledger.ts";
import { heartRateAt } from "../physiology.ts";
import { hexOf } from "../random.ts";
import { type Maker, recordOf, type Validic } from "./records.ts";
import { validicTime } from "./users.ts";

/** A source has one a minute; these show the same and are read sooner. */
const STEP = 15 * MINUTE;

/** Moments of a UTC day from the first with data up to `until`. */
function momentsOf({ world }: Validic, date: LocalDate, until: Date): readonly Date[] {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const since = Date.parse(world.store.state.historyStart);
  return Array.from({ length: 24 * HOUR / STEP }, (_, i) => new Date(midnight + i * STEP))
    .filter((at) => at.getTime() >= since && at <= until);
}

function written<T>(moments: readonly Date[], write: (at: Date, note: Note) => T) {
  const facts: NotedFact[] = [];
  const rows = moments.map((at) => {
    const book = notebook(timeSpan(at));
    const row = write(at, book.note);
    facts.push(...book.facts);
    return row;
  });
  return { rows, facts };
}

export const intraday: Maker = (of, date) => {
  const { world, person } = of;
  const moments = momentsOf(of, date, world.clock());
  const [start, end] = [moments[0], moments.at(-1)];
  if (!start || !end) return [];
  const { rows, facts } = written(moments, (at, note) => ({
    time: validicTime(at),
    value: note("heart_rate", heartRateAt(person, at, world.seed).bpm),
  }));
  return [recordOf(of, {
    type: "intraday",
    logId: `heart-rate-${date}`,
    start,
    end,
    metrics: [{ type: "heart_rate", origin: "device", unit: "bpm", data_points: rows }],
    facts,
    availableAt: start,
    createdAt: end,
    own: { granularity: { interval: 15, unit: "min" } },
  })];
};

/** What the sensor read by an hour ago: its maker lets nobody have it sooner. */
export const cgm: Maker = (of, date) => {
  const { world, person } = of;
  const moments = momentsOf(of, date, new Date(world.clock().getTime() - HOUR));
  const last = moments.at(-1);
  if (!last) return [];
  const sensor = hexOf(64, world.seed, "validic sensor", person.id);
  const { rows, facts } = written(moments, (at, note) => ({
    time: validicTime(at),
    value: note("glucose", glucoseAt(world, person, at)),
    display_time: validicTime(at),
    scheduled: true,
    device_id: sensor,
  }));
  const device = { id: sensor, manufacturer: "Dexcom", model: "G7" };
  return [recordOf(of, {
    type: "cgm",
    logId: date,
    start: new Date(`${date}T00:00:00Z`),
    end: new Date(`${date}T23:59:59Z`),
    metrics: [{ type: "blood_glucose", origin: "device", unit: "mg/dL", reading_log: rows }],
    facts,
    availableAt: new Date(`${date}T00:00:00Z`),
    createdAt: last,
    source: { devices: { [sensor]: device } },
  })];
};

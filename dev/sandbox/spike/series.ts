import { DAY, MINUTE } from "@shared/core/time.ts";
import { instantAt } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import { bodyDay, heartRateAt } from "../physiology.ts";
import { between } from "../random.ts";
import type { SandboxRecord } from "../world.ts";
import { isSensor } from "./collections.ts";
import { dayOf, type Spike, spikeTime } from "./records.ts";

interface Series {
  readonly everyMinutes: number;
  /** The catalog's name, what is sent, and what that is in the catalog's unit. */
  read(of: Spike, at: Date): readonly [metric: string, sent: number, value: number] | undefined;
}

/** The series there are, by Spike's name; every other metric has a series without values. */
const SERIES: Readonly<Record<string, Series>> = {
  heartrate: {
    everyMinutes: 15,
    read({ world, person }, at) {
      const { bpm } = heartRateAt(person, at, world.seed);
      return ["heart_rate", bpm, bpm];
    },
  },
  glucose: {
    everyMinutes: 5,
    read({ world, person }, at) {
      const sugar = between(78, 152, world.seed, person.id, "spike", at.getTime());
      return ["glucose", sugar, sugar];
    },
  },
  /** In grams, once a morning. */
  weight: {
    everyMinutes: 15,
    read(of, at) {
      const { world, person } = of;
      const date = dayOf(of, at);
      if (instantAt(person.zone, date, 7 * 60).getTime() !== at.getTime()) return undefined;
      const { weightKg } = bodyDay(person, date, world.seed);
      return ["body_weight", Math.round(weightKg * 1_000), weightKg];
    },
  },
};

/** One record a value, oldest first, from `from` up to `to`. */
export function valuesOf(of: Spike, metric: string, from: Date, to: Date): SandboxRecord[] {
  const series = SERIES[metric];
  if (!series || (metric === "glucose") !== isSensor(of)) return [];
  const step = series.everyMinutes * MINUTE;
  const { world } = of;
  const since = Math.max(from.getTime(), Date.parse(world.store.state.historyStart));
  const until = Math.min(to.getTime(), world.clock().getTime());
  const records: SandboxRecord[] = [];
  for (let at = Math.ceil(since / step) * step; at < until; at += step) {
    const instant = new Date(at);
    const read = series.read(of, instant);
    if (!read) continue;
    const [name, sent, value] = read;
    const { note, facts } = notebook(timeSpan(instant));
    note(name, sent, { value });
    const day = dayOf(of, instant);
    records.push({ id: String(at), day, availableAt: instant, body: { at, sent }, facts });
  }
  return records;
}

/** In columns, as `GET /queries/timeseries` answers: times count from the beginning, in milliseconds. */
export function columnsOf(
  service: string | undefined,
  metric: string,
  window: { readonly from: Date; readonly to: Date },
  records: readonly SandboxRecord[],
) {
  const none = records.length === 0;
  const column = <T>(read: (body: SandboxRecord["body"]) => T) =>
    none ? null : records.map(({ body }) => read(body));
  return {
    metric,
    from_timestamp: spikeTime(window.from),
    to_timestamp: spikeTime(window.to),
    offsets: column(({ at }) => Number(at) - window.from.getTime()),
    durations: column(() => 0),
    values: column(({ sent }) => sent),
    providers: none ? null : [service],
    provider_sources: none ? null : [`${service}_wellness`],
    device_types: none ? null : ["watch"],
  };
}

/** What came in the last day, since `since`. */
export function freshValues(of: Spike, metric: string, since: Date, until: Date): SandboxRecord[] {
  return valuesOf(of, metric, new Date(until.getTime() - DAY), until)
    .filter(({ availableAt }) => availableAt > since);
}

export const SERIES_NAMES: readonly string[] = Object.keys(SERIES);

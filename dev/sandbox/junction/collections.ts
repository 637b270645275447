import { DAY, type LocalDate, MINUTE } from "@shared/core/time.ts";
import { eachDay, localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import { heartRateAt } from "../physiology.ts";
import { between, round } from "../random.ts";
import { firstDay, type SandboxRecord } from "../world.ts";
import {
  activities,
  bodies,
  type Junction,
  junctionTime,
  type Maker,
  offsetSeconds,
  SOURCE,
} from "./records.ts";
import { sleeps, workouts } from "./sessions.ts";

/** Summaries, by path and by what their webhooks are called; empty ones are of no watch. */
export const SUMMARIES: Readonly<Record<string, Maker>> = {
  activity: activities,
  body: bodies,
  sleep: sleeps,
  workouts,
  sleep_cycle: () => [],
  menstrual_cycle: () => [],
  electrocardiogram: () => [],
  meal: () => [],
};

/** What is to be seen by now, with days from `first` to `last`, oldest first. */
export function summariesOf(
  of: Junction,
  resource: string,
  first: LocalDate,
  last: LocalDate,
): SandboxRecord[] {
  const make = SUMMARIES[resource];
  const now = of.world.clock();
  const start = firstDay(of.world, of.person);
  if (!make) return [];
  return [...eachDay(first < start ? start : first, last)]
    .flatMap((date) => make(of, date))
    .filter((record) => record.availableAt <= now);
}

/** The samples there are; of every other kind there is a resource and no sample. */
export const SAMPLED = { heartrate: "bpm", glucose: "mmol/L" } as const;

const EVERY_MINUTES = 15;

/** One record a sample, oldest first, from `from` up to `to`. */
export function samplesOf(of: Junction, kind: string, from: Date, to: Date): SandboxRecord[] {
  if (kind !== "heartrate" && kind !== "glucose") return [];
  const { world, person } = of;
  const step = EVERY_MINUTES * MINUTE;
  const since = Math.max(from.getTime(), Date.parse(world.store.state.historyStart));
  const until = Math.min(to.getTime(), world.clock().getTime());
  const records: SandboxRecord[] = [];
  for (let at = Math.ceil(since / step) * step; at < until; at += step) {
    const instant = new Date(at);
    const { note, facts } = notebook(timeSpan(instant));
    const beats = heartRateAt(person, instant, world.seed).bpm;
    const sugar = round(
      4.4 + (at % DAY) / DAY * 2 + between(0, 9, world.seed, person.id, at) / 10,
      1,
    );
    const value = kind === "heartrate"
      ? note("heart_rate", beats)
      : note("glucose", sugar, { value: sugar * 18.0156 });
    const time = junctionTime(instant);
    const body = {
      id: null,
      timestamp: time,
      timezone_offset: offsetSeconds(of, instant),
      type: null,
      unit: SAMPLED[kind],
      value,
    };
    const recordId = `garmin|watch|${time}`;
    const day = localDateIn(person.zone, instant);
    records.push({ id: recordId, day, availableAt: instant, body, facts });
  }
  return records;
}

export function groupOf(records: readonly SandboxRecord[]) {
  return { source: SOURCE, data: records.map(({ body }) => body) };
}

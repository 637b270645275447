import { MINUTE } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import {
  awakenings,
  bodyDay,
  EPOCH_SECONDS,
  latencySeconds,
  secondsIn,
  type Sleep,
  sleepOf,
} from "../physiology.ts";
import { between, round } from "../random.ts";
import type { SandboxRecord } from "../world.ts";
import { type Day, epoch, idOf, type Maker, publishedOn } from "./record.ts";

const DELAY = 15 * MINUTE;

interface Slept {
  readonly id: string;
  readonly sleep: Sleep;
  readonly date: string;
  readonly availableAt: Date;
}

/** The night that ended on the day, its nap, and what was published. */
function sleepsOn(day: Day): readonly Slept[] {
  const { world, person, date } = day;
  const { night, nap } = bodyDay(person, date, world.seed);
  const own = [night, ...(nap ? [nap] : [])].map((sleep, i) => ({
    id: String(idOf(day, 5 + i)),
    sleep,
    date,
    availableAt: new Date(sleep.end.getTime() + DELAY),
  }));
  const published = publishedOn(day, "sleep_summary").map((one) => {
    // On the minute: no two stretches begin within the same one.
    const end = Math.floor(Date.parse(one.at) / MINUTE) * MINUTE;
    const epochs = 4 + one.serial % 5;
    const start = new Date(end - epochs * EPOCH_SECONDS * 1_000);
    const sleep = sleepOf(person, start, epochs, world.seed);
    return {
      id: one.recordId ?? "",
      sleep,
      date: localDateIn(person.zone, sleep.end),
      availableAt: new Date(one.at),
    };
  });
  return [...own, ...published.filter((one) => one.date === date)];
}

export const summaries: Maker = (day) => sleepsOn(day).map((slept) => summary(day, slept));

function summary({ world, person }: Day, slept: Slept): SandboxRecord {
  const { id, sleep, date, availableAt } = slept;
  const { start, end } = sleep;
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: date });
  /** In seconds; the catalog counts minutes. */
  const lasting = (metric: string, seconds: number) =>
    note(metric, seconds, { value: seconds / 60 });
  const inBed = (end.getTime() - start.getTime()) / 1_000;
  const [deep, light, rem] = [
    secondsIn(sleep, "1"),
    secondsIn(sleep, "2"),
    secondsIn(sleep, "3"),
  ];
  const asleep = deep + light + rem;
  const share = round(asleep / inBed, 4);
  const heartRate = [...sleep.heartRate];
  const data = {
    total_timeinbed: lasting("sleep_time_in_bed", inBed),
    total_sleep_time: lasting("sleep_duration", asleep),
    lightsleepduration: lasting("sleep_light", light),
    remsleepduration: lasting("sleep_rem", rem),
    deepsleepduration: lasting("sleep_deep", deep),
    sleep_efficiency: note("sleep_efficiency", share, { value: share * 100 }),
    sleep_latency: lasting("sleep_latency", latencySeconds(sleep)),
    wakeupduration: lasting("sleep_awake", secondsIn(sleep, "4")),
    wakeupcount: note("sleep_awakenings", awakenings(sleep)),
    hr_average: note("sleep_hr_avg", person.restingHr + 6),
    hr_min: note("sleep_hr_min", Math.min(...heartRate)),
    hr_max: note("heart_rate_max", Math.max(...heartRate)),
    rr_average: note("respiratory_rate", Math.round(sleep.breaths)),
    sleep_score: note("sleep_score", between(55, 96, world.seed, person.id, date, "score")),
  };
  return {
    id,
    day: date,
    availableAt,
    facts,
    body: {
      id: Number(id),
      timezone: person.zone,
      model: 32,
      model_id: 63,
      hash_deviceid: "63a0b1c2d3e4",
      startdate: epoch(start),
      enddate: epoch(end),
      date,
      created: epoch(availableAt),
      modified: epoch(availableAt),
      completed: true,
      data,
    },
  };
}

/** A phase of ours as a state of theirs, and the stage's place in the catalog. */
const STATES: Readonly<Record<string, readonly [state: number, place: number]>> = {
  1: [2, 4],
  2: [1, 3],
  3: [3, 5],
  4: [0, 1],
};

/** Stretches of one state, with the heart rate of each of their five minutes. */
export const stretches: Maker = (day) =>
  sleepsOn(day).flatMap(({ sleep, date, availableAt }) => {
    const rows: SandboxRecord[] = [];
    let epochs = 0;
    for (const [run] of sleep.phases.matchAll(/(.)\1*/g)) {
      const at = (n: number) => new Date(sleep.start.getTime() + n * EPOCH_SECONDS * 1_000);
      const [start, end] = [at(epochs), at(epochs + run.length)];
      const { note, facts } = notebook(timeSpan(start, end));
      const [state = 5, place = 0] = STATES[run.charAt(0)] ?? [];
      const first = epochs;
      const hr = Object.fromEntries(
        sleep.heartRate.slice(first, first + run.length).map((bpm, i) => {
          const instant = at(first + i);
          return [String(epoch(instant)), note("heart_rate", bpm, timeSpan(instant))];
        }),
      );
      rows.push({
        id: String(epoch(start)),
        day: date,
        availableAt,
        facts,
        body: {
          startdate: epoch(start),
          enddate: epoch(end),
          state: note("sleep_stage", state, { value: place }),
          model: "Aura Sensor V2",
          model_id: 63,
          hr,
        },
      });
      epochs += run.length;
    }
    return rows;
  });

import { localDateIn } from "../clock.ts";
import { daySpan, notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import {
  EPOCH_SECONDS,
  latencySeconds,
  mean,
  secondsIn,
  type Sleep,
  sleepOf,
} from "../physiology.ts";
import { between, chance, round, uuidOf } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";
import { afterWaking, contributor, localized, type Maker, recordId, scoreOf } from "./record.ts";

type SleepType = "long_sleep" | "sleep" | "late_nap" | "rest" | "deleted";

/** Nights, naps, quiet times that were no sleep, and a period the person deleted. */
export const sleeps: Maker = (input) => {
  const { world, person, day, date } = input;
  const nightId = recordId(input, "night");
  const trims = input.updates(nightId);
  const readiness = {
    contributors: { resting_heart_rate: contributor(input, "resting") },
    score: scoreOf(input, "readiness", recordId(input, "daily_readiness")),
    temperature_deviation: day.temperatureDeviation,
    temperature_trend_deviation: round(day.temperatureDeviation / 3, 2),
  };
  const records = [
    sleepRecord(person, trimmed(day.night, trims), {
      id: nightId,
      type: "long_sleep",
      period: 0,
      readiness,
    }),
  ];
  if (day.nap) {
    const type = day.nap.phases.length > 8 ? "sleep" : "late_nap";
    records.push(sleepRecord(person, day.nap, { id: recordId(input, "nap"), type, period: 1 }));
  }
  for (const [type, share] of [["rest", 0.15], ["deleted", 0.1]] as const) {
    if (chance(world.seed, person.id, date, type) >= share) continue;
    const start = new Date(afterWaking(input).getTime() + (type === "rest" ? 4 : 6) * 3_600_000);
    const quiet = sleepOf(person, start, between(3, 6, world.seed, person.id, date), world.seed);
    records.push(sleepRecord(person, quiet, { id: recordId(input, type), type, period: 2 }));
  }
  return [...records, ...publishedNaps(world, person, date)];
};

function publishedNaps(world: World, person: Person, date: string): SandboxRecord[] {
  return publishedFor(world, "oura", person.id, "sleep")
    .filter((one) => one.action === "create" && one.recordId)
    .map((one) => {
      const epochs = 4 + one.serial % 5;
      const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
      const nap = sleepOf(
        person,
        new Date(end - epochs * EPOCH_SECONDS * 1_000),
        epochs,
        world.seed,
      );
      const id = one.recordId ?? "";
      return sleepRecord(person, nap, { id, type: "sleep", period: 3, at: new Date(one.at) });
    })
    .filter((record) => record.day === date);
}

/** What is left when the person moves the end of the night in the app. */
function trimmed(sleep: Sleep, epochs: number): Sleep {
  const keep = sleep.phases.length - Math.min(epochs, 12);
  return {
    ...sleep,
    phases: sleep.phases.slice(0, keep),
    heartRate: sleep.heartRate.slice(0, keep),
    hrv: sleep.hrv.slice(0, keep),
    end: new Date(sleep.start.getTime() + keep * EPOCH_SECONDS * 1_000),
  };
}

interface SleepLabels {
  readonly id: string;
  readonly type: SleepType;
  readonly period: number;
  readonly readiness?: Readonly<Record<string, unknown>>;
  readonly at?: Date;
}

function sleepRecord(person: Person, sleep: Sleep, labels: SleepLabels): SandboxRecord {
  const day = localDateIn(person.zone, sleep.end);
  const book = notebook({ ...timeSpan(sleep.start, sleep.end), localDate: day });
  const asleep = sleep.phases.length * EPOCH_SECONDS - secondsIn(sleep, "4");
  const inBed = sleep.phases.length * EPOCH_SECONDS;
  const real = labels.type !== "rest" && labels.type !== "deleted";
  const { note } = real ? book : notebook(timeSpan(sleep.start));
  const minutes = (metric: string, seconds: number) =>
    note(metric, seconds, { value: seconds / 60 });
  const hrAverage = mean(sleep.heartRate);
  const hrvAverage = mean(sleep.hrv);
  const lowest = Math.min(...sleep.heartRate);
  const nightly = { statistic: "average" } as const;
  const series = (items: readonly (number | null)[], metric: string) => {
    items.forEach((item, i) => {
      const at = new Date(sleep.start.getTime() + i * EPOCH_SECONDS * 1_000).toISOString();
      // Stands in the session too: a reader may keep the summary alone.
      if (item !== null && real) {
        book.facts.push({
          start: at,
          identifiedBy: "instant",
          metric,
          value: item,
          reading: "possible",
        });
      }
    });
    return { interval: EPOCH_SECONDS, items, timestamp: localized(person, sleep.start) };
  };
  const body = {
    id: labels.id,
    average_breath: note("respiratory_rate", sleep.breaths, nightly),
    average_heart_rate: note("sleep_hr_avg", hrAverage === null ? null : round(hrAverage, 2)),
    average_hrv: note("hrv_rmssd", hrvAverage === null ? null : round(hrvAverage), nightly),
    awake_time: minutes("sleep_awake", secondsIn(sleep, "4")),
    bedtime_end: localized(person, sleep.end),
    bedtime_start: localized(person, sleep.start),
    day,
    deep_sleep_duration: minutes("sleep_deep", secondsIn(sleep, "1")),
    efficiency: note("sleep_efficiency", Math.max(1, round(100 * asleep / inBed))),
    heart_rate: series(sleep.heartRate, "heart_rate"),
    hrv: series(sleep.hrv, "hrv_rmssd"),
    latency: minutes("sleep_latency", latencySeconds(sleep)),
    light_sleep_duration: minutes("sleep_light", secondsIn(sleep, "2")),
    low_battery_alert: false,
    lowest_heart_rate: note("sleep_hr_min", lowest),
    movement_30_sec: "1".repeat(sleep.phases.length * 10),
    period: labels.period,
    readiness: labels.readiness ?? null,
    readiness_score_delta: labels.readiness ? 0 : null,
    rem_sleep_duration: minutes("sleep_rem", secondsIn(sleep, "3")),
    restless_periods: secondsIn(sleep, "4") / EPOCH_SECONDS,
    sleep_algorithm_version: "v2",
    sleep_analysis_reason: "foreground_sleep_analysis",
    sleep_phase_30_sec: sleep.phases.replaceAll(/./g, (phase) => phase.repeat(10)),
    sleep_phase_5_min: sleep.phases,
    sleep_score_delta: null,
    time_in_bed: minutes("sleep_time_in_bed", inBed),
    total_sleep_duration: minutes("sleep_duration", asleep),
    type: labels.type,
    ring_id: null,
    app_sleep_phase_5_min: sleep.phases,
  };
  if (labels.type === "long_sleep") {
    // The nearest thing Oura has to a resting heart rate, and only of the main sleep.
    const rest = notebook(daySpan(day));
    rest.note("resting_heart_rate", lowest, { possible: true });
    book.facts.push(...rest.facts);
  }
  const availableAt = labels.at ?? new Date(sleep.end.getTime() + 15 * 60_000);
  return { id: labels.id, day, availableAt, body, facts: real ? book.facts : [] };
}

/** A new nap's id. */
export function napId(world: World, person: string, serial: number): string {
  return uuidOf(world.seed, "oura", person, "published", "sleep", serial);
}

import { HOUR, type LocalDate, MINUTE } from "@shared/core/time.ts";
import { instantAt } from "../clock.ts";
import { daySpan, notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay, heartRateAt, mean, secondsIn, type Sleep } from "../physiology.ts";
import { between, hash32, round } from "../random.ts";
import type { SandboxRecord, World } from "../world.ts";

export interface Scopes {
  readonly ring: boolean;
  readonly cgm: boolean;
}

/** Real rings note every five minutes: a sixth of that shows the same and is read sooner. */
const STEP = 30 * MINUTE;

export function ultrahumanUserId(world: World, person: Person): number {
  return 1_000_000 + hash32(world.seed, "ultrahuman", person.id) % 9_000_000;
}

/** All types of one local day that are to be seen by now. */
export function dayRecords(
  world: World,
  person: Person,
  date: LocalDate,
  { ring, cgm }: Scopes,
): SandboxRecord[] {
  const now = world.clock();
  const midnight = instantAt(person.zone, date, 0);
  if (midnight > now) return [];
  const moments = Array.from(
    { length: 24 * HOUR / STEP },
    (_, i) => instantAt(person.zone, date, i * STEP / MINUTE),
  ).filter((at) => at <= now);
  const { night, nap, worn, steps, temperatureDeviation, vo2Max } = bodyDay(
    person,
    date,
    world.seed,
  );
  const random = (low: number, high: number, name: string) =>
    between(low, high, world.seed, person.id, date, "ultrahuman", name);
  const id = (type: string) => `${type}:${date}`;
  const record = (
    type: string,
    object: Readonly<Record<string, unknown>>,
    facts: SandboxRecord["facts"],
  ): SandboxRecord => ({
    id: id(type),
    day: date,
    availableAt: midnight,
    body: { type, object: { day_start_timestamp: midnight.getTime() / 1_000, ...object } },
    facts,
  });
  /** Readings of a series, each with its time. */
  const series = (type: string, metric: string, unit: string, read: (at: Date) => number) => {
    const facts: SandboxRecord["facts"][number][] = [];
    const values = moments.map((at) => {
      const book = notebook(timeSpan(at));
      const value = book.note(metric, read(at));
      facts.push(...book.facts);
      return { value, timestamp: at.getTime() / 1_000 };
    });
    return record(type, { title: type, values, last_reading: values.at(-1) ?? null, unit }, facts);
  };
  const figure = (
    type: string,
    metric: string | null,
    value: number,
    how: { readonly dailyTotal?: true } = {},
  ) => {
    const { note, facts } = notebook({ ...daySpan(date), ...how });
    return record(type, { title: type, value: metric ? note(metric, value) : value }, facts);
  };
  const whole = { dailyTotal: true } as const;
  const asleep = night.end <= now;
  const jitter = (at: Date, low: number, high: number, name: string) =>
    between(low, high, world.seed, person.id, at.getTime(), name);
  const isAsleep = (at: Date) => heartRateAt(person, at, world.seed).state === "sleep";
  const hour = (at: Date) => (at.getTime() - midnight.getTime()) / HOUR;
  const increments = series(
    "steps",
    "steps",
    "count",
    (at) => worn && hour(at) >= 7 && hour(at) < 22 ? Math.floor(steps / 30) : 0,
  );
  const total = notebook({ ...daySpan(date), ...whole });
  // The day's total knows steps that the readings have lost.
  const stepTotal = total.note("steps", steps);
  const ofRing = [
    series("hr", "heart_rate", "bpm", (at) => heartRateAt(person, at, world.seed).bpm),
    series("temp", "skin_temperature", "°C", (at) => round(34 + jitter(at, 0, 20, "skin") / 10, 1)),
    series(
      "hrv",
      "hrv_rmssd",
      "ms",
      (at) => jitter(at, isAsleep(at) ? 35 : 20, isAsleep(at) ? 90 : 60, "hrv"),
    ),
    {
      ...increments,
      body: {
        type: "steps",
        object: { ...objectOf(increments), total: stepTotal, avg: random(5_000, 9_000, "avg") },
      },
      facts: [...increments.facts, ...total.facts],
    },
    figure("vo2_max", "vo2_max", vo2Max),
    figure("active_minutes", "active_duration", random(0, 120, "active"), whole),
    figure("inactive_time", "sedentary_duration", random(120, 600, "inactive"), whole),
    figure("movement_index", null, random(30, 95, "movement")),
    ...(asleep
      ? [
        figure("sleep_rhr", "resting_heart_rate", Math.min(...night.heartRate)),
        figure("temperature_deviation", "skin_temperature_deviation", temperatureDeviation),
        figure("recovery_index", "recovery_score", random(30, 98, "recovery")),
        figure("sleep_score", "sleep_score", random(40, 98, "sleep")),
        sleepRecord(date, night),
      ]
      : []),
    ...(nap && nap.end <= now ? [sleepRecord(date, nap, true)] : []),
  ];
  const ofSensor = [
    series("glucose", "glucose", "mg/dL", (at) => jitter(at, 78, 148, "glucose")),
    figure("average_glucose", "glucose_mean", random(90, 118, "mean"), whole),
    figure("glucose_variability", "glucose_cv", random(8, 24, "cv"), whole),
    figure("hba1c", "hba1c", random(48, 57, "hba1c") / 10),
    figure("time_in_target", null, random(60, 98, "target")),
    figure("metabolic_score", null, random(50, 98, "metabolic")),
  ];
  return [...(ring ? ofRing : []), ...(cgm ? ofSensor : [])];
}

function objectOf({ body: { object } }: SandboxRecord): object {
  return typeof object === "object" && object !== null ? object : {};
}

function sleepRecord(date: LocalDate, sleep: Sleep, isNap?: true): SandboxRecord {
  const { start, end } = sleep;
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: date });
  /** In seconds; the catalog counts minutes. */
  const seconds = (metric: string, value: number) => note(metric, value, { value: value / 60 });
  const bed = (end.getTime() - start.getTime()) / 1_000;
  const awake = secondsIn(sleep, "4");
  const hrv = mean(sleep.hrv);
  const quick = (type: string, value: number) => ({ type, title: type, value });
  const stage = (type: string, phase: "1" | "2" | "3" | "4", metric: string) => ({
    type,
    title: type,
    stage_time: seconds(metric, secondsIn(sleep, phase)),
  });
  const mean100 = { statistic: "average" } as const;
  const object = {
    bedtime_start: start.getTime() / 1_000,
    bedtime_end: end.getTime() / 1_000,
    ...(isNap ? { is_nap: true } : {}),
    quick_metrics: [
      quick("time_in_bed", seconds("sleep_time_in_bed", bed)),
      quick("total_sleep", seconds("sleep_duration", bed - awake)),
      quick("sleep_efic", note("sleep_efficiency", round(100 * (bed - awake) / bed))),
      quick("avg_hr", note("sleep_hr_avg", round(mean(sleep.heartRate) ?? 0))),
      ...(hrv === null ? [] : [quick("avg_hrv", note("hrv_rmssd", round(hrv), mean100))]),
    ],
    sleep_stages: [
      stage("deep_sleep", "1", "sleep_deep"),
      stage("light_sleep", "2", "sleep_light"),
      stage("rem_sleep", "3", "sleep_rem"),
      stage("awake", "4", "sleep_awake"),
    ],
    spo2: { title: "Average Oxygen Saturation", value: note("spo2", sleep.spo2, mean100) },
    sleep_graph: [],
  };
  const id = isNap ? `nap:${object.bedtime_start}:${date}` : `sleep:${date}`;
  return { id, day: date, availableAt: end, body: { type: "Sleep", object }, facts };
}

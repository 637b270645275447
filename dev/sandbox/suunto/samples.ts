import { HOUR, type LocalDate, MINUTE } from "@shared/core/time.ts";
import { instantAt, isoWithOffset, offsetAt } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import type { Person } from "../person.ts";
import { bodyDay, heartRateAt, mean, secondsIn, type Sleep } from "../physiology.ts";
import { between, hash32, round } from "../random.ts";
import { publishedFor, type SandboxRecord, type World } from "../world.ts";

/** Joules in a kilocalorie. */
export const JOULES = 4_184;
/** What the watch needs to send, and the service to take. */
const DELAY = 15 * MINUTE;
/** Real ones come every ten minutes: a third of that shows the same and is read sooner. */
const STEP = 30 * MINUTE;

export type Maker = (world: World, person: Person, date: LocalDate) => readonly SandboxRecord[];

export function userName(world: World, person: Person): string {
  return `${person.id}-${hash32(world.seed, "suunto", person.id) % 1_000_000}`;
}

function sample(
  person: Person,
  at: Date,
  entryData: Readonly<Record<string, unknown>>,
): SandboxRecord["body"] {
  return { timestamp: isoWithOffset(at, offsetAt(person.zone, at), 3), entryData };
}

const sleeps: Maker = (world, person, date) => {
  const { night, nap } = bodyDay(person, date, world.seed);
  return [sleepRecord(world, person, date, night, false)]
    .concat(nap ? [sleepRecord(world, person, date, nap, true)] : []);
};

function sleepRecord(
  world: World,
  person: Person,
  date: LocalDate,
  sleep: Sleep,
  IsNap: boolean,
): SandboxRecord {
  const { start, end } = sleep;
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: date });
  /** In seconds; the catalog counts minutes. */
  const seconds = (metric: string, value: number) => note(metric, value, { value: value / 60 });
  const Duration = (end.getTime() - start.getTime()) / 1_000;
  const awake = secondsIn(sleep, "4");
  const hrv = mean(sleep.hrv);
  const SleepId = start.getTime() / 1_000;
  const changes = publishedFor(world, "suunto", person.id, "sleep")
    .filter(({ recordId }) => recordId === String(SleepId)).length;
  const points = between(50, 90, world.seed, person.id, date, "suunto quality");
  const iso = (at: Date) => isoWithOffset(at, offsetAt(person.zone, at), 3);
  const body = sample(person, start, {
    BedtimeStart: iso(start),
    BedtimeEnd: iso(end),
    Duration: seconds("sleep_time_in_bed", Duration),
    DeepSleepDuration: seconds("sleep_deep", secondsIn(sleep, "1")),
    LightSleepDuration: seconds("sleep_light", secondsIn(sleep, "2")),
    REMSleepDuration: seconds("sleep_rem", secondsIn(sleep, "3")),
    HRAvg: note("sleep_hr_avg", round(mean(sleep.heartRate) ?? 0)),
    HRMin: note("sleep_hr_min", Math.min(...sleep.heartRate)),
    // 0 where nothing was measured, which is no variability.
    AvgHRV: hrv === null ? 0 : note("hrv_rmssd", round(hrv, 1), { statistic: "average" }),
    SleepQualityScore: note("sleep_score", Math.min(100, points + changes)),
    IsNap,
    SleepId,
  });
  // What is left of the night is not said, and nor is the sum of the stages.
  note("sleep_awake", awake / 60);
  note("sleep_duration", (Duration - awake) / 60);
  const availableAt = new Date(end.getTime() + DELAY);
  return { id: String(SleepId), day: date, availableAt, body, facts };
}

/** Each half hour of the person's day. */
function moments(person: Person, date: LocalDate, step: number): Date[] {
  return Array.from(
    { length: 24 * HOUR / step },
    (_, i) => instantAt(person.zone, date, i * step / MINUTE),
  );
}

const activities: Maker = (world, person, date) => {
  const day = bodyDay(person, date, world.seed);
  return moments(person, date, STEP).map((at, i) => {
    const { note, facts } = notebook(timeSpan(at));
    const { bpm, state } = heartRateAt(person, at, world.seed);
    const awake = state !== "sleep" && i >= 14 && i < 44;
    const steps = awake ? Math.floor(day.steps / 30) : 0;
    const energy = round(awake ? day.activeKilocalories / 30 * JOULES : 0, 1);
    const body = sample(person, at, {
      // A watch on the table has no pulse.
      HR: day.worn ? note("heart_rate", bpm) : 0,
      StepCount: note("steps", steps),
      EnergyConsumption: note("energy_active", energy, { value: energy / JOULES }),
      ...(state === "sleep"
        ? {
          SpO2: note("spo2", 0.96, { value: 96 }),
          HRV: note("hrv_rmssd", between(25, 90, world.seed, person.id, at.getTime(), "hrv")),
        }
        : {}),
    });
    const availableAt = new Date(at.getTime() + DELAY);
    return { id: at.toISOString(), day: date, availableAt, body, facts };
  });
};

const recoveries: Maker = (world, person, date) =>
  moments(person, date, HOUR).map((at) => {
    const { note, facts } = notebook(timeSpan(at));
    const percent = between(5, 100, world.seed, person.id, at.getTime(), "balance");
    const body = sample(person, at, {
      Balance: note("recovery_score", percent / 100, { value: percent }),
      StressState: between(0, 4, world.seed, person.id, at.getTime(), "stress"),
    });
    const availableAt = new Date(at.getTime() + DELAY);
    return { id: at.toISOString(), day: date, availableAt, body, facts };
  });

export const SAMPLES = { sleep: sleeps, activity: activities, recovery: recoveries } as const;

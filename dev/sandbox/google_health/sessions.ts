import { MINUTE, SECOND } from "@shared/core/time.ts";
import { localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import {
  bodyDay,
  EPOCH_SECONDS,
  type Exercise,
  exerciseAt,
  latencySeconds,
  secondsIn,
  type Sleep,
  sleepOf,
} from "../physiology.ts";
import { hash32, round } from "../random.ts";
import { publishedFor } from "../world.ts";
import {
  type Day,
  DELAY,
  intervalOf,
  type Maker,
  nameOf,
  type PointRecord,
  source,
  updates,
  utcOffset,
} from "./record.ts";

function idOf({ world, person, date }: Day, what: string): string {
  return String(5_000_000_000 + hash32(world.seed, "google_health", person.id, what, date));
}

function created(day: Day, resource: string) {
  return publishedFor(day.world, "google_health", day.person.id, resource)
    .filter(({ action }) => action === "create")
    .map(({ at, serial, recordId = "" }) => ({
      end: new Date(Math.floor(Date.parse(at) / SECOND) * SECOND),
      availableAt: new Date(at),
      serial,
      id: recordId,
    }));
}

export const sleeps: Maker = (day) => {
  const { world, person, date } = day;
  const { night, nap } = bodyDay(person, date, world.seed);
  const own = [sleepRecord(day, night, { id: idOf(day, "night"), nap: false })];
  if (nap) own.push(sleepRecord(day, nap, { id: idOf(day, "nap"), nap: true }));
  const published = created(day, "sleep").map(({ end, serial, id, availableAt }) => {
    const epochs = 4 + serial % 5;
    const start = new Date(end.getTime() - epochs * EPOCH_SECONDS * SECOND);
    const where = { ...day, date: localDateIn(person.zone, end) };
    const nap = sleepOf(person, start, epochs, world.seed);
    return sleepRecord(where, nap, { id, nap: true, availableAt });
  });
  return [...own, ...published.filter((record) => record.day === date)];
};

const STAGES: Readonly<Record<string, string>> = { 1: "DEEP", 2: "LIGHT", 3: "REM", 4: "AWAKE" };

function stagesOf({ person }: Day, { phases, start }: Sleep) {
  let at = start;
  return Array.from(phases.matchAll(/(.)\1*/g), ([run]) => {
    const [from, to] = [at, new Date(at.getTime() + run.length * EPOCH_SECONDS * SECOND)];
    at = to;
    return {
      startTime: from.toISOString(),
      startUtcOffset: utcOffset(person, from),
      endTime: to.toISOString(),
      endUtcOffset: utcOffset(person, to),
      type: STAGES[run.charAt(0)] ?? "AWAKE",
    };
  });
}

function sleepRecord(
  day: Day,
  sleep: Sleep,
  labels: { readonly id: string; readonly nap: boolean; readonly availableAt?: Date },
): PointRecord {
  const { start, end } = sleep;
  const { id } = labels;
  const { note, facts } = notebook({ ...timeSpan(start, end), localDate: day.date });
  const stages = stagesOf(day, sleep);
  const minutes = (metric: string, seconds: number) => String(note(metric, seconds / 60));
  const inBed = (end.getTime() - start.getTime()) / SECOND;
  const awake = secondsIn(sleep, "4");
  const count = (type: string) => stages.filter((stage) => stage.type === type).length;
  const stage = (type: string, metric: string, phase: "1" | "2" | "3") => ({
    type,
    minutes: minutes(metric, secondsIn(sleep, phase)),
    count: String(count(type)),
  });
  const availableAt = labels.availableAt ?? new Date(end.getTime() + DELAY);
  const changed = new Date(availableAt.getTime() + updates(day, "sleep", id) * SECOND);
  const body = {
    name: nameOf(day, "sleep", id),
    ...source("PASSIVELY_MEASURED"),
    sleep: {
      interval: intervalOf(day.person, start, end),
      type: "STAGES",
      stages,
      metadata: { processed: true, nap: labels.nap, mainSleep: !labels.nap },
      summary: {
        minutesInSleepPeriod: minutes("sleep_time_in_bed", inBed),
        minutesAsleep: minutes("sleep_duration", inBed - awake),
        minutesAwake: minutes("sleep_awake", awake),
        minutesToFallAsleep: minutes("sleep_latency", latencySeconds(sleep)),
        minutesAfterWakeUp: "0",
        stagesSummary: [
          {
            type: "AWAKE",
            minutes: String(awake / 60),
            count: String(note("sleep_awakenings", count("AWAKE"))),
          },
          stage("LIGHT", "sleep_light", "2"),
          stage("DEEP", "sleep_deep", "1"),
          stage("REM", "sleep_rem", "3"),
        ],
      },
      createTime: availableAt.toISOString(),
      updateTime: changed.toISOString(),
    },
  };
  return { id, day: day.date, start, end, availableAt, body, facts };
}

const SPORTS = {
  running: ["RUNNING", "Running"],
  cycling: ["BIKING", "Biking"],
  walking: ["WALKING", "Walking"],
  yoga: ["YOGA", "Yoga"],
} as const satisfies Record<Exercise["sport"], readonly [type: string, name: string]>;

export const exercises: Maker = (day) => {
  const { world, person, date } = day;
  const { exercise } = bodyDay(person, date, world.seed);
  const own = exercise ? [exerciseRecord(day, exercise, idOf(day, "exercise"))] : [];
  const published = created(day, "exercise").map(({ end, serial, id, availableAt }) => {
    const minutes = 20 + serial % 30;
    const start = new Date(end.getTime() - minutes * MINUTE);
    const where = { ...day, date: localDateIn(person.zone, start) };
    return exerciseRecord(where, exerciseAt(person, start, minutes, world.seed), id, availableAt);
  });
  return [...own, ...published.filter((record) => record.day === date)];
};

function exerciseRecord(
  day: Day,
  exercise: Exercise,
  id: string,
  availableAt = new Date(exercise.end.getTime() + DELAY),
): PointRecord {
  const { start, end, metres } = exercise;
  const { note, facts } = notebook(timeSpan(start, end));
  const seconds = (end.getTime() - start.getTime()) / SECOND;
  note("workout_duration", seconds);
  const active = note("workout_moving_duration", Math.floor(seconds * 0.96));
  const changes = updates(day, "exercise", id);
  const millimetres = (metric: string, value: number) => note(metric, value * 1_000, { value });
  const speed = round((metres ?? 0) * 1_000 / active);
  const [exerciseType, displayName] = SPORTS[exercise.sport];
  const zone = (share: number) => `${Math.round(seconds * share)}s`;
  const body = {
    name: nameOf(day, "exercise", id),
    ...source("PASSIVELY_MEASURED"),
    exercise: {
      interval: intervalOf(day.person, start, end),
      exerciseType,
      displayName,
      activeDuration: `${active}s`,
      metricsSummary: {
        caloriesKcal: note("workout_energy", exercise.kilocalories + changes),
        averageHeartRateBeatsPerMinute: String(note("heart_rate_avg", exercise.hrAverage)),
        ...(metres === null ? {} : {
          distanceMillimeters: millimetres("workout_distance", metres),
          elevationGainMillimeters: millimetres("workout_elevation_gain", exercise.climbMetres),
          averageSpeedMillimetersPerSecond: note("speed", speed, {
            value: speed / 1_000,
            statistic: "average",
          }),
        }),
        heartRateZoneDurations: {
          lightTime: zone(0.2),
          moderateTime: zone(0.4),
          vigorousTime: zone(0.3),
          peakTime: zone(0.1),
        },
        ...(exercise.sport === "running"
          ? {
            mobilityMetrics: {
              avgCadenceStepsPerMinute: note("cadence_running", 168, { statistic: "average" }),
              avgGroundContactTimeDuration: `${
                note("running_ground_contact_time", 0.25, { value: 250, statistic: "average" })
              }s`,
            },
          }
          : {}),
      },
      createTime: availableAt.toISOString(),
      updateTime: new Date(availableAt.getTime() + changes * SECOND).toISOString(),
    },
  };
  return { id, day: day.date, start, end, availableAt, body, facts };
}

/** Oura's sleeps, workouts, moments and heart rates; quirks in `oura.ts`. */
import { z } from "zod";
import type { Metric, SleepStage, SleepStageSpan, When } from "../catalog/normalized.ts";
import { beatsPerMinute, milliseconds, type Reading, seconds } from "../catalog/units.ts";
import { MINUTE, SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { dayTotal, instant, span } from "./kit/when.ts";
import { collection, get, identified, maybeNumber, maybeText, sample } from "./oura_collection.ts";

const STAGES: Readonly<Record<string, SleepStage>> = {
  1: "deep",
  2: "light",
  3: "rem",
  4: "awake",
};

const night = z.looseObject({
  ...identified,
  day: z.iso.date().nullish(),
  type: maybeText,
  bedtime_start: z.string(),
  bedtime_end: z.string(),
  time_in_bed: maybeNumber,
  total_sleep_duration: maybeNumber,
  deep_sleep_duration: maybeNumber,
  light_sleep_duration: maybeNumber,
  rem_sleep_duration: maybeNumber,
  awake_time: maybeNumber,
  latency: maybeNumber,
  efficiency: maybeNumber,
  average_heart_rate: maybeNumber,
  lowest_heart_rate: maybeNumber,
  average_hrv: maybeNumber,
  average_breath: maybeNumber,
  heart_rate: sample,
  hrv: sample,
  sleep_phase_30_sec: maybeText,
  app_sleep_phase_5_min: maybeText,
  sleep_phase_5_min: maybeText,
});

const sleep = resource({
  ...collection("sleep", night),
  scope: "daily",
  produces: ["heart_rate", "hrv_rmssd", "resting_heart_rate"],
  sessions: ["sleep"],
  *normalise(row) {
    if (row.type === "deleted") return yield { kind: "deletion" };
    // Lying down, and not asleep by Oura's own word.
    if (row.type === "rest") return;
    const at = span(row.bedtime_start, row.bedtime_end, row.day ?? undefined);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    if (at.end < at.start) return yield { kind: "quarantine", reason: "interval_inverted" };
    yield {
      kind: "sleep",
      ...at,
      ...present({
        isNap: row.type == null ? undefined : row.type !== "long_sleep",
        inBedSeconds: row.time_in_bed,
        asleepSeconds: row.total_sleep_duration,
        deepSeconds: row.deep_sleep_duration,
        lightSeconds: row.light_sleep_duration,
        remSeconds: row.rem_sleep_duration,
        awakeSeconds: row.awake_time,
        latencySeconds: row.latency,
        efficiencyPercent: row.efficiency,
        hrAverage: row.average_heart_rate,
        hrMinimum: row.lowest_heart_rate,
        hrvRmssd: row.average_hrv,
        respiratoryRate: row.average_breath,
        stages: stagesOf(row, at),
      }),
    };
    if (row.type === "long_sleep" && row.day) {
      // The lowest of the main sleep is what Oura's app shows as the resting heart rate of the day.
      yield* measure("resting_heart_rate", beatsPerMinute(row.lowest_heart_rate), {
        ...dayTotal(row.day, at.offsetMinutes),
        statistic: "minimum",
      });
    }
    yield* samples(row.heart_rate, row.hrv);
  },
});

/** The finest hypnogram there is. Equal neighbours merge; what runs past the bedtime is cut off. */
function stagesOf(
  row: z.output<typeof night>,
  { start, end }: { readonly start: Date; readonly end: Date },
): readonly SleepStageSpan[] | undefined {
  const [codes, width] = row.sleep_phase_30_sec
    ? [row.sleep_phase_30_sec, 30 * SECOND]
    : [row.app_sleep_phase_5_min || row.sleep_phase_5_min || "", 5 * MINUTE];
  const spans: SleepStageSpan[] = [];
  for (const [run] of codes.matchAll(/(.)\1*/gs)) {
    const from = spans.at(-1)?.end ?? start;
    if (from >= end) break;
    const to = new Date(Math.min(from.getTime() + run.length * width, end.getTime()));
    spans.push({ stage: STAGES[run.charAt(0)] ?? "unknown", start: from, end: to });
  }
  return spans.length > 0 ? spans : undefined;
}

type Series = z.output<typeof sample>;

/** Heart rate and its variability, item by item. */
function* samples(
  heartRate: Series,
  variability: Series,
): Generator<Metric<"heart_rate" | "hrv_rmssd">, void> {
  for (const [item, at] of itemsOf(heartRate)) {
    yield* measure("heart_rate", beatsPerMinute(item), at);
  }
  for (const [item, at] of itemsOf(variability)) {
    yield* measure("hrv_rmssd", milliseconds(item), at);
  }
}

function* itemsOf(series: Series): Generator<readonly [Reading, When], void> {
  const first = instant(series?.timestamp);
  if (!series || !first) return;
  for (const [i, item] of series.items.entries()) {
    const start = new Date(first.start.getTime() + i * series.interval * SECOND);
    yield [item, { ...first, start }];
  }
}

/** Oura's moments. Only these are minutes of mindfulness; a nap or a body check is not. */
const MINDFUL = new Set(["breathing", "meditation", "relaxation"]);

const session = resource({
  ...collection(
    "session",
    z.looseObject({
      ...identified,
      day: z.iso.date().nullish(),
      type: maybeText,
      start_datetime: z.string(),
      end_datetime: z.string(),
      heart_rate: sample,
      heart_rate_variability: sample,
    }),
  ),
  scope: "session",
  produces: ["mindfulness_duration", "heart_rate", "hrv_rmssd"],
  *normalise(row) {
    const at = span(row.start_datetime, row.end_datetime, row.day ?? undefined);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    if (MINDFUL.has(row.type ?? "")) {
      const elapsed = seconds((at.end.getTime() - at.start.getTime()) / SECOND);
      yield* measure("mindfulness_duration", elapsed, at);
    }
    yield* samples(row.heart_rate, row.heart_rate_variability);
  },
});

const workout = resource({
  ...collection(
    "workout",
    z.looseObject({
      ...identified,
      day: z.iso.date().nullish(),
      activity: maybeText,
      start_datetime: z.string(),
      end_datetime: z.string(),
      calories: maybeNumber,
      distance: maybeNumber,
    }),
  ),
  scope: "workout",
  produces: [],
  sessions: ["workout"],
  *normalise(row) {
    const at = span(row.start_datetime, row.end_datetime, row.day ?? undefined);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    yield {
      kind: "workout",
      ...at,
      ...present({
        type: row.activity && snakeCase(row.activity),
        vendorType: row.activity,
        energyKilocalories: row.calories,
        distanceMetres: row.distance,
      }),
    };
  },
});

/** `houseWork` and `strength_training` both occur. */
function snakeCase(activity: string): string {
  return activity.replaceAll(/([a-z])([A-Z])/g, "$1_$2").replaceAll(/[\s-]+/g, "_").toLowerCase();
}

const heartRateRow = z.looseObject({ timestamp: z.string(), bpm: maybeNumber });

const heartrate = resource({
  name: "heartrate",
  aliases: ["GET /v2/usercollection/heartrate"],
  scope: "heartrate",
  pageDays: 30,
  produces: ["heart_rate"],
  // No webhook tells of it; those of sleeps, days and workouts bring most of it sooner.
  poll: { everyMinutes: 120, trailingHours: 48 },
  page: listOf(heartRateRow, { rows: "data", next: "next_token" }),
  /** Rows have no id: a person has one heart rate at a time, whatever `source` it is filed under. */
  record(row) {
    const at = instant(row.timestamp);
    return at && { id: at.start.toISOString() };
  },
  request: (ask) =>
    get("heartrate", ask, {
      start_datetime: ask.window.from.toISOString(),
      end_datetime: ask.window.to.toISOString(),
    }),
  *normalise(row) {
    const at = instant(row.timestamp);
    if (at) yield* measure("heart_rate", beatsPerMinute(row.bpm), { start: at.start });
  },
});

export const OURA_TIMED = [sleep, workout, session, heartrate] as const;

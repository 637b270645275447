/** Polar's nights and their recharge; quirks in `polar.ts`. */
import { z } from "zod";
import type { SleepStage, SleepStageSpan, When } from "../catalog/normalized.ts";
import { beatsPerMinute, breathsPerMinute, milliseconds } from "../catalog/units.ts";
import { MINUTE, SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { dayOf, span } from "./kit/when.ts";
import {
  byClock,
  clockReadings,
  get,
  getOne,
  HISTORY_DAYS,
  maybeNumber,
  maybeText,
  nightOf,
} from "./polar_api.ts";

/** The hypnogram's numbers; 2 and 3 are two depths of light sleep. */
const STAGES: readonly SleepStage[] = ["awake", "rem", "light", "light", "deep", "unknown"];

const sleep = resource({
  name: "sleep",
  aliases: ["GET /v3/users/sleep", "GET /v3/users/sleep/{date}", "SLEEP"],
  pageDays: HISTORY_DAYS,
  produces: ["sleep_score", "heart_rate"],
  sessions: ["sleep"],
  page: listOf(
    z.looseObject({
      date: z.iso.date(),
      sleep_start_time: maybeText,
      sleep_end_time: maybeText,
      light_sleep: maybeNumber,
      deep_sleep: maybeNumber,
      rem_sleep: maybeNumber,
      total_interruption_duration: maybeNumber,
      sleep_score: maybeNumber,
      continuity: maybeNumber,
      sleep_charge: maybeNumber,
      group_duration_score: maybeNumber,
      group_solidity_score: maybeNumber,
      group_regeneration_score: maybeNumber,
      hypnogram: byClock,
      heart_rate_samples: byClock,
    }),
    { rows: "nights" },
  ),
  // All nights of four weeks, whatever the window.
  request: () => get("/v3/users/sleep"),
  requestOne: getOne("/v3/users/sleep"),
  record: ({ date }) => ({ id: date }),
  *normalise(row) {
    const at = span(row.sleep_start_time, row.sleep_end_time, row.date);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    const { light_sleep: light, deep_sleep: deep, rem_sleep: rem } = row;
    yield {
      kind: "sleep",
      ...at,
      ...present({
        // The night is from falling into bed to rising: there is no other figure for it.
        inBedSeconds: (at.end.getTime() - at.start.getTime()) / SECOND,
        asleepSeconds: light == null || deep == null || rem == null
          ? undefined
          : light + deep + rem,
        deepSeconds: deep,
        lightSeconds: light,
        remSeconds: rem,
        awakeSeconds: row.total_interruption_duration,
        vendorScore: row.sleep_score,
        stages: stagesOf(row.hypnogram, at),
      }),
    };
    yield* rate("sleep_score", row.sleep_score, [0, 100], {
      ...at,
      vendorName: "sleep_score",
      components: present({
        continuity: row.continuity,
        sleep_charge: row.sleep_charge,
        duration: row.group_duration_score,
        solidity: row.group_solidity_score,
        regeneration: row.group_regeneration_score,
      }),
    });
    const { end: _, ...begin } = at;
    for (const [start, reading] of within(row.heart_rate_samples, at)) {
      yield* measure("heart_rate", beatsPerMinute(reading), {
        ...begin,
        start: new Date(start),
      });
    }
  },
});

/**
 * Readings by the night's clock as instants. Their first day is that of the start, by the clock of the
 * start; a night in which clocks are changed is off by that hour after it, for nothing tells when.
 */
function within(
  of: z.output<typeof byClock>,
  { start, offsetMinutes = 0 }: When,
): readonly (readonly [instant: number, reading: number])[] {
  const wall = start.getTime() + offsetMinutes * MINUTE;
  const midnight = Math.floor(wall / (24 * 60 * MINUTE)) * 24 * 60 * MINUTE;
  const readings = clockReadings(of);
  // A clock says minutes: one that began within the start's own minute is not of the next day.
  const isNextDay = midnight + ((readings[0]?.[0] ?? 0) + 1) * MINUTE <= wall;
  const first = midnight + (isNextDay ? 24 * 60 * MINUTE : 0) - offsetMinutes * MINUTE;
  return readings.map(([minutes, reading]) => [first + minutes * MINUTE, reading]);
}

/** Each change of stage lasts until the next, the last until the end; equal neighbours are one. */
function stagesOf(
  hypnogram: z.output<typeof byClock>,
  at: When & { readonly end: Date },
): readonly SleepStageSpan[] | undefined {
  const changes = within(hypnogram, at);
  const spans: SleepStageSpan[] = [];
  for (const [i, [instant, code]] of changes.entries()) {
    const stage = STAGES[code] ?? "unknown";
    const start = new Date(Math.max(instant, at.start.getTime()));
    const end = new Date(Math.min(changes[i + 1]?.[0] ?? Infinity, at.end.getTime()));
    if (end <= start) continue;
    const last = spans.at(-1);
    if (last?.stage === stage) spans[spans.length - 1] = { ...last, end };
    else spans.push({ stage, start, end });
  }
  return spans.length > 0 ? spans : undefined;
}

/** What `nightly_recharge_status` is called in the app. */
const STATUS = ["very_poor", "poor", "compromised", "ok", "good", "very_good"];

const nightlyRecharge = resource({
  name: "nightly_recharge",
  aliases: ["GET /v3/users/nightly-recharge", "GET /v3/users/nightly-recharge/{date}"],
  pageDays: HISTORY_DAYS,
  // No webhook tells of it; that of the night it belongs to does.
  poll: { everyMinutes: 6 * 60, trailingHours: 72 },
  produces: ["hrv_rmssd", "respiratory_rate", "heart_rate_avg", "rr_interval", "recovery_score"],
  page: listOf(
    z.looseObject({
      date: z.iso.date(),
      heart_rate_avg: maybeNumber,
      beat_to_beat_avg: maybeNumber,
      heart_rate_variability_avg: maybeNumber,
      breathing_rate_avg: maybeNumber,
      nightly_recharge_status: maybeNumber,
      ans_charge: maybeNumber,
      ans_charge_status: maybeNumber,
      hrv_samples: byClock,
      breathing_samples: byClock,
    }),
    { rows: "recharges" },
  ),
  request: () => get("/v3/users/nightly-recharge"),
  requestOne: getOne("/v3/users/nightly-recharge"),
  record: ({ date }) => ({ id: date }),
  *normalise(row, context) {
    const night = nightOf(row.date, context);
    yield* measure("hrv_rmssd", milliseconds(row.heart_rate_variability_avg), night);
    yield* measure("respiratory_rate", breathsPerMinute(row.breathing_rate_avg), night);
    yield* measure("heart_rate_avg", beatsPerMinute(row.heart_rate_avg), night);
    yield* measure("rr_interval", milliseconds(row.beat_to_beat_avg), night);
    yield* rate("recovery_score", row.nightly_recharge_status, [1, 6], {
      ...dayOf(row.date, night.offsetMinutes),
      vendorName: "nightly_recharge_status",
      ...present({ qualifier: STATUS[(row.nightly_recharge_status ?? 0) - 1] }),
      components: present({ ans_charge: row.ans_charge, ans_charge_status: row.ans_charge_status }),
    });
    if (night.offsetMinutes === undefined) return;
    const begin = eveOf(row.hrv_samples ?? row.breathing_samples, night.start);
    const at = (minutes: number) => ({
      start: new Date(begin + minutes * MINUTE),
      offsetMinutes: night.offsetMinutes ?? 0,
    });
    for (const [minutes, reading] of clockReadings(row.hrv_samples)) {
      yield* measure("hrv_rmssd", milliseconds(reading), at(minutes));
    }
    for (const [minutes, reading] of clockReadings(row.breathing_samples)) {
      yield* measure("respiratory_rate", breathsPerMinute(reading), at(minutes));
    }
  },
});

/** Midnight of the day on which the readings begin: the eve, where they begin after six or go past midnight. */
function eveOf(of: z.output<typeof byClock>, midnight: Date): number {
  const minutes = clockReadings(of).map(([one]) => one);
  const isEve = (minutes[0] ?? 0) >= 18 * 60 || (minutes.at(-1) ?? 0) >= 24 * 60;
  return midnight.getTime() - (isEve ? 24 * 60 * MINUTE : 0);
}

export const POLAR_SLEEP = [sleep, nightlyRecharge] as const;

/** Junction's sleeps and their stages; quirks in `junction.ts`. */
import { z } from "zod";
import type { SleepSession, SleepStage } from "../catalog/normalized.ts";
import { beatsPerMinute, celsius, enumerated, kelvinDifference } from "../catalog/units.ts";
import { SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import {
  deviceOf,
  maybeNumber,
  maybeText,
  providerOf,
  source,
  summary,
  summaryRef,
  summaryRequest,
  timeOf,
} from "./junction_api.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";

const row = summary.extend({
  bedtime_start: z.string(),
  bedtime_stop: z.string(),
  calendar_date: z.iso.date().nullish(),
  timezone_offset: maybeNumber,
  type: maybeText,
  duration: maybeNumber,
  total: maybeNumber,
  awake: maybeNumber,
  light: maybeNumber,
  rem: maybeNumber,
  deep: maybeNumber,
  latency: maybeNumber,
  efficiency: maybeNumber,
  score: maybeNumber,
  recovery_readiness_score: maybeNumber,
  hr_lowest: maybeNumber,
  hr_average: maybeNumber,
  hr_resting: maybeNumber,
  average_hrv: maybeNumber,
  respiratory_rate: maybeNumber,
  temperature_delta: maybeNumber,
  skin_temperature: maybeNumber,
});
type Row = z.output<typeof row>;

const sleep = resource({
  name: "sleep",
  aliases: ["GET /v2/summary/sleep"],
  produces: [
    "resting_heart_rate",
    "skin_temperature",
    "skin_temperature_deviation",
    "sleep_score",
    "readiness_score",
    "recovery_score",
  ],
  sessions: ["sleep"],
  page: listOf(row, { rows: "sleep" }),
  request: (ask) => summaryRequest("sleep", ask),
  record: summaryRef,
  *normalise(row, context) {
    const clock = { source: row.source, offsetSeconds: row.timezone_offset, context };
    const start = timeOf(row.bedtime_start, clock);
    const end = timeOf(row.bedtime_stop, clock)?.start;
    if (!start || !end) return yield { kind: "quarantine", reason: "no_time" };
    if (end <= start.start) return yield { kind: "quarantine", reason: "interval_inverted" };
    const night = { ...start, end, ...present({ localDate: row.calendar_date }) };
    yield sessionOf(row, night);
    const at = { ...night, ...deviceOf(row.source) };
    yield* measure("resting_heart_rate", beatsPerMinute(row.hr_resting), at);
    yield* measure("skin_temperature", celsius(row.skin_temperature), at);
    yield* measure("skin_temperature_deviation", kelvinDifference(row.temperature_delta), at);
    yield* rate("sleep_score", row.score, [0, 100], night);
    // Oura's readiness, WHOOP's and Ultrahuman's recovery, in one field.
    const isReadiness = providerOf(row.source) === "oura";
    const restored = isReadiness ? "readiness_score" : "recovery_score";
    yield* rate(restored, row.recovery_readiness_score, [0, 100], night);
  },
});

/**
 * Services read on the phone, where a sleep without stages has a zero for each.
 * @see https://docs.junction.com/wearables/providers/metric-sources-and-limitations
 */
const PHONES: ReadonlySet<string> = new Set([
  "apple_health_kit",
  "health_connect",
  "samsung_health",
]);

function sessionOf(
  row: Row,
  night: Pick<SleepSession, "start" | "end" | "offsetMinutes" | "localDate">,
): SleepSession {
  const provider = providerOf(row.source) ?? "";
  const isStaged = !PHONES.has(provider) || (row.total ?? 0) > 0;
  const { device } = deviceOf(row.source);
  const hrv = provider === "apple_health_kit"
    ? { hrvSdnn: row.average_hrv }
    : { hrvRmssd: row.average_hrv };
  return {
    kind: "sleep",
    ...night,
    ...present({
      isNap: IS_NAP[row.type ?? ""],
      inBedSeconds: row.duration,
      ...(isStaged ? durationsOf(row) : {}),
      latencySeconds: row.latency,
      efficiencyPercent: asPercent(row.efficiency),
      hrAverage: row.hr_average,
      hrMinimum: row.hr_lowest,
      ...hrv,
      respiratoryRate: row.respiratory_rate,
      vendorScore: row.score,
      device,
    }),
  };
}

function durationsOf(row: Row) {
  return {
    asleepSeconds: row.total,
    deepSeconds: row.deep,
    lightSeconds: row.light,
    remSeconds: row.rem,
    awakeSeconds: row.awake,
  };
}

/** A short sleep may be a night; of `unknown` ones, still going on, nobody knows. */
const IS_NAP: Readonly<Record<string, boolean>> = { long_sleep: false, acknowledged_nap: true };

/** Documented as a per cent, with 0.97 as the example. */
function asPercent(efficiency: number | null | undefined): number | undefined {
  if (efficiency == null) return undefined;
  return efficiency <= 1 ? efficiency * 100 : efficiency;
}

/** The catalog's order of stages: a stage's number is its place. */
const STAGES: readonly SleepStage[] = ["unknown", "awake", "asleep", "light", "deep", "rem"];

/** 5 is what a person wrote down: asleep, and no more is known. */
const STAGE_TYPES: Readonly<Record<number, SleepStage>> = {
  1: "deep",
  2: "light",
  3: "rem",
  4: "awake",
  5: "asleep",
};

const cycle = resource({
  name: "sleep_cycle",
  aliases: ["GET /v2/summary/sleep_cycle"],
  produces: ["sleep_stage"],
  page: listOf(
    summary.extend({
      session_start: z.string(),
      stage_start_offset_second: z.array(z.number()),
      stage_end_offset_second: z.array(z.number()),
      stage_type: z.array(z.number()),
      time_zone: maybeText,
      source,
    }),
    { rows: "sleep_cycle" },
  ),
  request: (ask) => summaryRequest("sleep_cycle", ask),
  record: summaryRef,
  *normalise(row, context) {
    const start = timeOf(row.session_start, { source: row.source, context })?.start;
    if (!start) return yield { kind: "quarantine", reason: "no_time" };
    const after = (seconds: number) => new Date(start.getTime() + seconds * SECOND);
    for (const [index, type] of row.stage_type.entries()) {
      const from = row.stage_start_offset_second[index];
      const to = row.stage_end_offset_second[index];
      if (from === undefined || to === undefined) continue;
      const stage = STAGES.indexOf(STAGE_TYPES[type] ?? "unknown");
      yield* measure("sleep_stage", enumerated(stage), {
        start: after(from),
        end: after(to),
        ...deviceOf(row.source),
      });
    }
  },
});

export const JUNCTION_SLEEP = [sleep, cycle] as const;

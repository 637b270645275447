/** Withings' nights and their stages; quirks in `withings.ts`. */
import { z } from "zod";
import type { SleepStage } from "../catalog/normalized.ts";
import {
  beatsPerMinute,
  breathsPerMinute,
  celsius,
  enumerated,
  eventsPerHour,
  milliseconds,
  type Reading,
} from "../catalog/units.ts";
import { SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure, present, rate } from "./kit/measure.ts";
import {
  days,
  DETAIL_DAYS,
  listIn,
  maybeNumber,
  maybeText,
  nextDay,
  nextOffset,
  oneDay,
  post,
  timeAt,
  versionOf,
} from "./withings_api.ts";

const FIELDS = {
  total_timeinbed: maybeNumber,
  total_sleep_time: maybeNumber,
  asleepduration: maybeNumber,
  lightsleepduration: maybeNumber,
  remsleepduration: maybeNumber,
  deepsleepduration: maybeNumber,
  sleep_efficiency: maybeNumber,
  sleep_latency: maybeNumber,
  wakeupduration: maybeNumber,
  wakeupcount: maybeNumber,
  apnea_hypopnea_index: maybeNumber,
  withings_index: maybeNumber,
  hr_average: maybeNumber,
  hr_min: maybeNumber,
  hr_max: maybeNumber,
  rr_average: maybeNumber,
  sleep_score: maybeNumber,
  rmssd_start_avg: maybeNumber,
  rmssd_end_avg: maybeNumber,
  core_body_temperature_avg: maybeNumber,
  core_body_temperature_min: maybeNumber,
  core_body_temperature_max: maybeNumber,
};

const summary = resource({
  name: "sleep_summary",
  aliases: ["POST /v2/sleep getsummary", "getsummary", "sleep"],
  scope: "user.activity",
  produces: [
    "sleep_score",
    "breathing_disturbance_index",
    "heart_rate_max",
    "hrv_rmssd",
    "body_temperature",
  ],
  sessions: ["sleep"],
  page: listIn(
    "series",
    z.looseObject({
      id: z.union([z.number(), z.string().min(1)]),
      timezone: maybeText,
      startdate: z.number(),
      enddate: z.number(),
      date: z.iso.date().nullish(),
      modified: maybeNumber,
      data: z.looseObject(FIELDS).nullish(),
    }),
  ),
  request: (ask) =>
    post("/v2/sleep", "getsummary", {
      ...days(ask),
      data_fields: Object.keys(FIELDS).join(","),
    }),
  next: nextOffset,
  record: ({ id, modified }) => ({ id: String(id), ...versionOf(modified) }),
  *normalise({ startdate, enddate, timezone, date, data }) {
    const at = {
      ...timeAt(startdate, timezone),
      end: new Date(enddate * SECOND),
      ...present({ localDate: date }),
    };
    const [deep, light, rem] = [
      data?.deepsleepduration,
      data?.lightsleepduration,
      data?.remsleepduration,
    ];
    yield {
      kind: "sleep",
      ...at,
      ...present({
        inBedSeconds: data?.total_timeinbed,
        // A night that another service measured has no stages, and `asleepduration` in their place.
        asleepSeconds: deep == null || light == null || rem == null
          ? data?.asleepduration ?? data?.total_sleep_time
          : deep + light + rem,
        deepSeconds: deep,
        lightSeconds: light,
        remSeconds: rem,
        awakeSeconds: data?.wakeupduration,
        latencySeconds: data?.sleep_latency,
        disturbances: data?.wakeupcount,
        efficiencyPercent: percentOf(data?.sleep_efficiency),
        hrAverage: data?.hr_average,
        hrMinimum: data?.hr_min,
        respiratoryRate: data?.rr_average,
        vendorScore: data?.sleep_score,
      }),
    };
    yield* rate("sleep_score", data?.sleep_score, [0, 100], { ...at, vendorName: "sleep_score" });
    const events = data?.apnea_hypopnea_index ?? data?.withings_index;
    yield* measure("breathing_disturbance_index", eventsPerHour(events), at);
    yield* measure("heart_rate_max", beatsPerMinute(data?.hr_max), at);
    const { end, ...begin } = at;
    // Means of its first and of its last part.
    const first = { ...begin, statistic: "average" } as const;
    yield* measure("hrv_rmssd", milliseconds(data?.rmssd_start_avg), first);
    yield* measure("hrv_rmssd", milliseconds(data?.rmssd_end_avg), { ...first, start: end });
    const temperature = (reading: Reading, statistic: Statistic) =>
      measure("body_temperature", celsius(reading), { ...at, statistic });
    yield* temperature(data?.core_body_temperature_avg, "nightly_average");
    yield* temperature(data?.core_body_temperature_min, "minimum");
    yield* temperature(data?.core_body_temperature_max, "maximum");
  },
});

type Statistic = "nightly_average" | "minimum" | "maximum";

/** A ratio by the reference, a percentage in its example: no ratio is more than one. */
function percentOf(efficiency: Reading): number | undefined {
  if (efficiency == null) return undefined;
  return efficiency <= 1 ? efficiency * 100 : efficiency;
}

/** The catalog's order of stages: a stage's number is its place. */
const STAGES: readonly SleepStage[] = [
  "unknown",
  "awake",
  "asleep",
  "light",
  "deep",
  "rem",
  "in_bed",
  "out_of_bed",
];

const STATES: Readonly<Record<number, SleepStage>> = {
  0: "awake",
  1: "light",
  2: "deep",
  3: "rem",
  4: "asleep",
  15: "out_of_bed",
};

/** Readings under their seconds since 1970. */
const series = z.record(z.string(), z.unknown()).nullish();

function readings(of: z.output<typeof series>): readonly (readonly [second: number, number])[] {
  return Object.entries(of ?? {}).flatMap(([second, reading]) =>
    /^\d{1,10}$/.test(second) && typeof reading === "number" ? [[Number(second), reading]] : []
  );
}

/** Minute by minute: stretches of one state, and what was measured in each. */
const stages = resource({
  name: "sleep_stages",
  aliases: ["POST /v2/sleep get", "GET /v2/sleep"],
  scope: "user.activity",
  produces: ["sleep_stage", "heart_rate", "respiratory_rate", "hrv_sdnn", "hrv_rmssd"],
  page: listIn(
    "series",
    z.looseObject({
      startdate: z.number(),
      enddate: z.number(),
      state: maybeNumber,
      model: maybeText,
      hr: series,
      rr: series,
      sdnn_1: series,
      rmssd: series,
    }),
  ),
  request: (ask) => post("/v2/sleep", "get", { ...oneDay(ask), data_fields: "hr,rr,sdnn_1,rmssd" }),
  historyDays: DETAIL_DAYS,
  next: nextDay,
  record: ({ startdate }) => ({ id: String(startdate) }),
  *normalise(row) {
    const device = present({ device: row.model });
    const stage = row.state == null ? undefined : STAGES.indexOf(STATES[row.state] ?? "unknown");
    yield* measure("sleep_stage", enumerated(stage), {
      ...timeAt(row.startdate),
      ...device,
      end: new Date(row.enddate * SECOND),
    });
    const at = (second: number) => ({ ...timeAt(second), ...device });
    for (const [second, reading] of readings(row.hr)) {
      yield* measure("heart_rate", beatsPerMinute(reading), at(second));
    }
    for (const [second, reading] of readings(row.rr)) {
      yield* measure("respiratory_rate", breathsPerMinute(reading), at(second));
    }
    for (const [second, reading] of readings(row.sdnn_1)) {
      yield* measure("hrv_sdnn", milliseconds(reading), at(second));
    }
    for (const [second, reading] of readings(row.rmssd)) {
      yield* measure("hrv_rmssd", milliseconds(reading), at(second));
    }
  },
});

export const WITHINGS_SLEEP = [summary, stages] as const;

/** Spike's sleeps and their stages; quirks in `spike.ts`. */
import { z } from "zod";
import type { SleepStage, SleepStageSpan } from "../catalog/normalized.ts";
import { celsius } from "../catalog/units.ts";
import { localDateOf, parseInstant } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import {
  daysRequest,
  deviceOf,
  maybeNumber,
  maybeText,
  secondsOf,
  session,
  spanOf,
} from "./spike_api.ts";

const row = session.extend({
  sleep_id: maybeText,
  metrics: z.looseObject({
    bedtime_duration: maybeNumber,
    sleep_duration: maybeNumber,
    sleep_duration_deep: maybeNumber,
    sleep_duration_light: maybeNumber,
    sleep_duration_rem: maybeNumber,
    sleep_duration_awake: maybeNumber,
    sleep_latency: maybeNumber,
    sleep_interruptions: maybeNumber,
    sleep_efficiency: maybeNumber,
    sleep_breathing_rate: maybeNumber,
    breathing_rate: maybeNumber,
    heartrate: maybeNumber,
    heartrate_min: maybeNumber,
    hrv_rmssd: maybeNumber,
    hrv_sdnn: maybeNumber,
    spo2: maybeNumber,
    skin_temperature: maybeNumber,
  }).nullish(),
  stages: z.array(z.looseObject({ stage: maybeText, start_at: maybeText, end_at: maybeText }))
    .nullish(),
});
type Row = z.output<typeof row>;

export const sleeps = resource({
  name: "sleeps",
  aliases: ["GET /v3/queries/sleeps"],
  produces: ["skin_temperature"],
  sessions: ["sleep"],
  page: listOf(row, { rows: "sleeps" }),
  request: (ask) => daysRequest("sleeps", ask, [["include_stages", "true"]]),
  record({ sleep_id, record_id, modified_at }) {
    const id = sleep_id ?? record_id;
    const version = parseInstant(modified_at ?? "")?.instant;
    return id == null ? undefined : { id, ...present({ version }) };
  },
  *normalise(row) {
    const night = nightOf(row);
    if (!night) return yield { kind: "quarantine", reason: "no_time" };
    if (night.end <= night.start) return yield { kind: "quarantine", reason: "interval_inverted" };
    const { metrics } = row;
    const { device } = deviceOf(row);
    yield {
      kind: "sleep",
      ...night,
      ...present({
        isNap: isNap(row),
        inBedSeconds: secondsOf(metrics?.bedtime_duration),
        asleepSeconds: secondsOf(asleepOf(metrics)),
        deepSeconds: secondsOf(metrics?.sleep_duration_deep),
        lightSeconds: secondsOf(metrics?.sleep_duration_light),
        remSeconds: secondsOf(metrics?.sleep_duration_rem),
        awakeSeconds: secondsOf(metrics?.sleep_duration_awake),
        latencySeconds: secondsOf(metrics?.sleep_latency),
        disturbances: metrics?.sleep_interruptions,
        efficiencyPercent: metrics?.sleep_efficiency,
        hrAverage: metrics?.heartrate,
        hrMinimum: metrics?.heartrate_min,
        hrvRmssd: metrics?.hrv_rmssd,
        hrvSdnn: metrics?.hrv_sdnn,
        respiratoryRate: metrics?.sleep_breathing_rate ?? metrics?.breathing_rate,
        spo2Average: metrics?.spo2,
        device,
        stages: stagesOf(row),
      }),
    };
    yield* measure("skin_temperature", celsius(metrics?.skin_temperature), {
      ...night,
      ...present({ device }),
      statistic: "nightly_average",
    });
  },
});

/** A night belongs to the day it ends on, unless the service says otherwise, which is not passed on. */
function nightOf(row: Row) {
  const night = spanOf(row);
  if (night?.offsetMinutes === undefined) return night;
  return { ...night, localDate: localDateOf(night.end, night.offsetMinutes) };
}

/** The parts, where all of them are told: `sleep_duration` is no sum of them in Spike's own example. */
function asleepOf(metrics: Row["metrics"]): number | null | undefined {
  const { sleep_duration_deep: deep, sleep_duration_light: light, sleep_duration_rem: rem } =
    metrics ?? {};
  const isWhole = deep != null && light != null && rem != null;
  return isWhole ? deep + light + rem : metrics?.sleep_duration;
}

const STAGES: Readonly<Record<string, SleepStage>> = {
  awake: "awake",
  awake_in_bed: "awake",
  deep: "deep",
  light: "light",
  nap: "asleep",
  out_of_bed: "out_of_bed",
  rem: "rem",
  sleeping: "asleep",
};

function stagesOf({ stages }: Row): readonly SleepStageSpan[] | undefined {
  const spans = (stages ?? []).flatMap(({ stage, start_at, end_at }): SleepStageSpan[] => {
    const start = parseInstant(start_at ?? "")?.instant;
    const end = parseInstant(end_at ?? "")?.instant;
    if (!start || !end || end < start) return [];
    return [{ stage: STAGES[stage ?? ""] ?? "unknown", start, end }];
  });
  return spans.length > 0
    ? spans.toSorted((a, b) => a.start.getTime() - b.start.getTime())
    : undefined;
}

/** Nothing else tells a nap from a night. */
function isNap({ stages }: Row): true | undefined {
  const isOne = (stages ?? []).length > 0 && stages?.every(({ stage }) => stage === "nap");
  return isOne ? true : undefined;
}

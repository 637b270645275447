/** Garmin's nights and naps; quirks in `garmin.ts`. */
import { z } from "zod";
import type { SleepSession, SleepStage, SleepStageSpan } from "../catalog/normalized.ts";
import { SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import {
  beginOf,
  kind,
  maybeNumber,
  maybeText,
  type OffsetMap,
  offsetMap,
  SUMMARY,
  summaryRecord,
  timeAt,
} from "./garmin_rows.ts";
import { present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";

const spans = z.array(
  z.looseObject({ startTimeInSeconds: maybeNumber, endTimeInSeconds: maybeNumber }),
).nullish();

/** What Garmin calls the stages, each with ours. */
const STAGES = [
  ["deep", "deep"],
  ["light", "light"],
  ["rem", "rem"],
  ["awake", "awake"],
  ["unmeasurable", "unknown"],
] as const satisfies readonly (readonly [string, SleepStage])[];

const row = z.looseObject({
  ...SUMMARY,
  deviceName: maybeText,
  deepSleepDurationInSeconds: maybeNumber,
  lightSleepDurationInSeconds: maybeNumber,
  remSleepInSeconds: maybeNumber,
  awakeDurationInSeconds: maybeNumber,
  unmeasurableSleepInSeconds: maybeNumber,
  unmeasurableSleepDurationInSeconds: maybeNumber,
  sleepLevelsMap: z.looseObject({
    deep: spans,
    light: spans,
    rem: spans,
    awake: spans,
    unmeasurable: spans,
  }).nullish(),
  averageHeartRate: maybeNumber,
  lowestHeartRate: maybeNumber,
  avgOxygenSaturation: maybeNumber,
  respirationAvg: maybeNumber,
  timeOffsetSleepSpo2: offsetMap,
  timeOffsetSleepRespiration: offsetMap,
  overallSleepScore: z.looseObject({
    value: maybeNumber,
    qualifierKey: maybeText,
    qualifier: maybeText,
  }).nullish(),
  naps: z.array(z.looseObject({
    napStartTimeInSeconds: maybeNumber,
    napDurationInSeconds: maybeNumber,
    napOffsetInSeconds: maybeNumber,
  })).nullish(),
});
type Row = z.output<typeof row>;

const sleeps = resource({
  ...kind("sleeps"),
  produces: ["sleep_score"],
  sessions: ["sleep"],
  page: listOf(row, { rows: "sleeps" }),
  record: summaryRecord,
  *normalise(row) {
    const stages = stagesOf(row);
    const night = nightOf(row, stages);
    if (night) {
      yield {
        kind: "sleep",
        ...night,
        ...measuresOf(row),
        ...(stages.length > 0 ? { stages } : {}),
      };
      const score = row.overallSleepScore;
      yield* rate("sleep_score", score?.value, [0, 100], {
        ...night,
        ...present({ qualifier: score?.qualifierKey ?? score?.qualifier }),
      });
    } else yield { kind: "quarantine", reason: "no_time" };
    yield* napsOf(row);
  },
});

type Night = Pick<SleepSession, "start" | "end" | "offsetMinutes" | "localDate">;

/**
 * A night ends with its last stage. Without stages it lasts as long as it says, or as its parts do
 * together: some durations hold the time awake and some do not.
 */
function nightOf(row: Row, stages: readonly SleepStageSpan[]): Night | undefined {
  const begin = beginOf(row);
  if (!begin || row.durationInSeconds == null) return undefined;
  const parts = (asleepOf(row) ?? 0) + (row.awakeDurationInSeconds ?? 0) +
    (unmeasurableOf(row) ?? 0);
  const length = Math.max(row.durationInSeconds, parts) * SECOND;
  const last = Math.max(...stages.map(({ end }) => end.getTime()));
  return {
    ...begin,
    end: new Date(stages.length > 0 ? last : begin.start.getTime() + length),
    ...present({ localDate: row.calendarDate }),
  };
}

/** What was slept: never the duration, which may hold the time awake. */
function asleepOf(row: Row): number | undefined {
  const parts = [
    row.deepSleepDurationInSeconds,
    row.lightSleepDurationInSeconds,
    row.remSleepInSeconds,
  ].filter((part) => part != null);
  return parts.length > 0 ? parts.reduce((sum, part) => sum + part, 0) : undefined;
}

function unmeasurableOf(row: Row) {
  return row.unmeasurableSleepInSeconds ?? row.unmeasurableSleepDurationInSeconds;
}

function measuresOf(row: Row) {
  return present({
    asleepSeconds: asleepOf(row),
    deepSeconds: row.deepSleepDurationInSeconds,
    lightSeconds: row.lightSleepDurationInSeconds,
    remSeconds: row.remSleepInSeconds,
    awakeSeconds: row.awakeDurationInSeconds,
    hrAverage: row.averageHeartRate,
    hrMinimum: row.lowestHeartRate,
    // The readings themselves come again, with the day's, as `pulseox` and `allDayRespiration`.
    spo2Average: row.avgOxygenSaturation ?? meanOf(row.timeOffsetSleepSpo2),
    respiratoryRate: row.respirationAvg ?? meanOf(row.timeOffsetSleepRespiration),
    vendorScore: row.overallSleepScore?.value,
    device: row.deviceName,
  });
}

/** Mean of what was measured: a negative number says why there was none, and so does a zero. */
function meanOf(map: OffsetMap): number | undefined {
  const readings = Object.values(map ?? {})
    .filter((one): one is number => typeof one === "number" && one > 0);
  return readings.length > 0
    ? readings.reduce((sum, one) => sum + one, 0) / readings.length
    : undefined;
}

function stagesOf({ sleepLevelsMap }: Row): readonly SleepStageSpan[] {
  return STAGES.flatMap(([name, stage]) =>
    (sleepLevelsMap?.[name] ?? []).flatMap(({ startTimeInSeconds, endTimeInSeconds }) =>
      startTimeInSeconds == null || endTimeInSeconds == null ? [] : [{
        stage,
        start: new Date(startTimeInSeconds * SECOND),
        end: new Date(endTimeInSeconds * SECOND),
      }]
    )
  ).sort((a, b) => a.start.getTime() - b.start.getTime());
}

/** Each nap under an id of its own: the night's, and when the nap began. */
function* napsOf(row: Row): Generator<SleepSession> {
  const night = summaryRecord(row)?.id;
  for (const nap of row.naps ?? []) {
    const { napStartTimeInSeconds, napDurationInSeconds, napOffsetInSeconds } = nap;
    if (napStartTimeInSeconds == null || napDurationInSeconds == null) continue;
    const begin = timeAt(napStartTimeInSeconds, napOffsetInSeconds);
    yield {
      kind: "sleep",
      id: `${night}-nap-${napStartTimeInSeconds}`,
      ...begin,
      end: new Date(begin.start.getTime() + napDurationInSeconds * SECOND),
      isNap: true,
      asleepSeconds: napDurationInSeconds,
      ...present({ device: row.deviceName }),
    };
  }
}

export const GARMIN_SLEEP = [sleeps] as const;

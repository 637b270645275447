/** Garmin's series: HRV, stress, respiration, oxygen, snapshots; quirks in `garmin.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  breathsPerMinute,
  milliseconds,
  percent,
  score,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import {
  beginOf,
  dayOf,
  kind,
  maybeNumber,
  maybeText,
  type OffsetMap,
  offsetMap,
  sense,
  series,
  spanOf,
  SUMMARY,
  type Summary,
  summaryRecord,
} from "./garmin_rows.ts";
import { present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";

const hrv = resource({
  ...kind("hrv"),
  produces: ["hrv_rmssd"],
  page: listOf(
    z.looseObject({ ...SUMMARY, lastNightAvg: maybeNumber, hrvValues: offsetMap }),
    { rows: "hrv" },
  ),
  record: summaryRecord,
  *normalise(row) {
    const night = spanOf(row) ?? beginOf(row) ?? dayOf(row);
    if (!night) return yield { kind: "quarantine", reason: "no_time" };
    // Marked as the night's, so that it is never averaged with the five minutes it is the mean of.
    yield* sense("hrv_rmssd", milliseconds(row.lastNightAvg), {
      ...night,
      ...present({ localDate: row.calendarDate }),
      dailyTotal: true,
      statistic: "nightly_average",
    });
    yield* series(row, row.hrvValues, "hrv_rmssd", milliseconds);
  },
});

const stressDetails = resource({
  ...kind("stress_details"),
  produces: ["stress_score", "body_battery"],
  page: listOf(
    z.looseObject({
      ...SUMMARY,
      timeOffsetStressLevelValues: offsetMap,
      timeOffsetBodyBatteryValues: offsetMap,
      // Both were seen under shorter names as well.
      stressLevelValues: offsetMap,
      bodyBatteryValues: offsetMap,
    }),
    { rows: "stressDetails" },
  ),
  record: summaryRecord,
  *normalise(row) {
    const stress = row.timeOffsetStressLevelValues ?? row.stressLevelValues;
    const battery = row.timeOffsetBodyBatteryValues ?? row.bodyBatteryValues;
    if (!beginOf(row)) return yield { kind: "quarantine", reason: "no_time" };
    yield* series(row, stress, "stress_score", score);
    yield* series(row, battery, "body_battery", score);
  },
});

const respiration = resource({
  ...kind("respiration"),
  produces: ["respiratory_rate"],
  page: listOf(
    z.looseObject({ ...SUMMARY, timeOffsetEpochToBreaths: offsetMap }),
    { rows: "allDayRespiration" },
  ),
  record: summaryRecord,
  *normalise(row) {
    if (!beginOf(row)) return yield { kind: "quarantine", reason: "no_time" };
    yield* series(row, row.timeOffsetEpochToBreaths, "respiratory_rate", breathsPerMinute);
  },
});

const pulseOx = resource({
  ...kind("pulse_ox"),
  produces: ["spo2"],
  page: listOf(
    z.looseObject({ ...SUMMARY, timeOffsetSpo2Values: offsetMap }),
    { rows: "pulseox" },
  ),
  record: summaryRecord,
  *normalise(row) {
    if (!beginOf(row)) return yield { kind: "quarantine", reason: "no_time" };
    yield* series(row, row.timeOffsetSpo2Values, "spo2", percent);
  },
});

/** What the two minutes of a snapshot measured, by its `summaryType`. */
const SNAPSHOT: Readonly<
  Record<string, (row: Summary, map: OffsetMap) => ReturnType<typeof series<SnapshotMetric>>>
> = {
  heart_rate: (row, map) => series(row, map, "heart_rate", beatsPerMinute),
  respiration: (row, map) => series(row, map, "respiratory_rate", breathsPerMinute),
  spo2: (row, map) => series(row, map, "spo2", percent),
  stress: (row, map) => series(row, map, "stress_score", score),
  rmssd_hrv: (row, map) => series(row, map, "hrv_rmssd", milliseconds),
  sdrr_hrv: (row, map) => series(row, map, "hrv_sdnn", milliseconds),
};
const SNAPSHOT_METRICS = [
  "heart_rate",
  "respiratory_rate",
  "spo2",
  "stress_score",
  "hrv_rmssd",
  "hrv_sdnn",
] as const;
type SnapshotMetric = typeof SNAPSHOT_METRICS[number];

const healthSnapshot = resource({
  ...kind("health_snapshot"),
  produces: SNAPSHOT_METRICS,
  page: listOf(
    z.looseObject({
      ...SUMMARY,
      summaries: z.array(z.looseObject({ summaryType: maybeText, epochSummaries: offsetMap }))
        .nullish(),
    }),
    { rows: "healthSnapshot" },
  ),
  record: summaryRecord,
  *normalise(row) {
    if (!beginOf(row)) return yield { kind: "quarantine", reason: "no_time" };
    for (const { summaryType, epochSummaries } of row.summaries ?? []) {
      yield* SNAPSHOT[summaryType ?? ""]?.(row, epochSummaries) ?? [];
    }
  },
});

export const GARMIN_SERIES = [hrv, stressDetails, respiration, pulseOx, healthSnapshot] as const;

/** Garmin's days, their quarters of an hour, and user metrics; quirks in `garmin.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  count,
  kilocalories,
  metabolicEquivalents,
  metres,
  millilitresPerKilogramMinute,
  score,
  seconds,
  years,
} from "../catalog/units.ts";
import { resource } from "./define.ts";
import {
  beginOf,
  dayOf,
  kind,
  maybeNumber,
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

/** What a summary covers until: of two of one day the longer is the newer, whichever comes first. */
function coveredUntil(row: Summary): Date | undefined {
  return spanOf(row)?.end ?? beginOf(row)?.start;
}

const dailies = resource({
  ...kind("dailies"),
  produces: [
    "steps",
    "distance",
    "floors_climbed",
    "wheelchair_pushes",
    "distance_wheelchair",
    "energy_active",
    "energy_basal",
    "energy_total",
    "active_duration",
    "active_duration_moderate",
    "active_duration_vigorous",
    "heart_rate",
    "heart_rate_avg",
    "heart_rate_max",
    "heart_rate_min",
    "resting_heart_rate",
    "stress_score",
    "stress_high_duration",
  ],
  page: listOf(
    z.looseObject({
      ...SUMMARY,
      steps: maybeNumber,
      distanceInMeters: maybeNumber,
      floorsClimbed: maybeNumber,
      pushes: maybeNumber,
      pushDistanceInMeters: maybeNumber,
      activeKilocalories: maybeNumber,
      bmrKilocalories: maybeNumber,
      activeTimeInSeconds: maybeNumber,
      moderateIntensityDurationInSeconds: maybeNumber,
      vigorousIntensityDurationInSeconds: maybeNumber,
      minHeartRateInBeatsPerMinute: maybeNumber,
      averageHeartRateInBeatsPerMinute: maybeNumber,
      maxHeartRateInBeatsPerMinute: maybeNumber,
      restingHeartRateInBeatsPerMinute: maybeNumber,
      timeOffsetHeartRateSamples: offsetMap,
      averageStressLevel: maybeNumber,
      highStressDurationInSeconds: maybeNumber,
    }),
    { rows: "dailies" },
  ),
  // By the day: the summary's id may become another while the day grows.
  record(row) {
    const id = dayOf(row)?.localDate;
    return id === undefined ? undefined : { id, ...present({ version: coveredUntil(row) }) };
  },
  *normalise(row) {
    const day = dayOf(row);
    if (!day) return yield { kind: "quarantine", reason: "no_time" };
    const [active, basal] = [row.activeKilocalories, row.bmrKilocalories];
    yield* sense("steps", count(row.steps), day);
    yield* sense("distance", metres(row.distanceInMeters), day);
    yield* sense("floors_climbed", count(row.floorsClimbed), day);
    yield* sense("wheelchair_pushes", count(row.pushes), day);
    yield* sense("distance_wheelchair", metres(row.pushDistanceInMeters), day);
    yield* sense("energy_active", kilocalories(active), day);
    yield* sense("energy_basal", kilocalories(basal), day);
    const total = active == null || basal == null ? undefined : active + basal;
    yield* sense("energy_total", kilocalories(total), day);
    yield* sense("active_duration", seconds(row.activeTimeInSeconds), day);
    yield* sense(
      "active_duration_moderate",
      seconds(row.moderateIntensityDurationInSeconds),
      day,
    );
    yield* sense(
      "active_duration_vigorous",
      seconds(row.vigorousIntensityDurationInSeconds),
      day,
    );
    const [average, maximum, minimum] = [
      { ...day, statistic: "average" },
      { ...day, statistic: "maximum" },
      { ...day, statistic: "minimum" },
    ] as const;
    yield* sense("heart_rate_avg", beatsPerMinute(row.averageHeartRateInBeatsPerMinute), average);
    yield* sense("heart_rate_max", beatsPerMinute(row.maxHeartRateInBeatsPerMinute), maximum);
    yield* sense("heart_rate_min", beatsPerMinute(row.minHeartRateInBeatsPerMinute), minimum);
    yield* sense("resting_heart_rate", beatsPerMinute(row.restingHeartRateInBeatsPerMinute), day);
    yield* sense("stress_score", score(row.averageStressLevel), average);
    yield* sense("stress_high_duration", seconds(row.highStressDurationInSeconds), day);
    yield* series(row, row.timeOffsetHeartRateSamples, "heart_rate", beatsPerMinute);
  },
});

/** A quarter of an hour of one kind of movement: there may be several of them at once. */
const epochs = resource({
  ...kind("epochs"),
  produces: [
    "steps",
    "distance",
    "energy_active",
    "active_duration",
    "met_avg",
    "heart_rate_avg",
    "heart_rate_max",
  ],
  page: listOf(
    z.looseObject({
      ...SUMMARY,
      steps: maybeNumber,
      distanceInMeters: maybeNumber,
      activeKilocalories: maybeNumber,
      activeTimeInSeconds: maybeNumber,
      met: maybeNumber,
      meanHeartRateInBeatsPerMinute: maybeNumber,
      maxHeartRateInBeatsPerMinute: maybeNumber,
    }),
    { rows: "epochs" },
  ),
  record: summaryRecord,
  *normalise(row) {
    const span = spanOf(row);
    if (!span) return yield { kind: "quarantine", reason: "no_time" };
    yield* sense("steps", count(row.steps), span);
    yield* sense("distance", metres(row.distanceInMeters), span);
    yield* sense("energy_active", kilocalories(row.activeKilocalories), span);
    yield* sense("active_duration", seconds(row.activeTimeInSeconds), span);
    yield* sense("met_avg", metabolicEquivalents(row.met), span);
    yield* sense("heart_rate_avg", beatsPerMinute(row.meanHeartRateInBeatsPerMinute), span);
    yield* sense("heart_rate_max", beatsPerMinute(row.maxHeartRateInBeatsPerMinute), span);
  },
});

const userMetrics = resource({
  ...kind("user_metrics"),
  produces: ["vo2_max", "fitness_age"],
  page: listOf(
    z.looseObject({
      ...SUMMARY,
      vo2Max: maybeNumber,
      vo2MaxCycling: maybeNumber,
      fitnessAge: maybeNumber,
    }),
    { rows: "userMetrics" },
  ),
  record: summaryRecord,
  *normalise(row) {
    const day = dayOf(row);
    if (!day) return yield { kind: "quarantine", reason: "no_time" };
    yield* sense("vo2_max", millilitresPerKilogramMinute(row.vo2Max ?? row.vo2MaxCycling), day);
    yield* sense("fitness_age", years(row.fitnessAge), day);
  },
});

export const GARMIN_DAILY = [dailies, epochs, userMetrics] as const;

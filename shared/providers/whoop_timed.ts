/** WHOOP's sleeps and workouts; quirks in `whoop.ts`. */
import { z } from "zod";
import { convert } from "../catalog/units.ts";
import { localDateOf } from "../core/time.ts";
import { resource } from "./define.ts";
import { present, rate } from "./kit/measure.ts";
import {
  collection,
  maybeNumber,
  maybeText,
  requestById,
  scored,
  scoreOf,
  secondsOf,
  timeOf,
  versioned,
} from "./whoop_collection.ts";
import { sportOf } from "./whoop_sports.ts";

const NO_TIME = { kind: "quarantine", reason: "no_time" } as const;

/** Sleeps and workouts have ids of their own; since v2 they are UUIDs. */
const activity = {
  ...scored,
  id: z.union([z.string().min(1), z.number()]),
  start: z.string(),
  end: z.string(),
  timezone_offset: maybeText,
};

const sleep = resource({
  ...collection(
    "sleep",
    "/v2/activity/sleep",
    z.looseObject({
      ...activity,
      nap: z.boolean().nullish(),
      score: z.looseObject({
        stage_summary: z.looseObject({
          total_in_bed_time_milli: maybeNumber,
          total_awake_time_milli: maybeNumber,
          total_light_sleep_time_milli: maybeNumber,
          total_slow_wave_sleep_time_milli: maybeNumber,
          total_rem_sleep_time_milli: maybeNumber,
          disturbance_count: maybeNumber,
        }).nullish(),
        respiratory_rate: maybeNumber,
        sleep_performance_percentage: maybeNumber,
        sleep_consistency_percentage: maybeNumber,
        sleep_efficiency_percentage: maybeNumber,
      }).nullish(),
    }),
  ),
  aliases: [
    "GET /v2/activity/sleep",
    "GET /v2/activity/sleep/{sleepId}",
    "GET /v2/cycle/{cycleId}/sleep",
    "GET /v2/sleep",
    "sleep",
  ],
  scope: "read:sleep",
  produces: ["sleep_score"],
  sessions: ["sleep"],
  record: (row) => versioned(row.id, row),
  requestOne: requestById("/v2/activity/sleep"),
  *normalise(row) {
    const at = timeOf(row);
    if (!at?.end) return yield NO_TIME;
    const { start, end, offsetMinutes } = at;
    // A night belongs to the morning on which it ends.
    const night = {
      start,
      end,
      ...(offsetMinutes === undefined
        ? {}
        : { offsetMinutes, localDate: localDateOf(end, offsetMinutes) }),
    };
    const score = scoreOf(row);
    const stages = score?.stage_summary;
    const light = secondsOf(stages?.total_light_sleep_time_milli);
    const deep = secondsOf(stages?.total_slow_wave_sleep_time_milli);
    const rem = secondsOf(stages?.total_rem_sleep_time_milli);
    yield {
      kind: "sleep",
      ...night,
      ...present({
        isNap: row.nap,
        inBedSeconds: secondsOf(stages?.total_in_bed_time_milli),
        asleepSeconds: light === undefined || deep === undefined || rem === undefined
          ? undefined
          : light + deep + rem,
        deepSeconds: deep,
        lightSeconds: light,
        remSeconds: rem,
        awakeSeconds: secondsOf(stages?.total_awake_time_milli),
        disturbances: stages?.disturbance_count,
        efficiencyPercent: score?.sleep_efficiency_percentage,
        respiratoryRate: score?.respiratory_rate,
        vendorScore: score?.sleep_performance_percentage,
      }),
    };
    yield* rate("sleep_score", score?.sleep_performance_percentage, [0, 100], {
      ...night,
      vendorName: "sleep_performance",
      components: present({
        consistency: score?.sleep_consistency_percentage,
        efficiency: score?.sleep_efficiency_percentage,
      }),
    });
  },
});

const workout = resource({
  ...collection(
    "workout",
    "/v2/activity/workout",
    z.looseObject({
      ...activity,
      sport_name: maybeText,
      score: z.looseObject({
        strain: maybeNumber,
        average_heart_rate: maybeNumber,
        max_heart_rate: maybeNumber,
        kilojoule: maybeNumber,
        distance_meter: maybeNumber,
        altitude_gain_meter: maybeNumber,
        zone_durations: z.looseObject({
          zone_zero_milli: maybeNumber,
          zone_one_milli: maybeNumber,
          zone_two_milli: maybeNumber,
          zone_three_milli: maybeNumber,
          zone_four_milli: maybeNumber,
          zone_five_milli: maybeNumber,
        }).nullish(),
      }).nullish(),
    }),
  ),
  aliases: [
    "GET /v2/activity/workout",
    "GET /v2/activity/workout/{workoutId}",
    "GET /v2/workout",
    "workout",
  ],
  scope: "read:workout",
  produces: [],
  sessions: ["workout"],
  record: (row) => versioned(row.id, row),
  requestOne: requestById("/v2/activity/workout"),
  *normalise(row) {
    const at = timeOf(row);
    if (!at?.end) return yield NO_TIME;
    const score = scoreOf(row);
    const energy = score?.kilojoule;
    const zones = score?.zone_durations;
    const zoneSeconds = [
      zones?.zone_zero_milli,
      zones?.zone_one_milli,
      zones?.zone_two_milli,
      zones?.zone_three_milli,
      zones?.zone_four_milli,
      zones?.zone_five_milli,
    ].map(secondsOf).filter((one) => one !== undefined);
    yield {
      kind: "workout",
      ...at,
      end: at.end,
      ...present({
        type: sportOf(row.sport_name),
        vendorType: row.sport_name,
        energyKilocalories: energy == null ? undefined : convert(energy, "kJ", "kcal"),
        distanceMetres: score?.distance_meter,
        elevationGainMetres: score?.altitude_gain_meter,
        hrAverage: score?.average_heart_rate,
        hrMaximum: score?.max_heart_rate,
        strain: score?.strain,
        // Six or none: a zone left out would shift the others.
        zoneSeconds: zoneSeconds.length === 6 ? zoneSeconds : undefined,
      }),
    };
  },
});

export const WHOOP_TIMED = [sleep, workout] as const;

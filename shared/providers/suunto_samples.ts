/** Suunto's nights, ten minutes of activity, and recovery; quirks in `suunto.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  convert,
  count,
  fraction,
  joules,
  milliseconds,
  percent,
  type Reading,
} from "../catalog/units.ts";
import { localDateOf, parseInstant } from "../core/time.ts";
import { resource } from "./define.ts";
import type { Ask } from "./driver.ts";
import { measure, present, rate } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { instant, span } from "./kit/when.ts";
import type { RecordRef } from "./resource.ts";
import {
  maybeNumber,
  maybeText,
  notSensed,
  sensed,
  SUUNTO_API,
  WINDOW_DAYS,
} from "./suunto_api.ts";

const NO_TIME = { kind: "quarantine", reason: "no_time" } as const;

/** What the three collections of samples share; `entry` is what each row holds. */
function collection<Entry>(name: string, entry: z.ZodType<Entry>) {
  return {
    name,
    aliases: [`GET /247samples/${name}`, `SUUNTO_247_${name.toUpperCase()}_CREATED`],
    pageDays: WINDOW_DAYS,
    // A product that the app has not subscribed to, and days that the watch has not sent yet.
    emptyStatuses: [404],
    page: listOf(z.looseObject({ timestamp: z.string(), entryData: entry }), { rows: "samples" }),
    request: ({ window }: Ask) => {
      const url = new URL(`${SUUNTO_API}/247samples/${name}`);
      url.searchParams.set("from", String(window.from.getTime()));
      url.searchParams.set("to", String(window.to.getTime()));
      return new Request(url);
    },
  };
}

/** Samples have no id: one is what it was that moment. */
function byTime({ timestamp }: { readonly timestamp: string }): RecordRef | undefined {
  const at = parseInstant(timestamp);
  return at && { id: at.instant.toISOString() };
}

/** A share of 1 as documented; some watches send percents, and no share is more than 1. */
function saturation(reading: Reading) {
  return reading != null && reading > 1 ? percent(reading) : fraction(reading);
}

const sleep = resource({
  ...collection(
    "sleep",
    z.looseObject({
      SleepId: z.union([z.number(), z.string()]).nullish(),
      BedtimeStart: maybeText,
      BedtimeEnd: maybeText,
      Duration: maybeNumber,
      DeepSleepDuration: maybeNumber,
      LightSleepDuration: maybeNumber,
      REMSleepDuration: maybeNumber,
      SleepOnsetLatencyDuration: maybeNumber,
      HRAvg: maybeNumber,
      HRMin: maybeNumber,
      AvgHRV: maybeNumber,
      MaxSpO2: maybeNumber,
      MaxSpo2: maybeNumber,
      SleepQualityScore: maybeNumber,
      IsNap: z.boolean().nullish(),
    }),
  ),
  produces: ["sleep_score", "spo2"],
  sessions: ["sleep"],
  record: (row) => {
    const id = row.entryData.SleepId;
    return id == null || id === 0 ? byTime(row) : { id: String(id) };
  },
  *normalise({ entryData: entry }) {
    const bed = span(entry.BedtimeStart, entry.BedtimeEnd);
    if (!bed) return yield NO_TIME;
    const { offsetMinutes, end } = bed;
    // A night belongs to the morning on which it ends.
    const night = {
      ...bed,
      ...(offsetMinutes === undefined ? {} : { localDate: localDateOf(end, offsetMinutes) }),
    };
    const [deep, light, rem] = [
      entry.DeepSleepDuration,
      entry.LightSleepDuration,
      entry.REMSleepDuration,
    ];
    const asleep = deep == null || light == null || rem == null ? undefined : deep + light + rem;
    // `Duration` is that of the night, awake or not.
    const awake = entry.Duration == null || asleep === undefined
      ? undefined
      : entry.Duration - asleep;
    yield {
      kind: "sleep",
      ...night,
      ...present({
        isNap: entry.IsNap,
        inBedSeconds: entry.Duration,
        asleepSeconds: asleep,
        deepSeconds: deep,
        lightSeconds: light,
        remSeconds: rem,
        awakeSeconds: awake !== undefined && awake >= 0 ? awake : undefined,
        latencySeconds: entry.SleepOnsetLatencyDuration,
        hrAverage: sensed(entry.HRAvg),
        hrMinimum: sensed(entry.HRMin),
        hrvRmssd: sensed(entry.AvgHRV),
        vendorScore: entry.SleepQualityScore,
      }),
    };
    yield* notSensed(entry.HRAvg, entry.HRMin, entry.AvgHRV);
    yield* rate("sleep_score", entry.SleepQualityScore, [0, 100], {
      ...night,
      vendorName: "sleep_quality",
    });
    yield* measure("spo2", saturation(entry.MaxSpO2 ?? entry.MaxSpo2), {
      ...night,
      statistic: "maximum",
    });
  },
});

const activity = resource({
  ...collection(
    "activity",
    z.looseObject({
      HR: maybeNumber,
      StepCount: maybeNumber,
      EnergyConsumption: maybeNumber,
      SpO2: maybeNumber,
      HRV: maybeNumber,
    }),
  ),
  produces: ["heart_rate", "steps", "energy_active", "spo2", "hrv_rmssd"],
  record: byTime,
  *normalise({ timestamp, entryData: entry }) {
    const at = instant(timestamp);
    if (!at) return yield NO_TIME;
    yield* measure("heart_rate", beatsPerMinute(sensed(entry.HR)), at);
    yield* measure("hrv_rmssd", milliseconds(sensed(entry.HRV)), at);
    yield* notSensed(entry.HR, entry.HRV);
    yield* measure("steps", count(entry.StepCount), at);
    yield* measure("energy_active", joules(entry.EnergyConsumption), at);
    yield* measure("spo2", saturation(entry.SpO2), at);
  },
});

/** 0 is "invalid". */
const STRESS = [undefined, "relaxing", "active", "passive", "stressful"];

const recovery = resource({
  ...collection(
    "recovery",
    z.looseObject({ Balance: maybeNumber, StressState: maybeNumber }),
  ),
  produces: ["recovery_score"],
  record: byTime,
  *normalise({ timestamp, entryData: { Balance, StressState } }) {
    const at = instant(timestamp);
    if (!at) return yield NO_TIME;
    const balance = Balance == null ? undefined : convert(Balance, "fraction", "%");
    yield* rate("recovery_score", balance, [0, 100], {
      ...at,
      vendorName: "balance",
      ...present({ qualifier: STRESS[StressState ?? 0] }),
    });
    yield* notSensed(StressState);
  },
});

export const SUUNTO_SAMPLES = [sleep, activity, recovery] as const;

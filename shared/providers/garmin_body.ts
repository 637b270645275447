/** Garmin's scale, cuff, skin temperature and menstrual cycle; quirks in `garmin.ts`. */
import { z } from "zod";
import {
  beatsPerMinute,
  celsius,
  dayNumber,
  grams,
  kelvinDifference,
  kilogramsPerSquareMetre,
  millimetresOfMercury,
  percent,
} from "../catalog/units.ts";
import { addDays } from "../core/time.ts";
import { resource } from "./define.ts";
import {
  beginOf,
  dayOf,
  kind,
  maybeNumber,
  maybeText,
  sense,
  SUMMARY,
  summaryRecord,
  timeAt,
} from "./garmin_rows.ts";
import { measure, present } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { dayOf as localDay } from "./kit/when.ts";

/** What is measured at an instant has other words for it. */
const MEASUREMENT = {
  summaryId: maybeText,
  measurementTimeInSeconds: maybeNumber,
  measurementTimeOffsetInSeconds: maybeNumber,
};
const measurement = z.looseObject(MEASUREMENT);
type Measurement = z.output<typeof measurement>;

function measurementRecord({ summaryId, measurementTimeInSeconds }: Measurement) {
  const id = summaryId ?? measurementTimeInSeconds;
  return id == null ? undefined : { id: String(id) };
}

function measuredAt(row: Measurement) {
  const { measurementTimeInSeconds, measurementTimeOffsetInSeconds } = row;
  return measurementTimeInSeconds == null
    ? undefined
    : timeAt(measurementTimeInSeconds, measurementTimeOffsetInSeconds);
}

const bodyComps = resource({
  ...kind("body_comps"),
  produces: [
    "body_weight",
    "bmi",
    "body_fat_percentage",
    "body_water_percentage",
    "skeletal_muscle_mass",
    "bone_mass",
  ],
  page: listOf(
    z.looseObject({
      ...MEASUREMENT,
      weightInGrams: maybeNumber,
      bodyMassIndex: maybeNumber,
      bodyFatInPercent: maybeNumber,
      bodyWaterInPercent: maybeNumber,
      muscleMassInGrams: maybeNumber,
      boneMassInGrams: maybeNumber,
    }),
    { rows: "bodyComps" },
  ),
  record: measurementRecord,
  *normalise(row) {
    const at = measuredAt(row);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    yield* sense("body_weight", grams(row.weightInGrams), at);
    yield* sense("bmi", kilogramsPerSquareMetre(row.bodyMassIndex), at);
    yield* sense("body_fat_percentage", percent(row.bodyFatInPercent), at);
    yield* sense("body_water_percentage", percent(row.bodyWaterInPercent), at);
    yield* sense("skeletal_muscle_mass", grams(row.muscleMassInGrams), at);
    yield* sense("bone_mass", grams(row.boneMassInGrams), at);
  },
});

/** How a reading came to be; other words say nothing of it. */
const ENTRIES: Readonly<Record<string, "manual" | "automatic">> = {
  MANUAL: "manual",
  DEVICE: "automatic",
};

const bloodPressures = resource({
  ...kind("blood_pressures"),
  produces: ["blood_pressure_systolic", "blood_pressure_diastolic", "heart_rate"],
  page: listOf(
    z.looseObject({
      ...MEASUREMENT,
      systolic: maybeNumber,
      diastolic: maybeNumber,
      pulse: maybeNumber,
      sourceType: maybeText,
    }),
    { rows: "bloodPressures" },
  ),
  record: measurementRecord,
  *normalise(row) {
    const time = measuredAt(row);
    if (!time) return yield { kind: "quarantine", reason: "no_time" };
    const at = { ...time, ...present({ entry: ENTRIES[row.sourceType ?? ""] }) };
    yield* sense("blood_pressure_systolic", millimetresOfMercury(row.systolic), at);
    yield* sense("blood_pressure_diastolic", millimetresOfMercury(row.diastolic), at);
    yield* sense("heart_rate", beatsPerMinute(row.pulse), at);
  },
});

const skinTemp = resource({
  ...kind("skin_temp"),
  produces: ["skin_temperature", "skin_temperature_deviation"],
  page: listOf(
    z.looseObject({ ...SUMMARY, skinTemperature: maybeNumber, avgDeviationCelsius: maybeNumber }),
    { rows: "skinTemp" },
  ),
  record: summaryRecord,
  *normalise(row) {
    const at = beginOf(row) ?? dayOf(row);
    if (!at) return yield { kind: "quarantine", reason: "no_time" };
    const night = { ...at, ...present({ localDate: row.calendarDate }) };
    yield* measure("skin_temperature", celsius(row.skinTemperature), night);
    // Half of all deviations are negative, so none of them is a sentinel.
    yield* measure("skin_temperature_deviation", kelvinDifference(row.avgDeviationCelsius), night);
  },
});

const menstrualCycle = resource({
  ...kind("menstrual_cycle"),
  produces: ["cycle_day"],
  page: listOf(
    z.looseObject({
      summaryId: maybeText,
      periodStartDateStr: z.iso.date().nullish(),
      periodStartDate: z.iso.date().nullish(),
      dayInCycle: maybeNumber,
      cycleLength: maybeNumber,
      predictedCycle: z.boolean().nullish(),
      isPredictedCycle: z.boolean().nullish(),
    }),
    { rows: "mct" },
  ),
  record({ summaryId, periodStartDateStr, periodStartDate }) {
    const id = summaryId ?? periodStartDateStr ?? periodStartDate;
    return id == null ? undefined : { id };
  },
  *normalise(row) {
    const periodStart = row.periodStartDateStr ?? row.periodStartDate;
    const { dayInCycle, cycleLength } = row;
    yield {
      kind: "menstrual_cycle",
      ...present({ periodStart, dayInCycle, cycleLengthDays: cycleLength }),
    };
    // A prediction is no measurement.
    if (periodStart == null || dayInCycle == null) return;
    if (row.isPredictedCycle ?? row.predictedCycle) return;
    yield* measure(
      "cycle_day",
      dayNumber(dayInCycle),
      localDay(addDays(periodStart, Math.round(dayInCycle) - 1)),
    );
  },
});

export const GARMIN_BODY = [bodyComps, bloodPressures, skinTemp, menstrualCycle] as const;

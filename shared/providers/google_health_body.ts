/** Google's points of a scale, a thermometer and a meter; quirks in `google_health.ts`. */
import { z } from "zod";
import { celsius, grams, milligramsPerDecilitre, millimetres, percent } from "../catalog/units.ts";
import { resource } from "./define.ts";
import {
  instantOf,
  listed,
  maybeNumber,
  maybeText,
  maybeWhole,
  MEASUREMENTS,
  numberOf,
  point,
  sampleTime,
  sourceOf,
  timed,
} from "./google_health_points.ts";
import { measure } from "./kit/measure.ts";

const weight = resource({
  ...listed("weight", "sample", {
    row: z.looseObject({
      ...point,
      weight: z.looseObject({ sampleTime, weightGrams: maybeNumber }),
    }),
    at: ({ weight }) => instantOf(weight.sampleTime),
  }),
  scope: MEASUREMENTS,
  produces: ["body_weight"],
  normalise: (row) =>
    timed(
      instantOf(row.weight.sampleTime),
      (at) => measure("body_weight", grams(row.weight.weightGrams), { ...at, ...sourceOf(row) }),
    ),
});

const bodyFat = resource({
  ...listed("body-fat", "sample", {
    row: z.looseObject({
      ...point,
      bodyFat: z.looseObject({ sampleTime, percentage: maybeNumber }),
    }),
    at: ({ bodyFat }) => instantOf(bodyFat.sampleTime),
  }),
  scope: MEASUREMENTS,
  produces: ["body_fat_percentage"],
  normalise: (row) =>
    timed(
      instantOf(row.bodyFat.sampleTime),
      (at) =>
        measure("body_fat_percentage", percent(row.bodyFat.percentage), {
          ...at,
          ...sourceOf(row),
        }),
    ),
});

const height = resource({
  ...listed("height", "sample", {
    row: z.looseObject({
      ...point,
      height: z.looseObject({ sampleTime, heightMillimeters: maybeWhole }),
    }),
    at: ({ height }) => instantOf(height.sampleTime),
  }),
  scope: MEASUREMENTS,
  produces: ["height"],
  normalise: (row) =>
    timed(
      instantOf(row.height.sampleTime),
      (at) =>
        measure("height", millimetres(numberOf(row.height.heightMillimeters)), {
          ...at,
          ...sourceOf(row),
        }),
    ),
});

const coreBodyTemperature = resource({
  ...listed("core-body-temperature", "sample", {
    row: z.looseObject({
      ...point,
      coreBodyTemperature: z.looseObject({ sampleTime, temperatureCelsius: maybeNumber }),
    }),
    at: ({ coreBodyTemperature }) => instantOf(coreBodyTemperature.sampleTime),
  }),
  scope: MEASUREMENTS,
  produces: ["body_temperature"],
  normalise: (row) =>
    timed(
      instantOf(row.coreBodyTemperature.sampleTime),
      (at) =>
        measure("body_temperature", celsius(row.coreBodyTemperature.temperatureCelsius), {
          ...at,
          ...sourceOf(row),
        }),
    ),
});

/** A sensor under the skin is another metric than a drop of blood; whoever says neither means blood. */
const bloodGlucose = resource({
  ...listed("blood-glucose", "sample", {
    row: z.looseObject({
      ...point,
      bloodGlucose: z.looseObject({
        sampleTime,
        bloodGlucoseMilligramsPerDeciliter: maybeNumber,
        measurementSource: maybeText,
        specimen: maybeText,
      }),
    }),
    at: ({ bloodGlucose }) => instantOf(bloodGlucose.sampleTime),
  }),
  scope: MEASUREMENTS,
  produces: ["glucose", "glucose_blood"],
  normalise: (row) =>
    timed(instantOf(row.bloodGlucose.sampleTime), (time) => {
      const { measurementSource, specimen } = row.bloodGlucose;
      const isSensor = measurementSource === "CONTINUOUS_GLUCOSE_MONITORING" ||
        measurementSource == null && specimen === "INTERSTITIAL_FLUID";
      const value = milligramsPerDecilitre(row.bloodGlucose.bloodGlucoseMilligramsPerDeciliter);
      const at = { ...time, ...sourceOf(row) };
      return isSensor ? measure("glucose", value, at) : measure("glucose_blood", value, at);
    }),
});

export const GOOGLE_HEALTH_BODY = [
  weight,
  bodyFat,
  height,
  coreBodyTemperature,
  bloodGlucose,
] as const;

import { z } from "zod";
import { glucoseUnit } from "../metrics/glucose.ts";
import { answerOf, day, offsetMinutes, sourceRef, time } from "./parts.ts";

const percent = (description: string) =>
  z.number().meta({ description: `Per cent: ${description}` });

const reading = z.object({
  value: z.number(),
  ts: time,
  localDate: day,
  offsetMinutes: offsetMinutes.optional(),
  sourceId: z.int().meta({ description: "Which of `sources`" }),
}).meta({ id: "GlucoseReading" });

const stats = z.object({
  latest: z.number(),
  avg: z.number().meta({ description: "Mean" }),
  min: z.number(),
  max: z.number(),
  count: z.int().meta({ description: "Readings that these statistics are of" }),
  sd: z.number().nullable().meta({
    description: "Standard deviation of the sample; null of one reading",
  }),
  cv: z.number().nullable().meta({ description: "Per cent: SD / mean. Stable below 36" }),
  gmi: percent("3.31 + 0.02392 × mean in mg/dL (Bergenstal 2018)"),
  timeInRange: z.object({
    veryLow: percent("readings below `thresholds.veryLow`"),
    low: percent("readings below `thresholds.low`, those of `veryLow` among them"),
    inRange: percent("readings from `thresholds.low` to `thresholds.high`, both included"),
    high: percent("readings above `thresholds.high`, those of `veryHigh` among them"),
    veryHigh: percent("readings above `thresholds.veryHigh`"),
    thresholds: z.object({
      veryLow: z.number(),
      low: z.number(),
      high: z.number(),
      veryHigh: z.number(),
    }),
  }),
  sensorActive: percent("of the period that readings cover, by the sensor's own pace"),
  days: z.int().meta({ description: "Local days that have readings" }),
}).meta({ id: "GlucoseStatistics" });

export const glucose = z.object({
  unit: glucoseUnit,
  latest: reading.nullable().meta({ description: "Newest reading of a sensor; null without any" }),
  readings: z.array(reading).meta({ description: "Newest first, of the best source of each day" }),
  stats: stats.nullable().meta({ description: "Null where the period has no readings" }),
  period: z.object({ since: time, until: time }),
  sources: z.array(sourceRef).meta({ description: "Whose readings these are" }),
});

export const glucoseAnswer = answerOf(glucose).meta({ id: "GlucoseAnswer" });

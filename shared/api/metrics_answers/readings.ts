import { z } from "zod";
import { answerOf, day, metricCode, offsetMinutes, pageOf, time, unit } from "./parts.ts";

export const reading = z.object({
  id: z.string(),
  metric: metricCode,
  value: z.number(),
  unit,
  ts: time.meta({ description: "The instant, or the start of the span" }),
  end: time.optional().meta({ description: "End of the span; absent for an instant" }),
  source: z.string().meta({ description: "Slug of the provider", example: "oura" }),
  sourceId: z.int().meta({ description: "For the filter `source`" }),
  via: z.string().optional().meta({ description: "The service behind an aggregator" }),
  deviceId: z.string().optional().meta({ description: "Device as the provider names it" }),
  offsetMinutes: offsetMinutes.optional(),
  localDate: day.meta({ description: "The person's day: of waking for what belongs to a sleep" }),
  dailyTotal: z.boolean().meta({
    description: "A whole day's value: never add the day's other values to it",
  }),
});

const metric = reading.extend({
  metric_type: z.string().meta({ description: "The metric in the app's older words" }),
  metric_value: z.number(),
  metric_unit: z.string(),
  recorded_at: time,
}).meta({ id: "Metric", description: "One value of one metric at one time" });

export const metricsAnswer = pageOf(metric).meta({ id: "MetricsAnswer" });
export const latestAnswer = answerOf(z.array(metric)).meta({ id: "LatestAnswer" });

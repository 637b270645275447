import { z } from "zod";
import { answerOf, day, metricCode, receipt, unit } from "./parts.ts";

export const metricOfDay = z.object({
  metric: metricCode,
  value: z.number().meta({ description: "The day's, by the metric's aggregate" }),
  unit,
  aggregate: z.enum(["avg", "sum", "min", "max", "last"]),
  low: z.number().meta({ description: "Lowest single value of the winner" }),
  high: z.number().meta({ description: "Highest single value of the winner" }),
  receipt,
}).meta({ id: "MetricOfDay" });

export const summaryDay = z.object({
  date: day,
  steps: z.number().optional(),
  calories: z.number().optional().meta({ description: "kcal: total energy, else active energy" }),
  heartRateAvg: z.number().optional().meta({ description: "Beats per minute" }),
  sleepDuration: z.number().optional().meta({
    description: "Hours asleep, of the night that ended",
  }),
  glucose: z.object({ avg: z.number(), min: z.number(), max: z.number() }).optional().meta({
    description: "mg/dL, by a sensor",
  }),
  metrics: z.array(metricOfDay).meta({ description: "Every metric that the day has, by its code" }),
}).meta({
  id: "DailySummary",
  description: "One day of the person, each metric of its best source",
});

const meta = z.object({
  timeZone: z.string().nullable().meta({
    description: "By which days begin where a reading says nothing; null where unknown (UTC then)",
  }),
});

export const summaryAnswer = answerOf(summaryDay).extend({ meta }).meta({ id: "SummaryAnswer" });
export const summaryDaysAnswer = answerOf(z.array(summaryDay)).extend({ meta })
  .meta({ id: "SummaryDaysAnswer", description: "Newest first; days without values are left out" });

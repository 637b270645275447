import { z } from "zod";
import { DAY } from "../../core/time.ts";
import { inOrder, localDate, NOT_IN_ORDER, provider, source, types } from "./parameters.ts";
import { answerOf, day, metricCode, receipt, type Told, unit } from "./parts.ts";

const MAX_DAYS = 366;

const selection = {
  types: types.optional(),
  provider: provider.optional(),
  source: source.optional(),
};

/** Query of `GET /metrics/summary/daily`, body of the same by POST. */
export const summaryQuery = z.strictObject({
  ...selection,
  date: localDate.optional().meta({ description: "The person's day; today where it is absent" }),
});

/** `[since, until)`. Query of `GET /metrics/summary/days`, body of the same by POST. */
export const summaryDaysQuery = z.strictObject({
  ...selection,
  since: localDate.optional().meta({
    description: "First day; 30 days before `until` where absent",
  }),
  until: localDate.optional().meta({ description: "Day behind the last; tomorrow where absent" }),
}).refine(inOrder, NOT_IN_ORDER).refine(
  ({ since, until }) => !since || !until || Date.parse(until) - Date.parse(since) <= MAX_DAYS * DAY,
  { path: ["until"], message: `More than ${MAX_DAYS} days after since` },
);

const metricOfDay = z.object({
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

export type MetricOfDay = Told<typeof metricOfDay>;

/** A day with the seed's members, which stand for one metric each, in the seed's units. */
export function presentDay(date: string, metrics: readonly MetricOfDay[]): Told<typeof summaryDay> {
  const of = (code: string) => metrics.find(({ metric }) => metric === code);
  const steps = of("steps")?.value;
  const calories = (of("energy_total") ?? of("energy_active"))?.value;
  const heartRateAvg = of("heart_rate")?.value;
  const sleep = of("sleep_duration")?.value;
  const glucose = of("glucose");
  return {
    date,
    ...(steps === undefined ? {} : { steps }),
    ...(calories === undefined ? {} : { calories }),
    ...(heartRateAvg === undefined ? {} : { heartRateAvg }),
    ...(sleep === undefined ? {} : { sleepDuration: sleep / 60 }),
    ...(glucose ? { glucose: { avg: glucose.value, min: glucose.low, max: glucose.high } } : {}),
    metrics,
  };
}

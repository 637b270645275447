import { z } from "zod";
import { DAY } from "../../core/time.ts";
import type { metricOfDay, summaryDay } from "../metrics_answers/summary.ts";
import type { Told } from "../told.ts";
import { inOrder, localDate, NOT_IN_ORDER, provider, source, types } from "./parameters.ts";

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

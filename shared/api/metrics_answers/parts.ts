/** What several of the answers are made of. */
import { z } from "zod";

export { metricCode } from "../metric_code.ts";

/** The envelope of every answer. */
export function answerOf<S extends z.ZodType>(data: S) {
  return z.object({ success: z.literal(true), data });
}

/** The envelope of a list that goes on. */
export function pageOf<S extends z.ZodType>(row: S) {
  return answerOf(z.array(row)).extend({
    meta: z.object({
      limit: z.int(),
      nextCursor: z.string().nullable().meta({
        description: "For the next page; null where this is the last",
      }),
    }),
  });
}

export const time = z.string().meta({
  description: "ISO 8601 in UTC",
  example: "2026-03-01T07:30:00.000000Z",
});

export const day = z.string().meta({
  description: "Day of the person's own calendar",
  example: "2026-03-01",
});

export const offsetMinutes = z.int().meta({
  description: "The person's clock then, minutes east of UTC; absent where unknown",
});

export const unit = z.string().meta({ description: "Of the values", example: "bpm" });

export const sourceRef = z.object({
  id: z.int().meta({ description: "For the filter `source`" }),
  provider: z.string().meta({ description: "Slug of the provider", example: "oura" }),
  via: z.string().optional().meta({ description: "The service behind an aggregator" }),
  device: z.string().optional().meta({ description: "As the provider names it" }),
  deviceClass: z.string().optional().meta({ description: "watch, ring, phone …" }),
  dailyTotal: z.boolean().meta({ description: "Its values are of whole days" }),
  statistic: z.string().optional().meta({
    description: "average, nightly_average, minimum, maximum",
  }),
  entry: z.string().optional().meta({ description: "manual or automatic" }),
  estimated: z.literal(true).optional().meta({ description: "Derived by the vendor" }),
}).meta({ id: "Source", description: "Where values come from and how they were made" });

const rule = z.enum([
  "only_source",
  "person_order",
  "device_class",
  "own_daily_total",
  "method",
  "recency",
]).meta({
  id: "SourceRule",
  description:
    "Why one source came before another: the person's order; the class of the device; of one device a " +
    "whole day's value before single readings, and a plain measurement before a mean or an estimate; " +
    "who was heard last",
});

const share = {
  source: sourceRef,
  value: z.number().meta({ description: "What this source says alone" }),
  counted: z.number().meta({ description: "How much of it is in the answer" }),
  readings: z.int().meta({ description: "Values of this source that day" }),
};

export const receipt = z.object({
  rule,
  winner: z.object(share),
  losers: z.array(z.object({
    ...share,
    rule,
    overlapHours: z.int().meta({
      description: "Local hours in which a better source had readings as well",
    }),
  })),
}).meta({
  id: "Receipt",
  description: "Which source the value is of, which others there were, and why they came behind",
});

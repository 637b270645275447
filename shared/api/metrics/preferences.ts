import { z } from "zod";
import { isMetricCode, type MetricCategory, METRICS } from "../../catalog/metrics.ts";
import { offsetIn } from "../../core/time.ts";
import type { preferences } from "../metrics_answers/preferences.ts";
import type { Told } from "../told.ts";
import { provider } from "./parameters.ts";

const CATEGORIES = [...new Set(Object.values(METRICS).map(({ category }) => category))] as [
  MetricCategory,
  ...MetricCategory[],
];

/** A name of the IANA database: an offset is no zone, for it knows no summer. */
const timeZone = z.string().regex(/^[A-Za-z]+(\/[A-Za-z0-9_+-]+)*$/).max(64)
  .refine((zone) => offsetIn(zone, new Date(0)) !== undefined, "Not a time zone")
  .meta({ description: "IANA time zone", example: "Europe/Berlin" });

/** As a provider writes it, without what no text of the database holds. */
function name(length: number) {
  return z.string().min(1).max(length).refine((text) => !/\p{Cc}/u.test(text), "Not a name");
}

const entry = z.strictObject({
  provider,
  via: name(64).optional().meta({
    description: "Only what comes through this service behind an aggregator",
  }),
  device: name(200).optional().meta({
    description: "Only this device, as the provider names it",
  }),
}).meta({ id: "OrderEntry" });

const order = z.array(entry).max(50).refine(
  (list) =>
    new Set(list.map((one) => JSON.stringify([one.provider, one.via, one.device]))).size ===
      list.length,
  "A source is listed twice",
).meta({ description: "Best first; what is not listed comes behind, by the class of its device" });

export const sources = z.strictObject({
  all: order.default([]).meta({ description: "For every metric that has no order of its own" }),
  categories: z.partialRecord(z.enum(CATEGORIES), order).default({}).meta({
    description: "For the metrics of a category",
  }),
  metrics: z.record(
    z.string().refine((code): boolean => isMetricCode(code), "Unknown metric"),
    order,
  ).default({}).meta({
    description: "For one metric, by its code",
  }),
}).meta({ id: "SourceOrder", description: "Which source to believe before which" });

/** Body of `PUT /metrics/preferences`: what is absent stays, null is forgotten. */
export const preferencesBody = z.strictObject({
  timeZone: timeZone.nullable().optional(),
  sources: sources.nullable().optional(),
});

export const noQuery = z.strictObject({});

export type Preferences = Told<typeof preferences>;

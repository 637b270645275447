import { z } from "zod";
import { inOrder, localDate, NOT_IN_ORDER, provider, source, types } from "./parameters.ts";
import { answerOf, day, metricCode, sourceRef, time, type Told } from "./parts.ts";

/** Of the days `[since, until)`, or of all. Query of `GET /metrics/coverage`, body of the same by POST. */
export const coverageQuery = z.strictObject({
  types: types.optional(),
  since: localDate.optional(),
  until: localDate.optional(),
  provider: provider.optional(),
  source: source.optional(),
}).refine(inOrder, NOT_IN_ORDER);

export const coverage = z.object({
  metric: metricCode,
  source: sourceRef,
  firstDate: day.meta({ description: "First day with values" }),
  lastDate: day.meta({ description: "Last day with values" }),
  firstAt: time.meta({ description: "The first value" }),
  lastAt: time.meta({ description: "The newest value" }),
  days: z.int().meta({ description: "Days with values, from the first to the last" }),
}).meta({ id: "Coverage", description: "What one source has of one metric" });

export const coverageAnswer = answerOf(z.array(coverage)).meta({ id: "CoverageAnswer" });
export type Coverage = Told<typeof coverage>;

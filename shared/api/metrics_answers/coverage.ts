import { z } from "zod";
import { answerOf, day, metricCode, sourceRef, time } from "./parts.ts";

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

import { z } from "zod";
import { metricCode, pageOf, time } from "./parts.ts";

export const access = z.object({
  id: z.string(),
  ts: time,
  action: z.string().meta({ description: "What was done", example: "metrics.list" }),
  metrics: z.array(metricCode).optional().meta({
    description: "Which were asked for; absent for all",
  }),
  since: z.string().optional(),
  until: z.string().optional(),
  requestId: z.string().meta({ description: "`x-request-id` of that answer" }),
}).meta({ id: "AccessRecord", description: "One access to the person's own data" });

export const accessesAnswer = pageOf(access).meta({ id: "AccessesAnswer" });

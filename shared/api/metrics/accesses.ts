import { z } from "zod";
import { cursor, limit } from "./parameters.ts";
import { metricCode, pageOf, time, type Told } from "./parts.ts";

/** Query of `GET /metrics/accesses`, body of the same by POST. */
export const accessesQuery = z.strictObject({ limit, cursor: cursor.optional() });

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
export type AccessRecord = Told<typeof access>;

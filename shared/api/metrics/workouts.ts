import { z } from "zod";
import type { workout } from "../metrics_answers/workouts.ts";
import type { Told } from "../told.ts";
import { cursor, inOrder, instant, limit, NOT_IN_ORDER, provider, source } from "./parameters.ts";

/** Those that start in `[since, until)`, newest first. Query of `GET /metrics/workouts`, body by POST. */
export const workoutsQuery = z.strictObject({
  since: instant.optional(),
  until: instant.optional(),
  type: z.string().regex(/^[a-z0-9_]{1,64}$/, "Not a sport").optional().meta({
    description: "Our word for the sport",
    example: "running",
  }),
  provider: provider.optional(),
  source: source.optional(),
  limit,
  cursor: cursor.optional(),
}).refine(inOrder, NOT_IN_ORDER);

export type Workout = Told<typeof workout>;

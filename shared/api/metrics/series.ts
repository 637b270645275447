import { z } from "zod";
import { METRICS } from "../../catalog/metrics.ts";
import { DAY, HOUR, MINUTE } from "../../core/time.ts";
import type { series } from "../metrics_answers/series.ts";
import type { Told } from "../told.ts";
import { inOrder, instant, NOT_IN_ORDER, provider, source, types } from "./parameters.ts";

export const RESOLUTIONS = { "5m": 5 * MINUTE, "1h": HOUR, "1d": DAY } as const;
export type Resolution = keyof typeof RESOLUTIONS;

/** What is answered where nothing says since when. */
const USUAL_SPAN = { "5m": DAY, "1h": 7 * DAY, "1d": 30 * DAY } as const;

/** Of one answer, over all its columns. */
export const MAX_POINTS = 100_000;

export const resolution = z.enum(["5m", "1h", "1d"]);
export const aggregate = z.enum(["avg", "sum", "min", "max", "last", "count"]);

/** `[since, until)`. Query of `GET /metrics/series`, body of the same by POST. */
export const seriesQuery = z.strictObject({
  types,
  resolution: resolution.default("1h").meta({
    description: "1d: days of the person's calendar; 5m and 1h without whole days' values",
  }),
  aggregate: aggregate.optional().meta({
    description: "How values become a point; each metric's own where it is absent",
  }),
  since: instant.optional().meta({ description: "1, 7 or 30 days before `until` where absent" }),
  until: instant.optional().meta({ description: "Now where absent" }),
  provider: provider.optional(),
  source: source.optional(),
}).refine(inOrder, NOT_IN_ORDER).superRefine((query, ctx) => {
  for (const code of query.types.types) {
    const own = METRICS[code].aggregate;
    const { aggregate = own } = query;
    const fits = own !== "none" &&
      (aggregate === "count" || (aggregate === "sum") === (own === "sum"));
    if (!fits) {
      ctx.addIssue({ code: "custom", path: ["aggregate"], message: `Nothing for ${code}` });
    }
  }
});

/** The span that is meant, by the clock `now`; nothing where it could have more points than we answer. */
export function spanOf(
  query: z.output<typeof seriesQuery>,
  now: Date,
): { readonly since: Date; readonly until: Date } | undefined {
  const until = query.until ?? now;
  const since = query.since ?? new Date(until.getTime() - USUAL_SPAN[query.resolution]);
  const buckets = (until.getTime() - since.getTime()) / RESOLUTIONS[query.resolution];
  return buckets > 0 && Math.ceil(buckets) * query.types.types.length <= MAX_POINTS
    ? { since, until }
    : undefined;
}

export type Series = Told<typeof series>;

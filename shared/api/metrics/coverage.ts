import { z } from "zod";
import type { coverage } from "../metrics_answers/coverage.ts";
import type { Told } from "../told.ts";
import { inOrder, localDate, NOT_IN_ORDER, provider, source, types } from "./parameters.ts";

/** Of the days `[since, until)`, or of all. Query of `GET /metrics/coverage`, body of the same by POST. */
export const coverageQuery = z.strictObject({
  types: types.optional(),
  since: localDate.optional(),
  until: localDate.optional(),
  provider: provider.optional(),
  source: source.optional(),
}).refine(inOrder, NOT_IN_ORDER);

export type Coverage = Told<typeof coverage>;

import { z } from "zod";
import type { sleep } from "../metrics_answers/sleep.ts";
import type { Told } from "../told.ts";
import { provider, source, whole } from "./parameters.ts";

/** Query of `GET /metrics/sleep/latest`, body of the same by POST. */
export const sleepQuery = z.strictObject({
  days: whole(1, 366, "How far back the last sleep may lie").prefault(30),
  provider: provider.optional(),
  source: source.optional(),
});

export type Sleep = Told<typeof sleep>;

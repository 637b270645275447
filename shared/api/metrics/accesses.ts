import { z } from "zod";
import type { access } from "../metrics_answers/accesses.ts";
import type { Told } from "../told.ts";
import { cursor, limit } from "./parameters.ts";

/** Query of `GET /metrics/accesses`, body of the same by POST. */
export const accessesQuery = z.strictObject({ limit, cursor: cursor.optional() });

export type AccessRecord = Told<typeof access>;

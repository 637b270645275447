/** Wahoo's hosts, limits, ids and versions; quirks in `wahoo.ts`. */
import { z } from "zod";
import type { Reading } from "../catalog/units.ts";
import { parseInstant } from "../core/time.ts";
import { untilReset } from "./kit/rate_limit.ts";
import type { RecordRef } from "./resource.ts";

export const WAHOO = {
  slug: "wahoo",
  hosts: ["api.wahooligan.com"],
  // One number for three limits: that of the one which is used up.
  retryAfter: untilReset([{ reset: "x-ratelimit-reset" }]),
} as const;

export const WAHOO_API = "https://api.wahooligan.com";
/** The list knows no dates; two years of pages are what a day's requests bear. */
export const HISTORY_DAYS = 730;

export const id = z.union([z.number(), z.string().min(1)]);
export const maybeText = z.string().nullish();

/** Numbers by the examples, texts by the reference and in fact. */
export const numeric = z.union([
  z.number(),
  z.string().regex(/^\s*-?\d+(\.\d+)?\s*$/),
  z.literal(""),
]).nullish();

export function numberOf(reading: z.output<typeof numeric>): Reading {
  if (typeof reading !== "string") return reading;
  return reading === "" ? undefined : Number(reading);
}

/** A record as old as the newest of `times`. */
export function versioned(
  name: string | number,
  ...times: readonly (string | null | undefined)[]
): RecordRef {
  const known = times.flatMap((one) => parseInstant(one ?? "")?.instant.getTime() ?? []);
  return {
    id: String(name),
    ...(known.length > 0 ? { version: new Date(Math.max(...known)) } : {}),
  };
}

import { z } from "zod";
import { sha256Hex } from "../core/crypto.ts";
import type { MetricBatch } from "./resource.ts";

/** The pages of a window so far, as a job keeps them between one page and the next. */
export interface Trail {
  /** What the next page is asked with. */
  readonly cursor: string;
  readonly pages: number;
  /** A cursor of before, by which a circle is known; it moves on as pages double. */
  readonly mark: string;
  /** Which records the last page had. */
  readonly records: string;
  /** How many pages in a row had those. */
  readonly alike: number;
}

/** No collection is this long: a cursor that never ends would hold a worker for good. */
const MAX_PAGES = 10_000;
/** A page may come twice; one that comes again and again is what a provider has that reads no cursor. */
const MAX_ALIKE = 3;

const trail = z.strictObject({
  cursor: z.string(),
  pages: z.int(),
  mark: z.string(),
  records: z.string(),
  alike: z.int(),
});

/**
 * The trail after one more page that has a next one; nothing where pages go round in a circle, are all
 * alike, or never end. A circle of any length is found by two of its cursors alone: once the mark lies
 * in it, and moves more seldom than it takes to go round, the mark comes again (Brent, BIT 20, 1980).
 */
export function follow(
  before: Trail | undefined,
  page: Pick<MetricBatch, "records"> & { readonly next: string },
): Trail | undefined {
  const { next } = page;
  const pages = (before?.pages ?? 0) + 1;
  const records = keyOf(page);
  const alike = records !== "" && records === before?.records ? before.alike + 1 : 1;
  const isCircle = next === before?.mark || next === before?.cursor;
  if (isCircle || alike >= MAX_ALIKE || pages > MAX_PAGES) return undefined;
  const isDoubled = Number.isInteger(Math.log2(pages));
  const mark = isDoubled ? next : before?.mark ?? next;
  return { cursor: next, pages, mark, records, alike };
}

/** Nothing for an empty page: those are all alike, and may be many. */
function keyOf({ records }: Pick<MetricBatch, "records">): string {
  return records.length === 0 ? "" : sha256Hex(records.map(({ id }) => id).join("\n")).slice(0, 16);
}

export function writeTrail(trail: Trail): string {
  return JSON.stringify(trail);
}

/** What `writeTrail` wrote. Throws where it is anything else. */
export function readTrail(text: string): Trail {
  return trail.parse(JSON.parse(text));
}

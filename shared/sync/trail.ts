import { z } from "zod";

/** The pages of a window so far, as a job keeps them between one page and the next. */
export interface Trail {
  /** What the next page is asked with. */
  readonly cursor: string;
  readonly pages: number;
  /** A cursor of before, by which a circle is known; it moves on as pages double. */
  readonly mark: string;
}

/** No collection is this long. */
const MAX_PAGES = 10_000;

const trail = z.strictObject({ cursor: z.string(), pages: z.int(), mark: z.string() });

/**
 * The trail after one more page, which named `next`; nothing where pages go round in a circle or never
 * end. A circle of any length is found by two of its cursors alone: once the mark lies in it and moves
 * more seldom than it takes to go round, the mark comes again (Brent, BIT 20, 1980).
 */
export function follow(before: Trail | undefined, next: string): Trail | undefined {
  const pages = (before?.pages ?? 0) + 1;
  if (next === before?.mark || next === before?.cursor || pages > MAX_PAGES) return undefined;
  const isDoubled = Number.isInteger(Math.log2(pages));
  return { cursor: next, pages, mark: isDoubled ? next : before?.mark ?? next };
}

export function writeTrail({ cursor, pages, mark }: Trail): string {
  return JSON.stringify({ cursor, pages, mark });
}

/** What `writeTrail` wrote. Throws where it is anything else. */
export function readTrail(text: string): Trail {
  return trail.parse(JSON.parse(text));
}

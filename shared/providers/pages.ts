/**
 * Where a read of many pages stands, kept as its job's cursor: the provider's mark of the next page, how
 * many were read, and one mark of before.
 */
export interface Place {
  readonly next: string;
  readonly read: number;
  readonly mark: string;
}

/** No collection is this long. */
const MAX_PAGES = 10_000;

/**
 * The place after a page that names `next`; nothing where the pages go round. Each page is a job's run of
 * its own that knows no other, so a circle has to be seen from the cursor alone: `mark` is the page after
 * the 1st, 2nd, 4th, 8th … read (Brent's algorithm), and a circle meets it within three times its length.
 */
export function step(
  before: Place | undefined,
  asked: string | undefined,
  next: string,
): Place | undefined {
  const mark = before?.mark ?? asked;
  const read = (before?.read ?? 0) + 1;
  if (next === asked || next === mark || read >= MAX_PAGES) return undefined;
  return { next, read, mark: mark === undefined || isPowerOfTwo(read) ? next : mark };
}

const isPowerOfTwo = (n: number) => (n & (n - 1)) === 0;

export function writePlace({ next, read, mark }: Place): string {
  return JSON.stringify([next, read, mark]);
}

/** Throws where it is not what `writePlace` wrote. */
export function readPlace(cursor: string): Place {
  const [next, read, mark]: unknown[] = JSON.parse(cursor);
  if (typeof next !== "string" || typeof read !== "number" || typeof mark !== "string") {
    throw new TypeError("Cannot read place: not one of ours");
  }
  return { next, read, mark };
}

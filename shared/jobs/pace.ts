/** Enough to hide a claim's way to the database and back, too little for a job to outlive its lease. */
const WINDOW_MS = 100;
/**
 * Largest claim: what one statement moves in some 5 ms. Four times as much drained 1.2 to 1.4 times as
 * fast, but once with two processes at 960 jobs/s: it holds its rows for longer than the 20 ms that a
 * completion waits for them.
 */
const CLAIM = 500;
/** While one claim's jobs are performed the next is made. */
const AHEAD = 2 * CLAIM;
/** Ended and not yet committed; more than that means that the database is slower than the handlers. */
const UNSETTLED = 2 * AHEAD;

export interface Load {
  readonly concurrency: number;
  readonly running: number;
  /** Claimed and not begun. */
  readonly waiting: number;
  readonly unsettled: number;
}

/** How far claims go ahead of the work: by what ended just now, so that slow jobs are not hoarded. */
export interface Pace {
  ended(jobs: number, now: number): void;
  /** Jobs that ended in the last 100 ms. */
  recent(now: number): number;
  /** How many to claim now; 0 while enough is ahead. */
  room(load: Load, now: number): number;
}

export function createPace(): Pace {
  const ends: { readonly at: number; jobs: number }[] = [];
  let sum = 0;
  const pace: Pace = {
    ended(jobs, now) {
      const last = ends.at(-1);
      if (last?.at === now) last.jobs += jobs;
      else ends.push({ at: now, jobs });
      sum += jobs;
    },
    recent(now) {
      for (let first = ends[0]; first && first.at <= now - WINDOW_MS; first = ends[0]) {
        ends.shift();
        sum -= first.jobs;
      }
      return sum;
    },
    room({ concurrency, running, waiting, unsettled }, now) {
      if (unsettled >= UNSETTLED) return 0;
      const wanted = Math.min(AHEAD, concurrency - running + pace.recent(now));
      // Half at a time: claims of a few jobs cost as much as claims of many.
      return waiting > wanted / 2 ? 0 : Math.min(CLAIM, wanted - waiting);
    },
  };
  return pace;
}

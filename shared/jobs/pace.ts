/** Enough to hide a claim's way to the database and back, too little for a job to outlive its lease. */
const WINDOW_MS = 100;
/** Less history than that tells no rate. */
const SHORTEST_MS = 10;
/** Largest claim, some 20 ms of one statement; with 500 a drain was 1.2 to 1.4 times slower. */
const CLAIM = 2_000;
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

/** How far claims go ahead of the work: by the rate of what ended of late, so that slow jobs are not hoarded. */
export interface Pace {
  begun(now: number): void;
  ended(jobs: number, now: number): void;
  /** Jobs that ended in the last 100 ms. */
  recent(now: number): number;
  /** How many to claim now; 0 while enough is ahead. */
  room(load: Load, now: number): number;
}

export function createPace(): Pace {
  const ends: { readonly at: number; jobs: number }[] = [];
  let sum = 0;
  /** When the first job began after nothing was to be done. */
  let busySince: number | undefined;

  /** What ends in a window at the rate of late: of less than a window's work, of what there was. */
  function ahead(now: number): number {
    const worked = Math.max(now - (busySince ?? -Infinity), SHORTEST_MS);
    return Math.floor(pace.recent(now) * WINDOW_MS / Math.min(worked, WINDOW_MS));
  }

  const pace: Pace = {
    begun(now) {
      busySince ??= now;
    },
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
      if (running + waiting + unsettled + pace.recent(now) === 0) busySince = undefined;
      if (unsettled >= UNSETTLED) return 0;
      const wanted = Math.min(AHEAD, concurrency - running + ahead(now));
      // Half at a time: claims of a few jobs cost as much as claims of many.
      return waiting > wanted / 2 ? 0 : Math.min(CLAIM, wanted - waiting);
    },
  };
  return pace;
}

/** The headers of one limit; each may list several windows, `15 minutes, day`, in the same order. */
export interface LimitHeaders {
  readonly limit?: string;
  /** What is spent; with `limit` it tells which window is used up. */
  readonly usage?: string;
  /** What is left: the other way to tell. */
  readonly remaining?: string;
  /** Seconds until each window ends. */
  readonly reset?: string;
}

/**
 * Seconds until every used-up window has ended, for 429s without `Retry-After`. Where no header says
 * when a window ends, `windows` gives their lengths in seconds, aligned to UTC (Strava: each quarter of
 * an hour, each midnight). Nothing where the headers tell of no used-up window: then the default holds.
 */
export function untilReset(
  limits: readonly LimitHeaders[],
  windows: readonly number[] = [],
): (headers: Headers, now: Date) => number | undefined {
  return (headers, now) => {
    const numbers = (name: string | undefined) =>
      (name === undefined ? null : headers.get(name))?.split(",").map(Number.parseFloat) ?? [];
    const waits = limits.flatMap((names) => {
      const [limit, usage] = [numbers(names.limit), numbers(names.usage)];
      const [remaining, reset] = [numbers(names.remaining), numbers(names.reset)];
      const tells = usage.length > 0 || remaining.length > 0;
      const count = Math.max(usage.length, remaining.length, tells ? 0 : reset.length);
      return Array.from({ length: count }, (_, i) => {
        const isSpent = !tells || (usage[i] ?? -1) >= (limit[i] ?? Infinity) ||
          (remaining[i] ?? 1) <= 0;
        return isSpent ? reset[i] ?? untilAligned(windows[i], now) : undefined;
      });
    }).filter((wait): wait is number => wait !== undefined && wait >= 0);
    return waits.length > 0 ? Math.max(...waits) : undefined;
  };
}

/** Seconds to the next multiple of `seconds` since 1970; a day's is midnight UTC. */
function untilAligned(seconds: number | undefined, now: Date): number | undefined {
  return seconds && seconds - (now.getTime() / 1_000) % seconds;
}

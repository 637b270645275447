export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  /** Calls in this window, this one included. */
  readonly used: number;
  readonly windowSeconds: number;
  /** Epoch seconds at which the window ends. */
  readonly resetAt: number;
}

/** Counts calls by key in fixed windows, as providers document their limits. */
export function createLimiter(limit: number, windowSeconds: number): (
  key: string,
  now: Date,
) => Allowance {
  const counts = new Map<string, { window: number; calls: number }>();
  return (key, now) => {
    const window = Math.floor(now.getTime() / 1_000 / windowSeconds);
    const seen = counts.get(key);
    const calls = seen?.window === window ? seen.calls + 1 : 1;
    counts.set(key, { window, calls });
    const resetAt = (window + 1) * windowSeconds;
    return { allowed: calls <= limit, limit, used: calls, windowSeconds, resetAt };
  };
}

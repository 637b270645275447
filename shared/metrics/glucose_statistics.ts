/** What one source measured of one local day, in mg/dL. */
export interface GlucoseDay {
  readonly n: number;
  readonly mean: number;
  /** Sum of the squared distances to the mean. */
  readonly squares: number;
  readonly low: number;
  readonly high: number;
  /** Readings below and above the thresholds; `low` holds those of `veryLow`, `high` of `veryHigh`. */
  readonly below: { readonly veryLow: number; readonly low: number };
  readonly above: { readonly high: number; readonly veryHigh: number };
  /** Usual seconds from one reading to the next; absent of a single one. */
  readonly pace?: number;
}

export interface GlucoseStatistics {
  readonly count: number;
  readonly days: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly sd?: number;
  /** All shares are in per cent. */
  readonly cv?: number;
  readonly gmi: number;
  readonly veryLow: number;
  readonly low: number;
  readonly inRange: number;
  readonly high: number;
  readonly veryHigh: number;
  readonly sensorActive: number;
}

/** A sensor sends every minute at the most, and a quarter of an hour is the slowest there is. */
const PACE = { fastest: 60, usual: 300, slowest: 900 };

/**
 * Statistics of the days' readings together, as the consensus on continuous glucose monitoring has them
 * (Battelino et al. 2019, https://doi.org/10.2337/dci19-0028): mean, sample SD, CV, time in ranges by
 * readings, and the share of `periodSeconds` in which the sensor was active. GMI: Bergenstal et al. 2018,
 * https://doi.org/10.2337/dc18-1581. Nothing of no readings.
 */
export function glucoseStatistics(
  days: readonly GlucoseDay[],
  periodSeconds: number,
): GlucoseStatistics | undefined {
  const [first, ...rest] = days;
  if (!first) return undefined;
  const all = rest.reduce(together, first);
  const share = (readings: number) => 100 * readings / all.n;
  const sd = all.n > 1 ? Math.sqrt(all.squares / (all.n - 1)) : undefined;
  const active = days.reduce((seconds, day) => seconds + day.n * paceOf(day), 0);
  return {
    count: all.n,
    days: days.length,
    mean: all.mean,
    min: all.low,
    max: all.high,
    ...(sd === undefined ? {} : { sd, cv: 100 * sd / all.mean }),
    gmi: 3.31 + 0.02392 * all.mean,
    veryLow: share(all.below.veryLow),
    low: share(all.below.low),
    inRange: share(all.n - all.below.low - all.above.high),
    high: share(all.above.high),
    veryHigh: share(all.above.veryHigh),
    sensorActive: Math.min(100, 100 * active / periodSeconds),
  };
}

/** Both, without losing digits: Chan, Golub and LeVeque 1983. */
function together(a: GlucoseDay, b: GlucoseDay): GlucoseDay {
  const n = a.n + b.n;
  const apart = b.mean - a.mean;
  return {
    n,
    mean: a.mean + apart * b.n / n,
    squares: a.squares + b.squares + apart ** 2 * a.n * b.n / n,
    low: Math.min(a.low, b.low),
    high: Math.max(a.high, b.high),
    below: {
      veryLow: a.below.veryLow + b.below.veryLow,
      low: a.below.low + b.below.low,
    },
    above: {
      high: a.above.high + b.above.high,
      veryHigh: a.above.veryHigh + b.above.veryHigh,
    },
  };
}

function paceOf({ pace = PACE.usual }: GlucoseDay): number {
  return Math.min(Math.max(pace, PACE.fastest), PACE.slowest);
}

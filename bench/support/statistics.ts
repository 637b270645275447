/** What a benchmark may say of its rounds: the middle, and how far they lay apart. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Throws on nothing measured: an absent number must never print as 0. */
export function spread(values: readonly number[]): Spread {
  const sorted = ascending(values);
  return { median: percentile(sorted, 50), low: sorted[0] ?? NaN, high: sorted.at(-1) ?? NaN };
}

/** Linear between the two nearest ranks; `percentile(x, 50)` is the median. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = ascending(values);
  const rank = (sorted.length - 1) * percent / 100;
  const below = sorted[Math.floor(rank)] ?? NaN;
  const above = sorted[Math.ceil(rank)] ?? NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

/**
 * Paired by round: what else ran on the machine slowed both sides of one round alike, so their ratio
 * holds where the absolute values move by 2 to 4 times.
 */
export function ratios(subject: readonly number[], versus: readonly number[]): readonly number[] {
  if (subject.length !== versus.length) {
    throw new Error(`Cannot pair rounds: ${subject.length} against ${versus.length}`);
  }
  return subject.map((value, round) => value / (versus[round] ?? NaN));
}

function ascending(values: readonly number[]): readonly number[] {
  if (values.length === 0) throw new Error("Cannot describe rounds: none was measured");
  return values.toSorted((a, b) => a - b);
}

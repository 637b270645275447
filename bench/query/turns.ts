/** One way to ask the `n`th question. */
export interface Way {
  /** Is not measured. */
  readonly before?: (n: number) => Promise<unknown>;
  /** Tells what it took, in milliseconds. */
  ask(n: number): Promise<{ readonly ms: number }>;
}

/** Milliseconds of each question after `before` of them. By turns, for what the neighbours do changes within seconds. */
export async function byTurns<W extends string>(
  before: number,
  times: number,
  ways: Readonly<Record<W, Way>>,
): Promise<Readonly<Record<W, readonly number[]>>> {
  const all = Object.entries<Way>(ways).map(([name, way]) => ({
    name,
    way,
    took: [] as number[],
  }));
  for (let n = 0; n < before + times; n++) {
    for (const { way, took } of all) {
      await way.before?.(n);
      const { ms } = await way.ask(n);
      if (n >= before) took.push(ms);
    }
  }
  // SAFETY: each way has its own.
  return Object.fromEntries(all.map(({ name, took }) => [name, took])) as Record<W, number[]>;
}

export async function measured<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly ms: number }> {
  const start = performance.now();
  return { value: await work(), ms: performance.now() - start };
}

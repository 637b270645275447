/** What a worker process is told, as JSON in its first argument. */
export interface WorkerPlan {
  readonly databaseUrl: string;
  readonly leaseSeconds: number;
  /** False: effects commit by themselves, without proving the lease. The control that must fail. */
  readonly fenced: boolean;
  /** Longest time that a handler pretends to call a provider. */
  readonly workMs: number;
  /** Deadline of a database call, in place of the product's 15 and 30 seconds. */
  readonly deadlineMs?: number;
  /** Claims for so long from its start, and ends hard if the wall clock is over before its last job. */
  readonly isolate?: { readonly budgetMs: number; readonly wallMs: number };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function between(next: () => number, from: number, to: number): number {
  return from + next() * (to - from);
}

/** In place, by Fisher and Yates. */
export function shuffle<T>(next: () => number, items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const at = Math.floor(next() * (last + 1));
    // SAFETY: both are within the array.
    [items[last], items[at]] = [items[at] as T, items[last] as T];
  }
  return items;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `holds`, for so long at most; false where it never did. */
export async function eventually(
  holds: () => Promise<boolean> | boolean,
  withinMs: number,
): Promise<boolean> {
  for (const end = performance.now() + withinMs; performance.now() < end;) {
    if (await holds()) return true;
    await pause(50);
  }
  return await holds();
}

/** Something that happened and may happen again; whoever looks away for a moment misses nothing. */
export interface Signal {
  /** How often it was given. */
  readonly count: number;
  give(): void;
  /** Resolves when it is given more often than `seen`, or after `ms`. */
  after(seen: number, ms?: number): Promise<void>;
}

export function createSignal(): Signal {
  let count = 0;
  let waiting: (() => void)[] = [];
  return {
    get count() {
      return count;
    },
    give() {
      count++;
      if (waiting.length === 0) return;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    async after(seen, ms) {
      if (count !== seen) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (ms !== undefined) timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
    },
  };
}

import type { Isolate } from "../connections/deps.ts";

const BOOTED_MS = performance.now();

/** This process: the platform ends it `seconds` after its start. */
export function createIsolate(seconds: number): Isolate {
  const kept = new Set<Promise<unknown>>();
  return {
    timeLeftMs: () => seconds * 1_000 - (performance.now() - BOOTED_MS),
    keep(work) {
      const ended = work.then(() => {}, () => {}).finally(() => kept.delete(ended));
      kept.add(ended);
    },
    async idle() {
      while (kept.size > 0) await Promise.all(kept);
    },
  };
}

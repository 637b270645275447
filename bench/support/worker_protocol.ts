/**
 * The measured side of a benchmark's process: says when it is ready, starts on `go`, tells how far it
 * is, ends on `stop`. Runs on Deno and on Node alike, so that every queue is measured by the same clock.
 */
import process from "node:process";
import { createInterface } from "node:readline";

/** A line of JSON to the process that measures. */
export type Message =
  | { readonly ready: true }
  /** Jobs done since the last line. */
  | { readonly done: number }
  /** One piece of work, timed inside the process that did it. */
  | { readonly ms: number }
  /** Times of single jobs. */
  | { readonly samples: readonly number[] };

/** What the measuring process asked for, as it gave it: `argv[2]` is JSON. */
export function assignment<T>(): T {
  // SAFETY: written by `startWorker` of the same tree.
  return JSON.parse(process.argv[2] ?? "{}") as T;
}

export function tell(message: Message): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Counts done jobs; told at most every 2 ms, so that telling costs the fast no more than the slow. */
export function counter(): (jobs?: number) => void {
  let done = 0;
  let planned = false;
  return (jobs = 1) => {
    done += jobs;
    if (planned) return;
    planned = true;
    setTimeout(() => {
      planned = false;
      tell({ done });
      done = 0;
    }, 2);
  };
}

/** Says that this process is ready; resolves on `go`. `stopped` resolves on `stop`, or the end of input. */
export function begin(): Promise<{ readonly stopped: Promise<void> }> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const { promise: started, resolve: start } = Promise.withResolvers<{ stopped: Promise<void> }>();
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    if (line === "go") start({ stopped });
    if (line === "stop") stop();
  });
  lines.on("close", () => stop());
  tell({ ready: true });
  return started;
}

/** The clock that two processes share, in milliseconds with fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

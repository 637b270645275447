import { describeError, type Log } from "./log.ts";

/** The edge runtime's own global; absent elsewhere. It waits for real promises only, no thenables. */
interface EdgeRuntime {
  waitUntil(promise: Promise<unknown>): void;
}

/** Runs `work` after the answer is sent; a failure is logged and harms nothing else. */
export function runInBackground(work: () => Promise<unknown>, name: string, log: Log): void {
  const promise = (async () => {
    try {
      await work();
    } catch (error) {
      log("error", "background_failed", { name, ...describeError(error) });
    }
  })();
  edgeRuntime()?.waitUntil(promise);
}

function edgeRuntime(): EdgeRuntime | undefined {
  const candidate: unknown = Reflect.get(globalThis, "EdgeRuntime");
  return isEdgeRuntime(candidate) ? candidate : undefined;
}

function isEdgeRuntime(value: unknown): value is EdgeRuntime {
  return typeof value === "object" && value !== null && "waitUntil" in value &&
    typeof value.waitUntil === "function";
}

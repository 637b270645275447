import type { ConnectionDeps } from "../connections/deps.ts";
import type { Listener } from "../db/listen.ts";
import type { Handlers } from "../jobs/handlers.ts";
import { JOBS } from "../jobs/kinds.ts";
import { createRunner } from "../jobs/runner.ts";
import { createWatch } from "../jobs/watch.ts";
import { enqueueDuePolls } from "../sync/poll.ts";

/** One drain at most: between two of them come the ticks. */
const DRAIN_MS = 50_000;
/** Wake-ups may come each second; looking for due polls that often finds nothing. */
const TICK_MS = 20_000;
/**
 * What an isolate has to have left when a job begins: the longest job's time, and some to settle it. Of
 * 150 s that leaves the first 75, after which the platform sends an isolate no more requests.
 */
const LEFT_MS = Math.max(...Object.values(JOBS).map(({ timeoutSeconds }) => timeoutSeconds)) *
    1_000 + 15_000;

/** The worker of one isolate. Wake-ups that come while it drains join the drain that runs. */
export function createWorker(deps: ConnectionDeps, handlers: Handlers, listener?: Listener) {
  const { db, log, isolate } = deps;
  const runner = createRunner({ db, handlers, log, ...listener ? { listener } : {} });
  const watch = createWatch(deps);
  let running: Promise<unknown> | undefined;
  let ticked = 0;

  // The platform is about to end this isolate: others need not wait for its leases to run out.
  const end = () => void runner.close();
  globalThis.addEventListener("beforeunload", end);

  async function drain() {
    if (Date.now() - ticked >= TICK_MS) {
      ticked = Date.now();
      // A tick that fails is made up for by the next: what is due stays due.
      for (const tick of [() => enqueueDuePolls(deps), watch]) {
        await tick().catch((error: unknown) => {
          const reason = error instanceof Error ? error.name : "unknown";
          log("warn", "tick_failed", { reason });
        });
      }
    }
    const budgetMs = Math.min(DRAIN_MS, isolate.timeLeftMs() - LEFT_MS);
    if (budgetMs <= 0) return;
    const { performed, ms } = await runner.drain(budgetMs);
    if (performed > 0) log("info", "drained", { performed, ms });
  }

  return {
    async drain(): Promise<void> {
      running ??= drain().finally(() => {
        running = undefined;
      });
      await running;
      // Whoever calls keeps this isolate alive until then.
      await isolate.idle();
    },
    async close(): Promise<void> {
      globalThis.removeEventListener("beforeunload", end);
      await runner.close();
      await listener?.close();
    },
  };
}

import type { Sql } from "@shared/db/client.ts";
import { counts } from "./fault.ts";
import { enqueueNamed, namesOf, waitingJobs } from "./ledger.ts";
import { pause } from "./plan.ts";

/** Enough that no worker waits, so little that the queue ends soon after the last fault. */
const BACKLOG = counts(300, 1_500);
const BATCH = 100;

/** What was enqueued for sure, and how many batches may have been: their answer was lost. */
export interface Produced {
  readonly sent: readonly string[];
  readonly unknown: number;
}

export interface Producer {
  /** Whether there is something to do, or will be. */
  busy(): Promise<boolean>;
  stop(): Promise<Produced>;
}

/** How to reach the database: `(work) => db.query(work)`, or `(work) => work(sql)`. */
export type Query = <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;

export interface Production {
  /** Jobs at most; without it there is no end until `stop()`. */
  readonly most?: number;
  /** Names of the n-th batch. */
  readonly names?: (batch: number) => readonly string[];
}

/**
 * Keeps workers busy, so that a slow machine has fewer jobs instead of a longer queue. A batch whose
 * commit is unknown is not sent again. Answers once there is something to do.
 */
export async function produce(
  query: Query,
  { most = Infinity, names = (batch) => namesOf(BATCH, batch * BATCH) }: Production = {},
): Promise<Producer> {
  const sent: string[] = [];
  const first = Promise.withResolvers<void>();
  let [stopping, batches, unknown] = [false, 0, 0];
  const ended = (async () => {
    while (!stopping && sent.length < most) {
      try {
        if (await query(waitingJobs) < BACKLOG) {
          const batch = names(batches++);
          await query((sql) => enqueueNamed(sql, batch)).then(
            () => sent.push(...batch),
            () => unknown++,
          );
        }
      } catch {
        // Between crash and recovery there is nothing to be done.
      }
      if (sent.length > 0) first.resolve();
      await pause(50);
    }
    stopping = true;
  })();
  await first.promise;
  return {
    busy: async () => !stopping || await query(waitingJobs).catch(() => 1) > 0,
    async stop() {
      stopping = true;
      await ended;
      return { sent, unknown };
    },
  };
}

import type { Database } from "@shared/db/client.ts";
import { enqueueNamed, waitingJobs } from "./ledger.ts";
import { pause } from "./plan.ts";

const BACKLOG = 300;
const BATCH = 100;

/** What was enqueued for sure, and how many batches may have been: their answer was lost. */
export interface Produced {
  readonly sent: readonly string[];
  readonly unknown: number;
}

/** Keeps workers busy until told to stop. A batch whose commit is unknown is not sent again. */
export function produce(db: Database): { stop(): Promise<Produced> } {
  const sent: string[] = [];
  let [stopping, made, unknown] = [false, 0, 0];
  const ended = (async () => {
    while (!stopping) {
      const names = Array.from({ length: BATCH }, () => `${made % 2 ? "a" : "b"}:${made++}`);
      try {
        if (await db.query(waitingJobs) < BACKLOG) {
          await db.query((sql) => enqueueNamed(sql, names)).then(
            () => sent.push(...names),
            () => unknown++,
          );
        }
      } catch {
        // Between crash and recovery there is nothing to be done.
      }
      await pause(50);
    }
  })();
  return {
    async stop() {
      stopping = true;
      await ended;
      return { sent, unknown };
    },
  };
}

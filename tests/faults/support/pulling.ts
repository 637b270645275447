import { type TestDatabase, withDatabase } from "../../support/database.ts";
import { type GateSettings, setGates } from "./gates.ts";
import { waitingJobs } from "./ledger.ts";
import { eventually } from "./plan.ts";
import { type Asked, startOura } from "./pretended_oura.ts";
import type { PullPlan } from "./pull_worker.ts";
import { ringEnvironment } from "./rings.ts";
import { type Workers, workersOf } from "./workers.ts";

export interface PullingWorld {
  readonly db: TestDatabase;
  readonly workers: Workers;
  /** Waits until nothing is queued; throws where it still is after so long. */
  drained(withinMs: number): Promise<void>;
}

export interface PullingPlan {
  readonly answer: (asked: Asked) => Response | Promise<Response>;
  readonly timeoutSeconds?: number;
  readonly control?: "reads_all" | { readonly pages: number };
  /** Pulls that one worker runs at once. */
  readonly concurrency?: number;
  readonly gate?: GateSettings;
}

/** A database of the test's own, an Oura that answers as told, and workers that pull from it. */
export async function withPulling(
  { answer, timeoutSeconds = 30, control, concurrency = 5, gate = {} }: PullingPlan,
  use: (world: PullingWorld) => Promise<void>,
): Promise<void> {
  const oura = startOura(answer);
  try {
    await withDatabase(async (db) => {
      await setGates(db.admin, gate);
      await db.admin`
        update raphael_private.queues set concurrency = ${concurrency}, backoff_seconds = 0.1`;
      const plan: PullPlan = {
        env: ringEnvironment(oura.origins, db.appUrl),
        timeoutSeconds,
        snoozeSeconds: 0.1,
        ...control === "reads_all" ? { control: { kind: control } } : {},
        ...typeof control === "object"
          ? { control: { kind: "cursor_first", adminUrl: db.url, ...control } }
          : {},
      };
      const workers = workersOf("pull_worker.ts", { args: [JSON.stringify(plan)] });
      try {
        await use({
          db,
          workers,
          async drained(withinMs) {
            const done = await eventually(
              async () => await waitingJobs(db.admin) === 0,
              withinMs,
            );
            if (!done) throw new Error("Cannot go on: the queue does not end");
          },
        });
      } finally {
        await workers.stop();
      }
    });
  } finally {
    await oura.stop();
  }
}

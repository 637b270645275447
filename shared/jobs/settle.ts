import { ProblemError } from "../core/problems.ts";
import type { Database, Sql } from "../db/client.ts";
import {
  assertLease,
  bury,
  type ClaimedJob,
  complete,
  continueFrom,
  fail,
  snooze,
} from "../db/jobs.ts";
import { isConflict, isRaised } from "../db/lost.ts";
import type { Outcome } from "./outcome.ts";
import { outcomeOfError } from "./perform.ts";

/** `lost`: the job is another worker's by now, and nothing of this run was committed. */
export type Settled = Outcome<Sql>["kind"] | "lost";

const PAUSES_MS = [200, 1_000, 5_000];
export const COMMIT_MS = 30_000;

/**
 * Commits the effect and the job's new state together, after the lease is proved. A lost connection
 * leaves the commit unknown, so the whole is tried again: where the first did commit, the fence refuses
 * the second.
 */
export async function settle(
  db: Database,
  job: ClaimedJob,
  outcome: Outcome<Sql>,
): Promise<Settled> {
  for (const pause of [...PAUSES_MS, undefined]) {
    try {
      await commit(db, job, outcome);
      return outcome.kind;
    } catch (error) {
      if (isRaised(error, "leaseLost")) return "lost";
      const unavailable = error instanceof ProblemError && error.problem === "unavailable";
      // An effect locks its job and then its rows; what enqueues locks its rows and then the job. They
      // meet now and then, and neither is the job's failure.
      const again = pause !== undefined && (unavailable || isConflict(error));
      if (!again && !unavailable && outcome.effect) {
        return await settle(db, job, outcomeOfError(error));
      }
      if (!again) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return "lost";
}

async function commit(db: Database, job: ClaimedJob, outcome: Outcome<Sql>): Promise<void> {
  const { effect } = outcome;
  // One statement, and each of them proves the lease by itself.
  if (!effect) return await db.query((sql) => transition(sql, job, outcome), COMMIT_MS);
  await db.transaction(async (tx) => {
    await assertLease(tx, job);
    await effect(tx);
    await transition(tx, job, outcome);
  }, COMMIT_MS);
}

async function transition(tx: Sql, job: ClaimedJob, outcome: Outcome<Sql>): Promise<void> {
  switch (outcome.kind) {
    case "done":
      return await complete(tx, job);
    case "continue":
      return await continueFrom(tx, job, outcome.cursor);
    case "snooze":
      return await snooze(tx, job, outcome.seconds, outcome.reason);
    case "dead":
      return await bury(tx, job, outcome.errorClass, outcome.reason);
    case "retry":
      await fail(tx, job, { errorClass: outcome.errorClass, error: outcome.reason });
  }
}

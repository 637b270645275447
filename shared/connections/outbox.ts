import { enqueue, type NewJob } from "../db/jobs.ts";
import { dueRevocations } from "../db/sync.ts";
import type { ConnectionDeps } from "./deps.ts";

/** Revocations that one tick takes; what is left is taken by the next. */
const BATCH = 500;

/**
 * Queues revocations that nothing works on: a job that died is followed by another a day later, until the
 * provider accepts or `raphael_private.retention` is over. Then the last dead job says what became of it.
 */
export async function enqueueDueRevocations(deps: Pick<ConnectionDeps, "db">): Promise<number> {
  return await deps.db.transaction(async (tx) => {
    const due = await dueRevocations(tx, BATCH);
    await enqueue(
      tx,
      due.map((revocationId): NewJob => ({ kind: "connection.revoke", payload: { revocationId } })),
    );
    return due.length;
  });
}

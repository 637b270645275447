import { enqueue } from "../db/jobs.ts";
import { takeDuePolls } from "../db/sync.ts";
import type { SyncDeps } from "./call.ts";
import { catchUpJobs, pollsOf } from "./plan.ts";

/** Accounts that one tick takes of each resource; what is left is taken by the next. */
const BATCH = 500;

/**
 * Queues every poll that is due. Level-triggered: a tick that never came costs time and no data,
 * because a late poll reads so much further back.
 */
export async function enqueueDuePolls(
  deps: Pick<SyncDeps, "db" | "providers" | "now">,
): Promise<number> {
  let jobs = 0;
  for (const { driver } of deps.providers.all()) {
    for (const { resource, everyMinutes, trailingHours } of pollsOf(driver, undefined)) {
      jobs += await deps.db.transaction(async (tx) => {
        const due = await takeDuePolls(tx, {
          provider: driver.slug,
          resource,
          everySeconds: everyMinutes * 60,
          limit: BATCH,
        });
        const pulls = due.flatMap(({ accountId, scopes, lateSeconds }) =>
          catchUpJobs(driver, { id: accountId, scopes }, {
            now: deps.now(),
            hours: trailingHours + Math.floor(lateSeconds / 3_600),
            resource,
          })
        );
        await enqueue(tx, pulls);
        return pulls.length;
      });
    }
  }
  return jobs;
}

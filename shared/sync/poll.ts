import { enqueue } from "../db/jobs.ts";
import { takeDuePolls } from "../db/sync.ts";
import type { SyncDeps } from "./call.ts";
import { catchUpJobs, pollOf, pullable } from "./plan.ts";

/** Accounts that one tick takes of each resource; what is left is taken by the next. */
const BATCH = 500;

/** Queues every poll that is due. Level-triggered: a tick that never came costs time and no data. */
export async function enqueueDuePolls(
  deps: Pick<SyncDeps, "db" | "providers" | "now">,
): Promise<number> {
  let jobs = 0;
  for (const { driver } of deps.providers.all()) {
    for (const resource of pullable(driver, undefined)) {
      const poll = pollOf(resource);
      jobs += await deps.db.transaction(async (tx) => {
        const due = await takeDuePolls(tx, {
          provider: driver.slug,
          resource: resource.name,
          everySeconds: poll.everyMinutes * 60,
          limit: BATCH,
        });
        const pulls = due.flatMap(({ accountId, scopes }) =>
          catchUpJobs(driver, { id: accountId, scopes }, {
            now: deps.now(),
            hours: poll.trailingHours,
            resource: resource.name,
          })
        );
        await enqueue(tx, pulls);
        return pulls.length;
      });
    }
  }
  return jobs;
}

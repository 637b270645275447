import { ProblemError } from "../core/problems.ts";
import { liveAccounts, loadAccount } from "../db/accounts.ts";
import { enqueue } from "../db/jobs.ts";
import { catchUpJobs } from "../sync/plan.ts";
import type { ConnectionDeps } from "./deps.ts";
import { configured } from "./find.ts";

/** What a person who asks for "now" gets without naming a span. */
const DEFAULT_DAYS = 7;

/** Reads a person's last days of one provider again. Throws `provider_*`, `connection_not_found`. */
export async function requestSync(
  deps: Pick<ConnectionDeps, "db" | "providers" | "now">,
  request: { readonly userId: string; readonly provider: string; readonly days?: number },
): Promise<{ jobs: number }> {
  const { driver } = configured(deps.providers, request.provider);
  const maxDays = driver.history?.maxDays ?? DEFAULT_DAYS;
  const hours = Math.min(request.days ?? DEFAULT_DAYS, maxDays) * 24;
  return await deps.db.transaction(async (tx) => {
    const active = (await liveAccounts(tx, request.userId, driver.slug))
      .filter((account) => account.status === "active");
    if (active.length === 0) {
      throw new ProblemError(
        "connection_not_found",
        `Cannot sync ${driver.slug}: it is not linked`,
      );
    }
    let count = 0;
    for (const { id } of active) {
      const scopes = (await loadAccount(tx, id))?.scopes ?? null;
      const jobs = catchUpJobs(driver, { id, scopes }, { now: deps.now(), hours });
      await enqueue(tx, jobs);
      count += jobs.length;
    }
    return { jobs: count };
  });
}

import { listAccounts } from "../db/accounts.ts";
import { enqueue, type NewJob } from "../db/jobs.ts";
import { dueRefreshes } from "../db/tokens.ts";
import type { Handler } from "../jobs/handlers.ts";
import { access } from "./access.ts";
import type { ConnectionDeps } from "./deps.ts";
import { slugOf } from "./find.ts";

/** The hourly tick takes what ends before the next one, with half an hour to spare. */
const HORIZON_SECONDS = 90 * 60;
/** Refreshes are spread over so long at most, and never past the token's end. */
const SPREAD_SECONDS = 20 * 60;
const SAFETY_SECONDS = 600;

/** Queues a refresh of every token that ends before the next tick, spread so that none herd. */
export async function enqueueDueRefreshes(
  deps: Pick<ConnectionDeps, "db">,
): Promise<{ jobs: number }> {
  return await deps.db.transaction(async (tx) => {
    const due = await dueRefreshes(tx, HORIZON_SECONDS);
    await enqueue(
      tx,
      due.map(({ accountId, expiresIn }): NewJob => ({
        kind: "token.refresh",
        payload: { accountId },
        accountId,
        delaySeconds: Math.random() *
          Math.min(SPREAD_SECONDS, Math.max(0, expiresIn - SAFETY_SECONDS)),
      })),
    );
    return { jobs: due.length };
  });
}

/** Queues a refresh of a person's own tokens; answers with the providers. */
export async function enqueueRefreshesOf(
  deps: Pick<ConnectionDeps, "db">,
  request: { readonly userId: string; readonly provider?: string },
): Promise<{ queued: string[] }> {
  const slug = request.provider === undefined ? undefined : slugOf(request.provider);
  return await deps.db.transaction(async (tx) => {
    const accounts = (await listAccounts(tx, request.userId))
      .filter((one) => one.status === "active" && (slug === undefined || one.provider === slug));
    await enqueue(
      tx,
      accounts.map(({ id }): NewJob => ({
        kind: "token.refresh",
        payload: { accountId: id },
        accountId: id,
      })),
    );
    return { queued: accounts.map((one) => one.provider) };
  });
}

type Deps = Pick<ConnectionDeps, "db" | "vault" | "log" | "providers" | "isolate">;

/** Refreshes one account's token where it ends before the next tick. */
export function refreshToken(deps: Deps): Handler<"token.refresh"> {
  return async ({ payload }) => {
    const result = await access(deps, payload.accountId, HORIZON_SECONDS);
    return result.kind === "wait"
      ? { kind: "snooze", seconds: result.seconds, reason: result.reason }
      : { kind: "done" };
  };
}

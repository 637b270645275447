import { enqueue } from "../db/jobs.ts";
import { beginThinning, isThinningDue, nextToThin, thinPerson } from "../db/thinning.ts";
import type { Handler } from "../jobs/handlers.ts";
import type { SyncDeps } from "./call.ts";

/** People looked at in one page: each takes a millisecond where nothing is to be thinned. */
const PEOPLE = 500;
/** Samples of one page: a fraction of a second, and no longer are the person's writers held up. */
const SAMPLES = 20_000;

/** Queues the thinning of old samples, once a day and where the operator wants any thinned. */
export async function enqueueThinning(deps: Pick<SyncDeps, "db">): Promise<void> {
  await deps.db.query(async (sql) => {
    if (await isThinningDue(sql)) await enqueue(sql, [{ kind: "metrics.thin", payload: {} }]);
  });
}

/**
 * Thins old samples person by person, as `raphael_private.sample_retention` says. Its cursor is the person
 * behind whom to go on; one who has more than a page stays the next.
 */
export function thin(deps: Pick<SyncDeps, "db" | "log">): Handler<"metrics.thin"> {
  return async ({ cursor }) => {
    if (cursor === undefined) return { kind: "continue", cursor: "0", effect: beginThinning };
    const next = await deps.db.query((sql) => nextToThin(sql, Number(cursor), PEOPLE));
    if (!next) return { kind: "done" };
    const { userKey, due } = next;
    if (!due) return { kind: "continue", cursor: String(userKey) };
    return {
      kind: "continue",
      cursor: String(userKey - 1),
      async effect(tx) {
        const samples = await thinPerson(tx, userKey, SAMPLES);
        deps.log("info", "thinned", { samples });
      },
    };
  };
}

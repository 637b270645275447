import type { Database } from "@shared/db/client.ts";
import { StackFailure } from "../failure.ts";
import type { Sandbox } from "../sandbox/server.ts";

const PATIENCE = 60_000;
const TELL_EVERY = 2_000;
/** Jobs planned for later are no work that somebody waits for. */
const SOON = "20 seconds";

/**
 * Waits until no job is left and no webhook under way. A job may make more, and a provider answers
 * some requests by a webhook a moment later, so it must be quiet twice in a row.
 */
export async function untilQuiet(
  database: Database,
  sandbox: Sandbox,
  log: (line: string) => void,
): Promise<void> {
  let told = 0;
  let quiet = 0;
  for (const began = performance.now(); quiet < 2;) {
    await sandbox.control.settled();
    const waiting = await jobs(database);
    const count = waiting.reduce((sum, { count }) => sum + count, 0);
    quiet = count === 0 ? quiet + 1 : 0;
    const elapsed = performance.now() - began;
    if (elapsed > PATIENCE) {
      throw new StackFailure(`Cannot go on: after ${PATIENCE / 1_000} s ${list(waiting)} are left`);
    }
    if (count > 0 && elapsed - told > TELL_EVERY) {
      told = elapsed;
      log(`… ${list(waiting)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const dead = await database.query((sql) =>
    sql`select kind, error_class, error from raphael_private.dead_jobs limit 5`
  );
  const [first] = dead;
  if (first) throw new StackFailure(`A job failed for good: ${first["kind"]}: ${first["error"]}`);
}

interface Waiting {
  readonly kind: string;
  readonly count: number;
  readonly error: string | null;
}

async function jobs(database: Database): Promise<readonly Waiting[]> {
  return await database.query((sql) =>
    sql<Waiting[]>`
      select kind, count(*)::int as count, min(last_error) as error
      from raphael_private.sync_jobs
      where leased_until is not null or run_at < now() + ${SOON}::interval
      group by kind order by kind`
  );
}

function list(waiting: readonly Waiting[]): string {
  return waiting.map(({ kind, count, error }) =>
    `${count} ${kind}${error ? ` (${error.slice(0, 120)})` : ""}`
  ).join(", ");
}

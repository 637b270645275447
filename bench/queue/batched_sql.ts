/** Typed calls of the prototype's functions in `batched.sql`. */
import type { Sql } from "@shared/db/client.ts";
import type { ClaimedJob } from "@shared/db/jobs.ts";
import { type QueueName, QUEUES } from "@shared/jobs/kinds.ts";

/** Behind which job to go on claiming; text, because a Date would lose the microseconds. */
export interface Place {
  readonly priority: number;
  readonly id: string;
  readonly runAt: string;
}
export const START: Place = { priority: -32768, id: "0", runAt: "-infinity" };

export async function claimAfter(
  sql: Sql,
  p: {
    queue: QueueName;
    limit: number;
    leaseSeconds: number;
    place: Place;
  },
): Promise<{ readonly jobs: readonly ClaimedJob[]; readonly place?: Place }> {
  const rows = await sql<(ClaimedJob & { place: string | null })[]>`
    select id, epoch, kind, payload, cursor, attempt, max_attempts as "maxAttempts",
           created_at as "createdAt", place
    from bench.claim_jobs(
      ${QUEUES[p.queue].id}, ${p.limit}, ${p.leaseSeconds},
      ${p.place.priority}, ${p.place.runAt}::text::timestamptz, ${p.place.id})`;
  const last = rows.at(-1)?.place;
  return { jobs: rows, ...last ? { place: placeOf(last) } : {} };
}

/** `priority id run_at`, the last of which has a space of its own. */
function placeOf(text: string): Place {
  const [priority = "", id = "", ...runAt] = text.split(" ");
  return { priority: Number(priority), id, runAt: runAt.join(" ") };
}

/** The ids that were not settled: lost, asked to run again, or locked for a moment. */
export async function completeJobs(sql: Sql, jobs: readonly ClaimedJob[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from bench.complete_jobs(${ids(jobs)}::bigint[], ${
    epochs(jobs)
  }::int[]) as open (id)`;
  return new Set(rows.map(({ id }) => id));
}

/** The ids that are held; their rows are locked until the transaction ends. */
export async function assertLeases(sql: Sql, jobs: readonly ClaimedJob[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from bench.assert_leases(${ids(jobs)}::bigint[], ${
    epochs(jobs)
  }::int[]) as held (id)`;
  return new Set(rows.map(({ id }) => id));
}

const ids = (jobs: readonly ClaimedJob[]) => jobs.map(({ id }) => id);
const epochs = (jobs: readonly ClaimedJob[]) => jobs.map(({ epoch }) => epoch);

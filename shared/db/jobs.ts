import {
  type JobKind,
  JOBS,
  type Payload,
  type Queue,
  type QueueName,
  QUEUES,
} from "../jobs/kinds.ts";
import type { Sql } from "./client.ts";

/** A job to be. Give it to the transaction of its cause. */
export interface NewJob<K extends JobKind = JobKind> {
  readonly kind: K;
  readonly payload: Payload<K>;
  /** For fairness, and so that disconnecting takes it away. */
  readonly accountId?: string;
  readonly delaySeconds?: number;
  /** Overrides the kind's own: history waits behind news. */
  readonly priority?: number;
}

/** A job that this worker holds. */
export interface ClaimedJob {
  readonly id: string;
  /** The fencing token. */
  readonly epoch: number;
  readonly kind: string;
  readonly payload: unknown;
  readonly cursor: string | null;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly createdAt: Date;
}

/** What `enqueue_jobs` takes, a record a job. */
export function jobRecord<K extends JobKind>(job: NewJob<K>) {
  // SAFETY: JOBS[K].key takes exactly Payload<K>; the union of all kinds hides it from the compiler.
  const key = JOBS[job.kind].key as (payload: Payload<K>) => string;
  const { queue, priority } = JOBS[job.kind];
  return {
    kind: job.kind,
    queue: QUEUES[queue].id,
    dedup_key: key(job.payload),
    payload: job.payload,
    priority: job.priority ?? priority,
    max_attempts: QUEUES[queue].maxAttempts,
    account_id: job.accountId ?? null,
    delay_seconds: job.delaySeconds ?? 0,
  };
}

/** Adds jobs or coalesces them with those of equal key. */
export async function enqueue(sql: Sql, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await sql`select raphael_private.enqueue_jobs(${sql.json(jobs.map(jobRecord))})`;
}

/** Leases up to `limit` due jobs; `solo` gives one of those whose worker died, to be run alone. */
export async function claim(
  sql: Sql,
  p: { queue: QueueName; limit: number; leaseSeconds: number; owner: string; solo?: boolean },
): Promise<ClaimedJob[]> {
  const { id } = QUEUES[p.queue];
  return await sql<ClaimedJob[]>`
    select id, epoch, kind, payload, cursor, attempt, max_attempts as "maxAttempts", created_at as "createdAt"
    from raphael_private.claim_jobs(${
    p.solo ? -id : id
  }, ${p.limit}, ${p.leaseSeconds}, ${p.owner})`;
}

/** Whether jobs whose worker died wait to be claimed with `solo`. */
export async function soloWaits(sql: Sql): Promise<boolean> {
  const [row] = await sql<[{ waits: boolean }]>`select raphael_private.solo_waits() as waits`;
  return row.waits;
}

/** Heartbeat: ids of the jobs still held. */
export async function extendLeases(
  sql: Sql,
  jobs: readonly ClaimedJob[],
  leaseSeconds: number,
): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from raphael_private.extend_leases(
      ${jobs.map((job) => job.id)}::bigint[], ${
    jobs.map((job) => job.epoch)
  }::int[], ${leaseSeconds}
    ) as held (id)`;
  return new Set(rows.map((row) => row.id));
}

/** First statement of an effect: throws `leaseLost` where the job is another's. */
export async function assertLease(sql: Sql, job: ClaimedJob): Promise<void> {
  await sql`select raphael_private.assert_lease(${job.id}, ${job.epoch})`;
}

export async function complete(sql: Sql, job: ClaimedJob): Promise<void> {
  await sql`select raphael_private.complete_job(${job.id}, ${job.epoch})`;
}

export async function continueFrom(sql: Sql, job: ClaimedJob, cursor: string): Promise<void> {
  await sql`select raphael_private.continue_job(${job.id}, ${job.epoch}, ${cursor})`;
}

export async function snooze(
  sql: Sql,
  job: ClaimedJob,
  seconds: number,
  why: string,
): Promise<void> {
  await sql`select raphael_private.snooze_job(${job.id}, ${job.epoch}, ${seconds}, ${why})`;
}

/** False where that was its last attempt and it is dead. */
export async function fail(
  sql: Sql,
  job: ClaimedJob,
  p: { queue: Queue; errorClass: string; error: string },
): Promise<boolean> {
  const [row] = await sql<{ again: boolean }[]>`
    select raphael_private.fail_job(
      ${job.id}, ${job.epoch}, ${p.queue.backoffSeconds}, ${p.errorClass}, ${p.error}
    ) as again`;
  return row?.again ?? false;
}

export async function bury(
  sql: Sql,
  job: ClaimedJob,
  errorClass: string,
  error: string,
): Promise<void> {
  await sql`select raphael_private.bury_job(${job.id}, ${job.epoch}, ${errorClass}, ${error})`;
}

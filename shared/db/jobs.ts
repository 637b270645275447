import { type JobKind, JOBS, type Payload, type QueueName, QUEUES } from "../jobs/kinds.ts";
import type { Sql } from "./client.ts";
import { elementsOf } from "./fragments.ts";

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
  /** The fencing token; text, because it is a bigint. */
  readonly epoch: string;
  readonly kind: string;
  readonly payload: unknown;
  readonly cursor: string | null;
  readonly attempt: number;
  /** Since 1970: a `Date` a job was a tenth of the worker's time. */
  readonly createdMs: number;
}

/** Behind which job to go on claiming; text, because a Date would lose the microseconds. */
export interface Place {
  readonly priority: number;
  readonly id: string;
  readonly runAt: string;
}

const START: Place = { priority: -32768, id: "0", runAt: "-infinity" };

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
    account_id: job.accountId ?? null,
    delay_seconds: job.delaySeconds ?? 0,
  };
}

/** Adds jobs or coalesces them with those of equal key. */
export async function enqueue(sql: Sql, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await sql`select raphael_private.enqueue_jobs(${sql.json(jobs.map(jobRecord))})`;
}

export interface Claim {
  readonly queue: QueueName;
  readonly limit: number;
  readonly leaseSeconds: number;
  /** Gives one of those whose worker died, to be run alone. */
  readonly solo?: boolean;
  /** Where the claim before ended; without it the most urgent come first. */
  readonly after?: Place | undefined;
}

/** Leases up to `limit` due jobs. A commit of its own, and not flushed: never part of a transaction. */
export async function claim(
  sql: Sql,
  { queue, limit, leaseSeconds, solo = false, after = START }: Claim,
): Promise<Claimed> {
  const { id } = QUEUES[queue];
  // As text, a column for all jobs: the driver's own rows and arrays take thrice the time.
  const [row] = await sql<Batch[]>`
    select ids::text, epoch::text, to_json(kinds)::text as kinds, payloads,
           to_json(cursors)::text as cursors, attempts::text, created_at::text as "createdAt", place
    from raphael_private.claim_jobs(
      ${solo ? -id : id}, ${limit}, ${leaseSeconds},
      ${after.priority}, ${after.runAt}::text::timestamptz, ${after.id})`;
  return new Claimed(row);
}

/** A class: a getter of an object literal would keep all its jobs alive (decision 19). */
export class Claimed {
  readonly count: number;
  declare readonly place?: Place;
  readonly #ids: readonly string[];
  readonly #row: Batch | undefined;

  constructor(row?: Batch) {
    this.#row = row;
    this.#ids = row?.ids ? elementsOf(row.ids) : [];
    this.count = this.#ids.length;
    if (row?.place) this.place = placeOf(row.place);
  }

  /** Made when they are asked for: the next claim may be sent before. */
  get jobs(): readonly ClaimedJob[] {
    return this.#row && this.count > 0 ? jobsOf(this.#ids, this.#row) : [];
  }
}

/** What `claim_jobs` answers, each column with an element a job; all null where there is no job. */
interface Batch {
  readonly ids: string | null;
  readonly epoch: string;
  readonly kinds: string;
  readonly payloads: string;
  readonly cursors: string;
  readonly attempts: string;
  readonly createdAt: string;
  readonly place: string | null;
}

function jobsOf(ids: readonly string[], row: Batch): ClaimedJob[] {
  const attempts = elementsOf(row.attempts);
  const seconds = elementsOf(row.createdAt);
  const [kinds, payloads, cursors] = [row.kinds, row.payloads, row.cursors].map((text) =>
    JSON.parse(text)
  );
  return ids.map((id, i) => ({
    id,
    epoch: row.epoch,
    kind: kinds[i],
    payload: payloads[i],
    cursor: cursors[i],
    attempt: Number(attempts[i]),
    createdMs: Number(seconds[i]) * 1_000,
  }));
}

/** `priority id run_at`, the last of which has a space of its own. */
function placeOf(text: string): Place {
  const [priority = "", id = "", ...runAt] = text.split(" ");
  return { priority: Number(priority), id, runAt: runAt.join(" ") };
}

/** How many jobs of each queue, by its id, one worker runs at once. */
export async function readConcurrency(sql: Sql): Promise<ReadonlyMap<number, number>> {
  const rows = await sql<{ queue: number; concurrency: number }[]>`
    select queue, concurrency from raphael_private.queue_concurrency()`;
  return new Map(rows.map((row) => [row.queue, row.concurrency]));
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
      ${ids(jobs)}::text::bigint[], ${epochs(jobs)}::text::bigint[], ${leaseSeconds}) as held (id)`;
  return new Set(rows.map((row) => row.id));
}

/** Gives back jobs that were not begun. */
export async function release(sql: Sql, jobs: readonly ClaimedJob[]): Promise<void> {
  await sql`
    select raphael_private.release_jobs(${ids(jobs)}::text::bigint[], ${
    epochs(jobs)
  }::text::bigint[])`;
}

/** First statement of an effect: throws `leaseLost` where the job is another's. */
export async function assertLease(sql: Sql, job: ClaimedJob): Promise<void> {
  await sql`select raphael_private.assert_lease(${job.id}, ${job.epoch})`;
}

/** First statement of many effects: ids of the jobs that may commit here, locked until then. */
export async function assertLeases(sql: Sql, jobs: readonly ClaimedJob[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from raphael_private.assert_leases(
      ${ids(jobs)}::text::bigint[], ${epochs(jobs)}::text::bigint[]) as held (id)`;
  return new Set(rows.map((row) => row.id));
}

/** Ends many jobs; ids of those that have to be settled one by one. */
export async function completeMany(sql: Sql, jobs: readonly ClaimedJob[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from raphael_private.complete_jobs(
      ${ids(jobs)}::text::bigint[], ${epochs(jobs)}::text::bigint[]) as open (id)`;
  return new Set(rows.map((row) => row.id));
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
  p: { errorClass: string; error: string },
): Promise<boolean> {
  const [row] = await sql<{ again: boolean }[]>`
    select raphael_private.fail_job(
      ${job.id}, ${job.epoch}, ${p.errorClass}, ${p.error}
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

// Array literals by hand: the driver's take as long as the jobs themselves.
const ids = (jobs: readonly ClaimedJob[]) => `{${jobs.map(({ id }) => id).join()}}`;
const epochs = (jobs: readonly ClaimedJob[]) => `{${jobs.map(({ epoch }) => epoch).join()}}`;

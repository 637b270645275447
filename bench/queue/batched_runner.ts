/**
 * Prototype of the batched path: claims ahead as fast as jobs end, performs side by side as the real
 * runner does, and settles what has ended meanwhile in one statement. Heartbeats, fences, attempts,
 * backoff, dead letters and reruns are the real ones.
 */
import type { Database, Sql } from "@shared/db/client.ts";
import { type ClaimedJob, extendLeases } from "@shared/db/jobs.ts";
import type { Handlers } from "@shared/jobs/handlers.ts";
import { type QueueName, QUEUES } from "@shared/jobs/kinds.ts";
import type { Outcome } from "@shared/jobs/outcome.ts";
import { perform } from "@shared/jobs/perform.ts";
import { settle } from "@shared/jobs/settle.ts";
import { assertLeases, claimAfter, completeJobs, type Place, START } from "./batched_sql.ts";

export interface BatchedOptions {
  readonly db: Database;
  readonly handlers: Handlers;
  readonly queue: QueueName;
  readonly leaseSeconds: number;
  readonly onSettled: (jobs: number) => void;
  /** Largest claim, and most jobs held at once. */
  readonly ahead: number;
  /** Resolves when work may have come. */
  readonly idle: () => Promise<void>;
  /** False claims from the queue's beginning each time. */
  readonly cursor: boolean;
}

/** How long a place is kept: a more urgent job that comes behind it waits that long at most. */
const PLACE_MS = 500;
/** Prefetch covers what ended in so long: enough to hide a claim, too little to outlive a lease. */
const WINDOW_MS = 100;
const EFFECTS_AT_ONCE = 50;

interface Ended {
  readonly job: ClaimedJob;
  readonly outcome: Outcome<Sql>;
}

export function createBatchedRunner(options: BatchedOptions) {
  const { db, handlers, queue, leaseSeconds, onSettled, ahead, idle } = options;
  const { concurrency } = QUEUES[queue];
  const owner = crypto.randomUUID();
  const held = new Map<string, { readonly job: ClaimedJob; readonly lease: AbortController }>();
  const waiting: ClaimedJob[] = [];
  let ended: Ended[] = [];
  let settling: Promise<void> | undefined;
  let claiming: Promise<void> | undefined;
  let running = 0;
  let stopping = false;
  let recent = 0;
  let place: Place = START;
  let placedAt = 0;

  function let_go(jobs: readonly ClaimedJob[]) {
    for (const { id } of jobs) held.delete(id);
    recent += jobs.length;
    setTimeout(() => recent -= jobs.length, WINDOW_MS);
    onSettled(jobs.length);
  }

  async function settleAll(): Promise<void> {
    while (ended.length > 0) {
      const batch = ended;
      ended = [];
      const plain = batch.filter(({ outcome }) => outcome.kind === "done" && !outcome.effect);
      const effects = batch.filter(({ outcome }) => outcome.kind === "done" && outcome.effect);
      const single = new Set(batch);
      const settled = (one: Ended) => single.delete(one);
      if (plain.length > 0) {
        const gone = await db.query((sql) => completeJobs(sql, plain.map(({ job }) => job)));
        plain.filter(({ job }) => gone.has(job.id)).forEach(settled);
      }
      for (let at = 0; at < effects.length; at += EFFECTS_AT_ONCE) {
        const group = effects.slice(at, at + EFFECTS_AT_ONCE);
        const done = await db.transaction((tx) => settleGroup(tx, group)).catch(() => []);
        done.forEach(settled);
      }
      await Promise.all([...single].map(({ job, outcome }) => settle(db, job, outcome)));
      let_go(batch.map(({ job }) => job));
      fill();
    }
  }

  /** Many jobs' effects in one transaction: all commit, or each is tried by itself. */
  async function settleGroup(tx: Sql, group: readonly Ended[]): Promise<readonly Ended[]> {
    const mine = await assertLeases(tx, group.map(({ job }) => job));
    const holding = group.filter(({ job }) => mine.has(job.id));
    await Promise.all(holding.map(({ outcome }) => outcome.effect?.(tx)));
    await completeJobs(tx, holding.map(({ job }) => job));
    return holding;
  }

  async function runOne(job: ClaimedJob): Promise<void> {
    const lease = new AbortController();
    held.set(job.id, { job, lease });
    const outcome = await perform(handlers, job, lease.signal);
    ended.push({ job, outcome });
    running--;
    settling ??= settleAll().finally(() => settling = undefined);
    start();
    fill();
  }

  function start() {
    while (running < concurrency) {
      const job = waiting.shift();
      if (!job) return;
      running++;
      runOne(job);
    }
  }

  /** Claims when less is ahead than ended in the last 100 ms. */
  function fill() {
    const wanted = Math.min(ahead, concurrency - running + recent) - waiting.length;
    if (claiming || stopping || waiting.length > Math.min(ahead, recent) / 2 || wanted <= 0) return;
    claiming = claimSome(wanted).finally(() => claiming = undefined);
  }

  async function claimSome(limit: number): Promise<void> {
    if (!options.cursor || performance.now() - placedAt > PLACE_MS) {
      place = START;
      placedAt = performance.now();
    }
    const claimed = await db.query((sql) =>
      claimAfter(sql, { queue, limit, leaseSeconds, owner, place })
    );
    place = claimed.place ?? START;
    waiting.push(...claimed.jobs);
    start();
  }

  async function heartbeat(): Promise<void> {
    const jobs = [...held.values()];
    if (jobs.length === 0) return;
    const kept = await db.query((sql) => extendLeases(sql, jobs.map(({ job }) => job), leaseSeconds));
    for (const { job, lease } of jobs) if (!kept.has(job.id)) lease.abort();
  }

  return {
    async work(stopped: Promise<void>): Promise<void> {
      stopped.then(() => stopping = true);
      const beat = setInterval(heartbeat, leaseSeconds * 1_000 / 3);
      while (!stopping) {
        fill();
        await claiming;
        if (waiting.length === 0 && running === 0) await Promise.race([idle(), stopped]);
        else await Promise.race([settling ?? new Promise((resolve) => setTimeout(resolve, 0))]);
      }
      clearInterval(beat);
      while (running > 0 || settling) await (settling ?? new Promise((r) => setTimeout(r, 5)));
    },
  };
}

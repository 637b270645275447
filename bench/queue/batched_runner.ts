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
import { settle } from "@shared/jobs/settle.ts";
import { performLean, type Running } from "./lean_perform.ts";
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
  const held = new Map<string, Running>();
  const waiting: ClaimedJob[] = [];
  let ended: Ended[] = [];
  let settling: Promise<void> | undefined;
  let claiming: Promise<void> | undefined;
  let running = 0;
  let stopping = false;
  let recent = 0;
  let place: Place = START;
  let placedAt = 0;

  function letGo(batch: readonly Ended[]) {
    for (const { job } of batch) held.delete(job.id);
    recent += batch.length;
    setTimeout(() => recent -= batch.length, WINDOW_MS);
    onSettled(batch.length);
  }

  async function settleAll(): Promise<void> {
    await sleep(0); // what ends in this turn goes together
    while (ended.length > 0) {
      const batch = ended;
      ended = [];
      const plain = batch.filter(({ outcome }) => outcome.kind === "done" && !outcome.effect);
      const effects = batch.filter(({ outcome }) => outcome.kind === "done" && outcome.effect);
      const open: Ended[] = batch.length === plain.length + effects.length
        ? []
        : batch.filter(({ outcome }) => outcome.kind !== "done");
      if (plain.length > 0) open.push(...await settlePlain(plain));
      for (let at = 0; at < effects.length; at += EFFECTS_AT_ONCE) {
        open.push(...await settleEffects(effects.slice(at, at + EFFECTS_AT_ONCE)));
      }
      await Promise.all(open.map(({ job, outcome }) => settle(db, job, outcome)));
      letGo(batch);
      fill();
    }
  }

  /** Answers what has to be settled by itself. */
  async function settlePlain(batch: readonly Ended[]): Promise<readonly Ended[]> {
    const open = await db.query((sql) => completeJobs(sql, batch.map(({ job }) => job)));
    return open.size === 0 ? [] : batch.filter(({ job }) => open.has(job.id));
  }

  /** Many jobs' effects in one transaction: all commit, or each is settled by itself. */
  async function settleEffects(batch: readonly Ended[]): Promise<readonly Ended[]> {
    try {
      return await db.transaction(async (tx) => {
        const mine = await assertLeases(tx, batch.map(({ job }) => job));
        const held = batch.filter(({ job }) => mine.has(job.id));
        await Promise.all(held.map(({ outcome }) => outcome.effect?.(tx)));
        await completeJobs(tx, held.map(({ job }) => job));
        return batch.filter(({ job }) => !mine.has(job.id));
      });
    } catch {
      return batch;
    }
  }

  async function runOne(job: ClaimedJob): Promise<void> {
    const one = performLean(handlers, job, Date.now());
    held.set(job.id, one);
    const outcome = await one.outcome;
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

  /** Claims when less is ahead than half of what ended in the last 100 ms. */
  function fill() {
    const wanted = Math.min(ahead, concurrency - running + recent);
    if (claiming || stopping || wanted <= 0 || waiting.length > wanted / 2) return;
    claiming = claimSome(wanted).finally(() => claiming = undefined);
  }

  async function claimSome(limit: number): Promise<void> {
    if (!options.cursor || performance.now() - placedAt > PLACE_MS) {
      place = START;
      placedAt = performance.now();
    }
    const claimed = await db.query((sql) => claimAfter(sql, { queue, limit, leaseSeconds, place }));
    // Fewer than asked: nothing is left behind the place, and what comes may be more urgent.
    place = claimed.jobs.length === limit && claimed.place || START;
    waiting.push(...claimed.jobs);
    start();
  }

  async function heartbeat(): Promise<void> {
    const jobs = [...held.values()];
    if (jobs.length === 0) return;
    const kept = await db.query((sql) =>
      extendLeases(sql, jobs.map(({ job }) => job), leaseSeconds)
    );
    for (const one of jobs) if (!kept.has(one.job.id)) one.abort();
  }

  return {
    async work(stopped: Promise<void>): Promise<void> {
      stopped.then(() => stopping = true);
      const beat = setInterval(heartbeat, leaseSeconds * 1_000 / 3);
      const look = setInterval(() => held.forEach((one) => one.check(Date.now())), 1_000);
      while (!stopping) {
        fill();
        await claiming;
        if (waiting.length === 0 && running === 0) await Promise.race([idle(), stopped]);
        else await (settling ?? sleep(1));
      }
      clearInterval(beat);
      clearInterval(look);
      while (running > 0 || settling) await (settling ?? sleep(5));
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

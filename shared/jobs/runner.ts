import { ProblemError } from "../core/problems.ts";
import type { Database } from "../db/client.ts";
import { claim, type ClaimedJob, extendLeases, soloWaits } from "../db/jobs.ts";
import type { Handlers } from "./handlers.ts";
import { type QueueName, QUEUES } from "./kinds.ts";
import { perform } from "./perform.ts";
import { settle } from "./settle.ts";

export interface RunnerOptions {
  readonly db: Database;
  readonly handlers: Handlers;
  readonly log: (
    level: "info" | "warn" | "error",
    event: string,
    fields?: Record<string, unknown>,
  ) => void;
  /** Longer than the longest HTTP call and its commit. */
  readonly leaseSeconds?: number;
  /** How long an empty queue is watched before the drain ends: kicks come at most once a second. */
  readonly lingerMs?: number;
}

export interface DrainSummary {
  readonly performed: number;
  readonly ms: number;
}

// SAFETY: `QUEUES` is a literal, its keys are these.
const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

const LEASE_SECONDS = 120;
const LINGER_MS = 2_500;
const IDLE_MS = 150;
const CLAIM_AGAIN_MS = 500;
/** How often a busy worker asks for jobs whose worker died: they run again within lease and this. */
const SOLO_MS = 5_000;

interface Held {
  readonly job: ClaimedJob;
  readonly lease: AbortController;
}

/** Claims jobs, performs them side by side, settles them; correct however it is cut off. */
export function createRunner(options: RunnerOptions) {
  const { db, handlers, log, leaseSeconds = LEASE_SECONDS, lingerMs = LINGER_MS } = options;
  // Not by id: a job's next page may be claimed before the answer to its last one is read.
  const held = new Set<Held>();
  let performed = 0;

  async function run(job: ClaimedJob): Promise<void> {
    const mine: Held = { job, lease: new AbortController() };
    held.add(mine);
    try {
      const outcome = await perform(handlers, job, mine.lease.signal);
      const settled = await settle(db, job, outcome);
      performed++;
      if (settled === "dead" || settled === "retry" || settled === "lost") {
        const reason = "reason" in outcome ? outcome.reason : undefined;
        log(settled === "dead" ? "error" : "warn", `job_${settled}`, {
          job: job.id,
          kind: job.kind,
          reason,
        });
      }
    } catch (error) {
      // The lease runs out by itself and the job is run again, alone.
      log("error", "job_unsettled", {
        job: job.id,
        kind: job.kind,
        reason: error instanceof Error ? error.name : "unknown",
      });
    } finally {
      held.delete(mine);
    }
  }

  async function heartbeat(): Promise<void> {
    if (held.size === 0) return;
    const jobs = [...held];
    try {
      const kept = await db.query((sql) =>
        extendLeases(sql, jobs.map((one) => one.job), leaseSeconds)
      );
      for (const { job, lease } of jobs) if (!kept.has(job.id)) lease.abort();
    } catch {
      // Without the database nothing can be committed either; the fence decides when it is back.
    }
  }

  /** A lost database is no reason to end: nothing is claimed until it is back, or the time is up. */
  async function take(queue: QueueName, limit: number, solo = false): Promise<ClaimedJob[]> {
    try {
      return (await db.query((sql) => claim(sql, { queue, limit, leaseSeconds, solo }))).jobs;
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem === "unavailable")) throw error;
      log("warn", "claim_failed", { queue, reason: error.message });
      await sleep(CLAIM_AGAIN_MS);
      return [];
    }
  }

  /** Jobs whose worker died, one by one and beside nothing else: none of them can hurt a neighbour. */
  async function runSolo(until: number): Promise<void> {
    for (const queue of QUEUE_NAMES) {
      while (Date.now() < until) {
        const [job] = await take(queue, 1, true);
        if (!job) break;
        await run(job);
      }
    }
  }

  async function work(queue: QueueName, until: number, ended: () => boolean): Promise<void> {
    const running = new Set<Promise<void>>();
    try {
      while (Date.now() < until) {
        const limit = QUEUES[queue].concurrency - running.size;
        const jobs = limit > 0 ? await take(queue, limit) : [];
        for (const job of jobs) {
          const task: Promise<void> = run(job).finally(() => running.delete(task));
          running.add(task);
        }
        if (ended()) break;
        if (jobs.length > 0 && running.size < QUEUES[queue].concurrency) continue;
        await Promise.race([...running, sleep(IDLE_MS)]);
      }
    } finally {
      await Promise.all(running);
    }
  }

  /** Works on all queues until they have stayed empty for a while, or (true) jobs wait to be run alone. */
  async function workAll(until: number, idle: () => boolean): Promise<boolean> {
    let solo = false;
    const look = setInterval(async () => {
      solo = await db.query(soloWaits).catch(() => false) || solo;
    }, SOLO_MS);
    try {
      const ended = () => solo || idle();
      // All to their end, also where one fails: nothing may run on without its heartbeat.
      const ends = await Promise.allSettled(QUEUE_NAMES.map((name) => work(name, until, ended)));
      for (const end of ends) if (end.status === "rejected") throw end.reason;
      return solo;
    } finally {
      clearInterval(look);
    }
  }

  return {
    /** Performs jobs until all queues have stayed empty for a while, or `budgetMs` is over. */
    async drain(budgetMs: number): Promise<DrainSummary> {
      const start = Date.now();
      const before = performed;
      const until = start + budgetMs;
      const beat = setInterval(heartbeat, leaseSeconds * 1_000 / 3);
      let last = { performed, at: start };
      const idle = () => {
        if (last.performed !== performed || held.size > 0) last = { performed, at: Date.now() };
        return Date.now() - last.at >= lingerMs;
      };
      try {
        // The last round does nothing: what a queue's last job left to another is not overlooked.
        for (let again = true; again && Date.now() < until;) {
          const round = performed;
          await runSolo(until);
          again = await workAll(until, idle) || performed !== round;
        }
      } finally {
        clearInterval(beat);
      }
      return { performed: performed - before, ms: Date.now() - start };
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

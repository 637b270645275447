import type { Database } from "../db/client.ts";
import { claim, type ClaimedJob, extendLeases } from "../db/jobs.ts";
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

const LEASE_SECONDS = 120;
const LINGER_MS = 2_500;
const IDLE_MS = 150;

/** Claims jobs, performs them side by side, settles them; correct however it is cut off. */
export function createRunner(options: RunnerOptions) {
  const { db, handlers, log, leaseSeconds = LEASE_SECONDS, lingerMs = LINGER_MS } = options;
  const owner = crypto.randomUUID();
  const held = new Map<string, { readonly job: ClaimedJob; readonly lease: AbortController }>();
  let performed = 0;

  async function run(job: ClaimedJob): Promise<void> {
    const lease = new AbortController();
    held.set(job.id, { job, lease });
    try {
      const outcome = await perform(handlers, job, lease.signal);
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
      held.delete(job.id);
    }
  }

  async function heartbeat(): Promise<void> {
    if (held.size === 0) return;
    const jobs = [...held.values()];
    try {
      const kept = await db.query((sql) =>
        extendLeases(sql, jobs.map((one) => one.job), leaseSeconds)
      );
      for (const { job, lease } of jobs) if (!kept.has(job.id)) lease.abort();
    } catch {
      // Without the database nothing can be committed either; the fence decides when it is back.
    }
  }

  /** Jobs whose worker died, one by one and before all else: none of them can hurt a neighbour. */
  async function runSolo(queue: QueueName, until: number): Promise<void> {
    while (Date.now() < until) {
      const [job] = await db.query((sql) =>
        claim(sql, { queue, limit: 1, leaseSeconds, owner, solo: true })
      );
      if (!job) return;
      await run(job);
    }
  }

  async function work(queue: QueueName, until: number, idle: () => boolean): Promise<void> {
    const running = new Set<Promise<void>>();
    while (Date.now() < until) {
      const limit = QUEUES[queue].concurrency - running.size;
      const jobs = limit > 0
        ? await db.query((sql) => claim(sql, { queue, limit, leaseSeconds, owner }))
        : [];
      for (const job of jobs) {
        const task: Promise<void> = run(job).finally(() => running.delete(task));
        running.add(task);
      }
      if (jobs.length > 0 && running.size < QUEUES[queue].concurrency) continue;
      if (running.size > 0) await Promise.race([...running, sleep(IDLE_MS)]);
      else if (idle()) break;
      else await sleep(IDLE_MS);
    }
    await Promise.all(running);
  }

  return {
    /** Performs jobs until all queues have stayed empty for a while, or `budgetMs` is over. */
    async drain(budgetMs: number): Promise<DrainSummary> {
      const start = Date.now();
      const before = performed;
      const until = start + budgetMs;
      const beat = setInterval(heartbeat, leaseSeconds * 1_000 / 3);
      const queues = Object.keys(QUEUES) as QueueName[];
      try {
        for (const queue of queues) await runSolo(queue, until);
        let last = { performed, at: Date.now() };
        const idle = () => {
          if (last.performed !== performed || held.size > 0) last = { performed, at: Date.now() };
          return Date.now() - last.at >= lingerMs;
        };
        await Promise.all(queues.map((queue) => work(queue, until, idle)));
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

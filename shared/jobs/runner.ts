import { ProblemError } from "../core/problems.ts";
import type { Database } from "../db/client.ts";
import { type ClaimedJob, extendLeases, readConcurrency, soloWaits } from "../db/jobs.ts";
import type { Listener } from "../db/listen.ts";
import type { Handlers } from "./handlers.ts";
import { type QueueName, QUEUES } from "./kinds.ts";
import { createLane, type InTurn } from "./lane.ts";
import type { Ended, Ending } from "./settling.ts";

export type Log = (
  level: "info" | "warn" | "error",
  event: string,
  fields?: Record<string, unknown>,
) => void;

export interface RunnerOptions {
  readonly db: Database;
  readonly handlers: Handlers;
  readonly log: Log;
  /** Longer than the longest HTTP call and its commit. */
  readonly leaseSeconds?: number;
  /** How long an empty queue is watched before the drain ends: kicks come at most once a second. */
  readonly lingerMs?: number;
  /** Wakes an idle worker at once; without it, and where it fails, polling does within 150 ms. */
  readonly listener?: Listener;
}

export interface DrainSummary {
  readonly performed: number;
  readonly ms: number;
}

// SAFETY: `QUEUES` is a literal, its keys are these.
const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

const LEASE_SECONDS = 120;
const LINGER_MS = 2_500;
/** How exactly a handler's time is kept. */
const CHECK_MS = 250;
/** How often a busy worker asks for jobs whose worker died: they run again within lease and this. */
const SOLO_MS = 5_000;
const ASK_AGAIN_MS = 500;
/** Jobs in 100 ms above which a worker does not ask to be woken: it looks every 10 ms by itself. */
const BUSY = 20;

/** Claims jobs, performs them side by side, settles them; correct however it is cut off. */
export function createRunner(options: RunnerOptions) {
  const { db, handlers, log, leaseSeconds = LEASE_SECONDS, lingerMs = LINGER_MS } = options;
  const { listener } = options;
  let performed = 0;
  let closed = false;
  let open = () => false;

  const lanes = QUEUE_NAMES.map((queue) => ({
    ...QUEUES[queue],
    ...createLane({
      db,
      handlers,
      log,
      queue,
      leaseSeconds,
      open: () => !closed && open(),
      onSettled,
      async onIdle(recent) {
        if (recent <= BUSY) return await listener?.attend() ?? false;
        listener?.rest();
        return false;
      },
    }),
  }));
  listener?.onNews((queues) => {
    for (const lane of lanes) if (queues.includes(lane.id)) lane.wake();
  });

  function onSettled({ job, outcome }: Ended, ending: Ending, error?: unknown): void {
    if (ending === "unsettled") {
      // The lease runs out by itself and the job is run again, alone.
      const reason = error instanceof Error ? error.name : "unknown";
      log("error", "job_unsettled", { job: job.id, kind: job.kind, reason });
      return;
    }
    performed++;
    if (ending !== "dead" && ending !== "retry" && ending !== "lost") return;
    log(ending === "dead" ? "error" : "warn", `job_${ending}`, {
      job: job.id,
      kind: job.kind,
      reason: "reason" in outcome ? outcome.reason : undefined,
    });
  }

  async function heartbeat(): Promise<void> {
    const held = lanes.flatMap((lane) => lane.held());
    if (held.length === 0) return;
    try {
      const kept = await db.query((sql) => extendLeases(sql, held, leaseSeconds));
      const lost = new Set(held.filter(({ id }) => !kept.has(id)));
      if (lost.size === 0) return;
      for (const lane of lanes) lane.lose((job: ClaimedJob) => !lost.has(job));
    } catch {
      // Without the database nothing can be committed either; the fence decides when it is back.
    }
  }

  const soloWaiting = () => db.query(soloWaits).catch(() => false);

  /** Jobs whose worker died, one by one: none of them can hurt a neighbour. */
  async function runSolo(until: number): Promise<void> {
    if (!await soloWaiting()) return;
    for (const lane of lanes) {
      while (!closed && Date.now() < until && await lane.workAlone());
    }
  }

  /** As the operator has set it by now; a lost database is waited for. */
  async function askConcurrency(until: number): Promise<ReadonlyMap<number, number>> {
    while (!closed && Date.now() < until) {
      try {
        return await db.query(readConcurrency);
      } catch (error) {
        if (!(error instanceof ProblemError && error.problem === "unavailable")) throw error;
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
    }
    return new Map();
  }

  /** Works on all queues until they have stayed empty for a while, or (true) jobs wait to be run alone. */
  async function workAll(until: number): Promise<boolean> {
    const atOnce = await askConcurrency(until);
    // First looks take the connection that is open: a wake-up for nothing, or for one queue, opens no other.
    let turn: Promise<unknown> = Promise.resolve();
    const inTurn: InTurn = (look) => {
      const looked = turn.then(look);
      turn = looked.catch(() => {});
      return looked;
    };
    let solo = false;
    const look = setInterval(async () => {
      solo = await soloWaiting() || solo;
    }, SOLO_MS);
    open = () => {
      const now = Date.now();
      return !solo && now < until && lanes.some((lane) => lane.quietMs(now) < lingerMs);
    };
    try {
      // All to their end, also where one fails: nothing may run on without its heartbeat.
      const ends = await Promise.allSettled(
        lanes.map((lane) => lane.work(atOnce.get(lane.id) ?? 0, inTurn)),
      );
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
      const check = setInterval(
        () => lanes.forEach((lane) => lane.check(Date.now())),
        CHECK_MS,
      );
      try {
        // The last round does nothing: what a queue's last job left to another is not overlooked.
        for (let again = true; again && !closed && Date.now() < until;) {
          const round = performed;
          await runSolo(until);
          again = await workAll(until) || performed !== round ||
            await soloWaiting();
        }
      } finally {
        listener?.rest();
        clearInterval(beat);
        clearInterval(check);
      }
      return { performed: performed - before, ms: Date.now() - start };
    },
    /** Begins nothing more, ever, and gives back what was not begun: this isolate is about to end. */
    async close(): Promise<void> {
      closed = true;
      await Promise.all(lanes.map((lane) => lane.giveBack()));
    },
  };
}

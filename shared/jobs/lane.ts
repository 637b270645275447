import { setImmediate } from "node:timers";
import { ProblemError } from "../core/problems.ts";
import type { Database } from "../db/client.ts";
import { claim, Claimed, type ClaimedJob, type Place, release } from "../db/jobs.ts";
import { isConflict } from "../db/lost.ts";
import type { Handlers } from "./handlers.ts";
import type { QueueName } from "./kinds.ts";
import { createPace } from "./pace.ts";
import { perform, type Run } from "./perform.ts";
import type { Log } from "./runner.ts";
import { createSettling, type Ended, type Ending } from "./settling.ts";
import { createSignal } from "./signal.ts";

export interface LaneOptions {
  readonly db: Database;
  readonly handlers: Handlers;
  readonly log: Log;
  readonly queue: QueueName;
  readonly leaseSeconds: number;
  /** Whether jobs may still be begun. */
  readonly open: () => boolean;
  readonly onSettled: (one: Ended, ending: Ending, error?: unknown) => void;
  /** Called before the lane waits for news; true where it should look once more at once. */
  readonly onIdle: (recent: number) => Promise<boolean>;
}

/** Runs one after the other. */
export type InTurn = <T>(one: () => Promise<T>) => Promise<T>;

const NOTHING = new Claimed();

/** How long a place is kept: a more urgent job that comes behind it waits that long at most. */
const PLACE_MS = 500;
const CLAIM_AGAIN_MS = 500;
/**
 * Jobs begun in one turn of the event loop: those that end at once would otherwise all do so before the
 * next claim is even sent.
 */
const TURN = 100;
/** How often an empty queue is asked: at rest, and while jobs come one by one. */
const IDLE_MS = 150;
const BUSY_MS = 10;

/** One queue's jobs in this worker: claimed ahead, performed side by side, settled together. */
export function createLane(options: LaneOptions) {
  const { db, handlers, log, queue, leaseSeconds, open, onIdle } = options;
  const pace = createPace();
  const runs = new Set<Run>();
  /** A job ended or was settled: there may be room for others. */
  const moved = createSignal();
  /** Jobs may have become due. */
  const news = createSignal();
  /** The most urgent is last. */
  let waiting: ClaimedJob[] = [];
  /** The last claim, and the last giving back: under way, or over. */
  let asked: Promise<Claimed> | undefined;
  let givenBack = Promise.resolve();
  let place: Place | undefined;
  let placedAt = 0;
  let starting = false;
  let begunThisTurn = 0;
  let concurrency = 0;
  /** When the queue was first found empty, nothing having happened since. */
  let quietSince: number | undefined;

  const settling = createSettling({
    db,
    onSettled(one, ending, error) {
      quietSince = undefined;
      options.onSettled(one, ending, error);
      // Its next page may be due, or another run.
      if (one.outcome.kind !== "done") news.give();
      start();
      moved.give();
    },
    onRerun: news.give,
  });

  function take(limit: number, solo = false): Promise<Claimed> {
    return asked = claimUnlessLost(limit, solo);
  }

  /** A database that is lost or stands still is no reason to end: nothing is claimed until it is back. */
  async function claimUnlessLost(limit: number, solo: boolean): Promise<Claimed> {
    if (solo || performance.now() - placedAt > PLACE_MS) {
      place = undefined;
      placedAt = performance.now();
    }
    try {
      const claimed = await db.query((sql) =>
        claim(sql, { queue, limit, leaseSeconds, solo, after: place })
      );
      // Fewer than asked: nothing is left behind the place, and what comes may be more urgent.
      place = claimed.count === limit ? claimed.place : undefined;
      quietSince = claimed.count > 0 ? undefined : quietSince ?? Date.now();
      return claimed;
    } catch (error) {
      const passes = error instanceof ProblemError
        ? error.problem === "unavailable"
        : isConflict(error);
      if (!passes) throw error;
      log("warn", "claim_failed", {
        queue,
        reason: error instanceof Error ? error.message : "unknown",
      });
      await new Promise((resolve) => setTimeout(resolve, CLAIM_AGAIN_MS));
      return NOTHING;
    }
  }

  function begin(job: ClaimedJob): void {
    // A job that no handler takes ends before there is a run.
    let run: Run | undefined = undefined;
    let ended = false;
    pace.begun(Date.now());
    run = perform(handlers, job, (outcome) => {
      ended = true;
      if (run) runs.delete(run);
      pace.ended(1, Date.now());
      settling.add({ job, outcome });
      start();
      moved.give();
    });
    if (!ended) runs.add(run);
  }

  function start(): void {
    // Not from within itself: jobs that end at once would nest as deep as they wait.
    if (starting) return;
    starting = true;
    while (
      waiting.length > 0 && runs.size < concurrency && begunThisTurn < TURN && !settling.behind() &&
      open()
    ) {
      const job = waiting.pop();
      if (job) begin(job);
      if (++begunThisTurn === TURN) setImmediate(nextTurn);
    }
    starting = false;
  }

  function nextTurn(): void {
    begunThisTurn = 0;
    start();
  }

  /** All that was not begun, the answer to a claim under way too: who asked waits for it already. */
  function giveBack(): Promise<void> {
    return givenBack = givenBack.then(async () => {
      await asked?.catch(() => {});
      const jobs = waiting;
      waiting = [];
      if (jobs.length === 0) return;
      // Where that fails their leases run out.
      await db.query((sql) => release(sql, jobs)).catch(() => {});
    });
  }

  const room = (claimed = 0) =>
    pace.room({
      concurrency,
      running: runs.size,
      waiting: waiting.length + claimed,
      unsettled: settling.unsettled.size,
    }, Date.now());

  return {
    /**
     * Claims and performs while `open`, `atOnce` jobs at a time; gives back what it did not begin, and
     * waits for what it did.
     * @param inTurn what the first claim goes through
     */
    async work(atOnce: number, inTurn: InTurn): Promise<void> {
      concurrency = atOnce;
      quietSince = undefined;
      let next: Promise<Claimed> | undefined;
      let isFirst = true;
      try {
        while (open()) {
          const [movedBefore, newsBefore] = [moved.count, news.count];
          const limit = next ? 0 : room();
          if (!next && limit === 0) {
            await moved.after(movedBefore, IDLE_MS);
            continue;
          }
          const claimed = await (next ?? (isFirst ? inTurn(() => take(limit)) : take(limit)));
          isFirst = false;
          // The database works on the next claim while this one's jobs are read and performed.
          const more = claimed.count > 0 && open() ? room(claimed.count) : 0;
          next = more > 0 ? take(more) : undefined;
          waiting = [...claimed.jobs].reverse().concat(waiting);
          start();
          if (claimed.count > 0) continue;
          const recent = pace.recent(Date.now());
          if (await onIdle(recent)) continue;
          await news.after(newsBefore, recent > 0 ? BUSY_MS : IDLE_MS);
        }
      } finally {
        // Where it fails the leases run out: the jobs in hand are still to be settled.
        const last = await next?.catch(() => NOTHING);
        if (last) waiting = [...last.jobs].reverse().concat(waiting);
        await giveBack();
        while (runs.size > 0) await moved.after(moved.count);
        await settling.finish();
      }
    },
    /** Performs a job whose worker died, beside nothing else; false where none waits. */
    async workAlone(): Promise<boolean> {
      const [job] = (await take(1, true)).jobs;
      if (!job) return false;
      begin(job);
      while (runs.size > 0) await moved.after(moved.count);
      await settling.finish();
      return true;
    },
    giveBack,
    wake: news.give,
    /** All jobs whose leases this lane has to keep. */
    held(): ClaimedJob[] {
      const running = [...runs].map(({ job }) => job);
      return [...waiting, ...running, ...[...settling.unsettled].map(({ job }) => job)];
    },
    /** For how long its queue has been empty, as far as anyone has looked. */
    quietMs(now: number): number {
      const holds = waiting.length + runs.size + settling.unsettled.size > 0;
      return holds || quietSince === undefined ? 0 : now - quietSince;
    },
    /** Forgets what was not begun, and stops what runs, of jobs that are another worker's now. */
    lose(isKept: (job: ClaimedJob) => boolean): void {
      waiting = waiting.filter(isKept);
      for (const run of runs) if (!isKept(run.job)) run.stop();
    },
    check(now: number): void {
      for (const run of runs) run.check(now);
    },
  };
}

import { setImmediate } from "node:timers";
import type { Database, Sql } from "../db/client.ts";
import { assertLeases, type ClaimedJob, completeMany } from "../db/jobs.ts";
import type { Outcome } from "./outcome.ts";
import { COMMIT_MS, settle, type Settled } from "./settle.ts";

export interface Ended {
  readonly job: ClaimedJob;
  readonly outcome: Outcome<Sql>;
}

/** What became of a job; `unsettled` means that its lease runs out by itself and it is run again. */
export type Ending = Settled | "unsettled";

export interface SettlingOptions {
  readonly db: Database;
  /** Told of each job that is off this worker's hands. */
  readonly onSettled: (one: Ended, ending: Ending, error?: unknown) => void;
  /** Told where a job that was done may run again at once. */
  readonly onRerun: () => void;
}

/** Effects of one transaction at most: it holds their rows until the last of them is written. */
const EFFECTS_AT_ONCE = 50;
/** Transactions of effects at once: a slow effect holds up its own neighbours, and no others. */
const EFFECT_BATCHES = 3;
/** Effects hold what they will write, a page each: when so many wait, nothing more is begun. */
const EFFECTS_WAITING = 100;

/**
 * Settles what ended. Jobs that are simply done end in one statement for all that ended meanwhile, and
 * effects share a transaction; whatever cannot go that way (another outcome, a trigger meanwhile, a lost
 * lease, an effect that fails) is settled by itself.
 */
export function createSettling({ db, onSettled, onRerun }: SettlingOptions) {
  let plain: Ended[] = [];
  const effects: Ended[] = [];
  let completing = false;
  let effectBatches = 0;
  let planned = false;
  /** Effects that are waiting or being written. */
  let heavy = 0;
  const unsettled = new Set<Ended>();
  let idle: (() => void)[] = [];

  function off(one: Ended, ending: Ending, error?: unknown): void {
    unsettled.delete(one);
    if (one.outcome.effect) heavy--;
    onSettled(one, ending, error);
    if (unsettled.size > 0) return;
    for (const resolve of idle) resolve();
    idle = [];
  }

  async function alone(one: Ended): Promise<void> {
    try {
      off(one, await settle(db, one.job, one.outcome));
      if (one.outcome.kind === "done") onRerun();
    } catch (error) {
      off(one, "unsettled", error);
    }
  }

  function flush(): void {
    planned = false;
    if (plain.length > 0 && !completing) void complete();
    while (effects.length > 0 && effectBatches < EFFECT_BATCHES) {
      void commitEffects(effects.splice(0, EFFECTS_AT_ONCE));
    }
  }

  async function complete(): Promise<void> {
    completing = true;
    const batch = plain;
    plain = [];
    // Where the answer is lost the commit is unknown: one by one the fence tells.
    const open = await db.query((sql) => completeMany(sql, jobsOf(batch))).catch(() => undefined);
    completing = false;
    for (const one of batch) {
      if (!open || open.has(one.job.id)) void alone(one);
      else off(one, "done");
    }
    flush();
  }

  async function commitEffects(batch: readonly Ended[]): Promise<void> {
    effectBatches++;
    const done = batch.length === 1 ? [] : await commitTogether(batch).catch(() => []);
    effectBatches--;
    const together = new Set(done);
    for (const one of batch) {
      if (together.has(one)) off(one, "done");
      else void alone(one);
    }
    flush();
  }

  /** Answers those that committed; throws where none did, or where that is unknown. */
  function commitTogether(batch: readonly Ended[]): Promise<readonly Ended[]> {
    return db.transaction(async (tx) => {
      const mine = await assertLeases(tx, jobsOf(batch));
      // Each ingest holds its account until the commit: in one order, or two workers wait for each other.
      const held = batch.filter(({ job }) => mine.has(job.id))
        .toSorted((a, b) =>
          Number(accountOf(a) > accountOf(b)) - Number(accountOf(a) < accountOf(b))
        );
      const work = held.map(async ({ outcome }) => await outcome.effect?.(tx));
      const results = await Promise.allSettled(work);
      // Only now: a statement that another effect still sends must not outlive the transaction.
      for (const result of results) if (result.status === "rejected") throw result.reason;
      const open = await completeMany(tx, jobsOf(held));
      if (open.size > 0) {
        throw new Error("Cannot complete jobs: their rows were locked, yet changed");
      }
      return held;
    }, COMMIT_MS);
  }

  return {
    add(one: Ended): void {
      const { outcome } = one;
      unsettled.add(one);
      if (outcome.effect) heavy++;
      if (outcome.kind !== "done") return void alone(one);
      (outcome.effect ? effects : plain).push(one);
      if (planned) return;
      planned = true;
      // What ends in this turn goes together.
      setImmediate(flush);
    },
    /** Jobs that ended and are not committed. */
    unsettled: unsettled as ReadonlySet<Ended>,
    /** Whether effects pile up: the database is slower than the handlers. */
    behind: () => heavy >= EFFECTS_WAITING,
    /** Resolves when all is settled. */
    async finish(): Promise<void> {
      if (unsettled.size > 0) await new Promise<void>((resolve) => idle.push(resolve));
    },
  };
}

/** Empty for a job of no account. */
function accountOf({ job: { payload } }: Ended): string {
  return typeof payload === "object" && payload && "accountId" in payload
    ? String(payload.accountId)
    : "";
}

const jobsOf = (batch: readonly Ended[]) => batch.map(({ job }) => job);

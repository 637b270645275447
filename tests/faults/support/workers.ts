import { fileURLToPath } from "node:url";
import { type TestDatabase, withDatabase } from "../../support/database.ts";
import { createLedger } from "./ledger.ts";
import type { WorkerPlan } from "./plan.ts";
import { type DenoProcess, type Line, startDeno } from "./process.ts";

const READY_MS = 30_000;
const FLAGS = ["--no-lock", "--no-check", "--quiet", "--allow-all"] as const;
/** A lease short enough for a test, far longer than the pretended work. */
const PLAN = { leaseSeconds: 1, fenced: true, workMs: 60 } as const;

export interface WorkerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Further flags of `deno run`. */
  readonly flags?: readonly string[];
  /** Other arguments than its neighbours have. */
  readonly args?: readonly string[];
}

/** Worker processes, and what they said. */
export interface Workers {
  start(more?: WorkerOptions): Promise<DenoProcess>;
  /** How often an event was logged, by all workers; `reason` where it matters. */
  said(event: string, reason?: RegExp): number;
  /** How far a worker's clock is ahead of ours, by its last line; undefined before the first. */
  skewMs(pid: number): number | undefined;
  /** Ends all by their pid. */
  stop(): Promise<void>;
}

/** A database of the test's own, with the ledger, and workers that are ended with the test. */
export async function withWorkers(
  change: Partial<WorkerPlan>,
  use: (db: TestDatabase, workers: Workers) => Promise<void>,
): Promise<void> {
  await withDatabase(async (db) => {
    await createLedger(db.admin);
    const workers = createWorkers({ databaseUrl: db.appUrl, ...change });
    try {
      await use(db, workers);
    } finally {
      await workers.stop();
    }
  });
}

type SomePlan = Pick<WorkerPlan, "databaseUrl"> & Partial<WorkerPlan>;

/** Processes of `worker.ts`. */
export function createWorkers(plan: SomePlan, options: WorkerOptions = {}): Workers {
  return workersOf("worker.ts", { args: argsOf(plan), ...options });
}

export function argsOf(plan: SomePlan): readonly string[] {
  return [JSON.stringify({ ...PLAN, ...plan })];
}

/** Processes of a program beside this file, which says `ready` when it is. */
export function workersOf(program: string, shared: WorkerOptions): Workers {
  const all: DenoProcess[] = [];
  const lines: Line[] = [];
  const skews = new Map<number, number>();
  const entry = fileURLToPath(new URL(program, import.meta.url));
  return {
    async start(own = {}) {
      const { args = [], flags = [], env = {} } = { ...shared, ...own };
      const ready = Promise.withResolvers<void>();
      const worker: DenoProcess = startDeno({
        args: ["run", ...FLAGS, ...flags, entry, ...args],
        env,
        onLine(line) {
          if (line.at !== undefined) skews.set(worker.pid, line.at - Date.now());
          if (line.event !== "clock") lines.push(line);
          if (line.event === "ready") ready.resolve();
        },
      });
      all.push(worker);
      const fail = (why: string) => ready.reject(new Error(`Cannot start worker: ${why}`));
      worker.ended.then(() => fail(worker.lastWords()));
      const timer = setTimeout(() => fail("late"), READY_MS);
      await ready.promise.finally(() => clearTimeout(timer));
      return worker;
    },
    said: (event, reason = /./) =>
      lines.filter((line) => line.event === event && reason.test(line.reason ?? "-")).length,
    skewMs: (pid) => skews.get(pid),
    async stop() {
      await Promise.all(all.map((worker) => worker.kill()));
    },
  };
}

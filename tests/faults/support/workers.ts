import { fileURLToPath } from "node:url";
import { type TestDatabase, withDatabase } from "../../support/database.ts";
import { createLedger } from "./ledger.ts";
import type { WorkerPlan } from "./plan.ts";
import { type DenoProcess, type Line, startDeno } from "./process.ts";

const READY_MS = 30_000;
/** A lease short enough for a test, far longer than the pretended work. */
const PLAN = { leaseSeconds: 1, fenced: true, workMs: 60 } as const;

/** Worker processes, and what they said. */
export interface Workers {
  start(): Promise<DenoProcess>;
  /** How often an event was logged, by all workers; `reason` where it matters. */
  said(event: string, reason?: RegExp): number;
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

/** Processes of `worker.ts`. */
export function createWorkers(
  plan: Pick<WorkerPlan, "databaseUrl"> & Partial<WorkerPlan>,
): Workers {
  return workersOf("worker.ts", { args: [JSON.stringify({ ...PLAN, ...plan })] });
}

/** Processes of a program beside this file, which says `ready` when it is. */
export function workersOf(
  program: string,
  { args = [], env = {} }: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  },
): Workers {
  const all: DenoProcess[] = [];
  const lines: Line[] = [];
  const entry = fileURLToPath(new URL(program, import.meta.url));
  const flags = ["--no-lock", "--no-check", "--quiet", "--allow-all"];
  return {
    async start() {
      const ready = Promise.withResolvers<void>();
      const worker = startDeno({
        args: ["run", ...flags, entry, ...args],
        env,
        onLine(line) {
          lines.push(line);
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
    async stop() {
      await Promise.all(all.map((worker) => worker.kill()));
    },
  };
}

/** graphile-worker, by default and tuned as its own perfTest/graphile.config.js is. Runs on Node. */
import { assignment, begin, counter, now, tell } from "../support/worker_protocol.ts";
import { type Assignment, chunks, CONCURRENCY, EFFECT, produce } from "./assignment.ts";
import { load } from "./packages.ts";

interface JobSpec {
  readonly identifier: string;
  readonly payload: unknown;
  readonly jobKey: string;
  readonly maxAttempts: number;
}
interface Helpers {
  query(text: string, values: readonly unknown[]): Promise<unknown>;
}
type Task = (payload: { readonly key: string }, helpers: Helpers) => Promise<void>;
interface GraphileWorker {
  makeWorkerUtils(options: { connectionString: string; maxPoolSize?: number }): Promise<{
    migrate(): Promise<void>;
    addJobs(jobs: readonly JobSpec[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  run(options: { preset: unknown; taskList: Record<string, Task> }): Promise<{
    stop(): Promise<void>;
  }>;
  Logger: new (factory: () => () => void) => unknown;
}

const task = assignment<Assignment>();
const { makeWorkerUtils, run, Logger } = await load<GraphileWorker>("graphile-worker");

const QUIET = new Logger(() => () => {});
const TUNED = {
  concurrentJobs: CONCURRENCY,
  maxPoolSize: CONCURRENCY + 1,
  localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};
const DEFAULT = { concurrentJobs: CONCURRENCY, maxPoolSize: CONCURRENCY + 1 };

const spec = (key: string): JobSpec => ({
  identifier: "webhook",
  payload: { key },
  jobKey: `webhook:${key}`,
  maxAttempts: 3,
});

const done = counter();
const samples: number[] = [];
const handlers: Record<Assignment["handler"], Task> = {
  nothing: () => {
    done();
    return Promise.resolve();
  },
  effect: async ({ key }, helpers) => {
    await helpers.query(EFFECT, [key, 1]);
    done();
  },
  latency: ({ key }) => {
    samples.push(now() - Number(key));
    done();
    return Promise.resolve();
  },
};

if (task.role === "work") {
  const { stopped } = await begin();
  const worker = { connectionString: task.url, ...task.mode === "tuned" ? TUNED : DEFAULT };
  const runner = await run({
    preset: { worker: { ...worker, logger: QUIET } },
    taskList: { webhook: handlers[task.handler] },
  });
  await stopped;
  tell({ samples });
  await runner.stop();
} else {
  const utils = await makeWorkerUtils({ connectionString: task.url });
  if (task.role === "setup") await utils.migrate();
  const { stopped } = await begin();
  const start = performance.now();
  if (task.role === "enqueue") {
    for (const keys of chunks(task.jobs, "job")) await utils.addJobs(keys.map(spec));
    tell({ ms: performance.now() - start });
  }
  if (task.role === "produce") {
    await produce(task.jobs, (sentAt) => utils.addJobs([spec(sentAt)]), now);
  }
  await stopped;
  await utils.release();
}

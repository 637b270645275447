/** pg-boss, tuned: batches of 200 fetched without a pause, one call to complete each. Runs on Node. */
import { assignment, begin, counter, now, tell } from "../support/worker_protocol.ts";
import { type Assignment, chunks, produce } from "./assignment.ts";
import { load } from "./packages.ts";

interface Job {
  readonly id: string;
  readonly data: { readonly key: string };
}
interface Boss {
  on(event: "error", listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(options: { graceful: boolean }): Promise<void>;
  createQueue(name: string, options: object): Promise<void>;
  insert(name: string, jobs: readonly object[]): Promise<unknown>;
  fetch(name: string, options: object): Promise<readonly Job[]>;
  complete(name: string, ids: readonly string[]): Promise<unknown>;
}
interface PgBossModule {
  PgBoss: new (options: object) => Boss;
}

const QUEUE = "webhook";
const BATCH = 200;
const IDLE_MS = 20;

const task = assignment<Assignment>();
const { PgBoss } = await load<PgBossModule>("pg-boss");
const boss = new PgBoss({
  connectionString: task.url,
  max: 10,
  supervise: false,
  schedule: false,
});
boss.on("error", (error) => console.error(error.message));
await boss.start();

const job = (key: string) => ({ data: { key }, retryLimit: 3, retryDelay: 3, retryBackoff: true });

if (task.role === "setup") await boss.createQueue(QUEUE, {});
const { stopped } = await begin();
let stopping = false;
stopped.then(() => stopping = true);

if (task.role === "enqueue") {
  const start = performance.now();
  for (const keys of chunks(task.jobs, "job")) await boss.insert(QUEUE, keys.map(job));
  tell({ ms: performance.now() - start });
}
if (task.role === "produce") {
  await produce(task.jobs, (sentAt) => boss.insert(QUEUE, [job(sentAt)]), now);
}
if (task.role === "work") {
  const done = counter();
  const samples: number[] = [];
  while (!stopping) {
    const jobs = await boss.fetch(QUEUE, { batchSize: BATCH });
    if (jobs.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      continue;
    }
    if (task.handler === "latency") {
      for (const { data } of jobs) samples.push(now() - Number(data.key));
    }
    await boss.complete(QUEUE, jobs.map(({ id }) => id));
    done(jobs.length);
  }
  tell({ samples });
}
await stopped;
await boss.stop({ graceful: false });

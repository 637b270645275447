/** BullMQ, as the seed uses it: keyed jobs, attempts with exponential backoff. Runs on Node. */
import { assignment, begin, counter, now, tell } from "../support/worker_protocol.ts";
import { type Assignment, chunks, produce } from "./assignment.ts";
import { load } from "./packages.ts";

interface Job {
  readonly data: { readonly key: string };
}
interface BullMq {
  Queue: new (name: string, options: object) => {
    obliterate(options: object): Promise<void>;
    addBulk(jobs: readonly object[]): Promise<unknown>;
    add(name: string, data: object, options: object): Promise<unknown>;
    close(): Promise<void>;
  };
  Worker: new (name: string, handler: (job: Job) => Promise<void>, options: object) => {
    on(event: "completed", listener: () => void): void;
    close(): Promise<void>;
  };
}

const task = assignment<Assignment>();
const NAME = "webhook-processing";
/** The seed's, and ours: what one process runs at once. A hundred at once drained no faster. */
const CONCURRENT = 20;

const { Queue, Worker } = await load<BullMq>("bullmq");
const connection = { host: "127.0.0.1", port: Number(task.url) };
const options = (key: string) => ({
  jobId: `webhook-${key}`,
  attempts: 3,
  backoff: { type: "exponential", delay: 3_000 },
  removeOnComplete: true,
});

if (task.role === "work") {
  const { stopped } = await begin();
  const samples: number[] = [];
  const done = counter();
  const worker = new Worker(NAME, (job) => {
    if (task.handler === "latency") samples.push(now() - Number(job.data.key));
    return Promise.resolve();
  }, { connection, concurrency: CONCURRENT });
  worker.on("completed", () => done());
  await stopped;
  tell({ samples });
  await worker.close();
} else {
  const queue = new Queue(NAME, { connection });
  if (task.role === "setup") await queue.obliterate({ force: true });
  const { stopped } = await begin();
  if (task.role === "enqueue") {
    const start = performance.now();
    for (const keys of chunks(task.jobs, "job")) {
      await queue.addBulk(
        keys.map((key) => ({ name: NAME, data: { key }, opts: options(key) })),
      );
    }
    tell({ ms: performance.now() - start });
  }
  if (task.role === "produce") {
    await produce(task.jobs, (sentAt) => queue.add(NAME, { key: sentAt }, options(sentAt)), now);
  }
  await stopped;
  await queue.close();
}

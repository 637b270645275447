/** One measurement of one queue: filling it, draining it, timing single jobs. */
import { startWorker, type Worker } from "../support/workers.ts";
import type { Assignment } from "./assignment.ts";
import { reset, type Subject } from "./subjects.ts";

const DEADLINE_MS = 300_000;

type Task = Partial<Pick<Assignment, "handler" | "jobs">>;

/** Starts a process for `subject`; `onDone` hears of jobs, `times` and `samples` gather what it measured. */
async function worker(subject: Subject, role: Assignment["role"], task: Task) {
  const heard = { done: 0, ms: [] as number[], samples: [] as number[], onDone: () => {} };
  const assignment: Assignment = {
    role,
    url: subject.url,
    mode: subject.mode,
    jobs: task.jobs ?? 0,
    handler: task.handler ?? "nothing",
  };
  const process: Worker = await startWorker({
    program: subject.program,
    script: subject.script,
    assignment,
    onMessage(message) {
      if ("done" in message) {
        heard.done += message.done;
        heard.onDone();
      }
      if ("ms" in message) {
        heard.ms.push(message.ms);
        heard.onDone();
      }
      if ("samples" in message) heard.samples.push(...message.samples);
    },
  });
  return { process, heard };
}

export async function setUp(subject: Subject): Promise<void> {
  const { process } = await worker(subject, "setup", {});
  process.go();
  await process.stop();
}

/** Jobs a second of the queue's own bulk call. */
export async function fill(subject: Subject, jobs: number): Promise<number> {
  if (subject.reset) await reset(subject);
  else await setUp(subject);
  const { process, heard } = await worker(subject, "enqueue", { jobs });
  const done = until(heard, () => heard.ms.length > 0, process);
  process.go();
  await done;
  await process.stop();
  return jobs / (heard.ms[0] ?? NaN) * 1_000;
}

/**
 * Jobs a second of `processes` workers, from the word go until nothing is left; with `toTheEnd` false
 * until `jobs` are done, of a queue that holds more.
 */
export async function drain(
  subject: Subject,
  p: { jobs: number; processes: number; handler: "nothing" | "effect"; toTheEnd?: boolean },
): Promise<number> {
  const workers = await Promise.all(
    Array.from({ length: p.processes }, () => worker(subject, "work", p)),
  );
  const total = () => workers.reduce((sum, { heard }) => sum + heard.done, 0);
  const ends = workers.map(({ heard, process }) => until(heard, () => total() >= p.jobs, process));
  const start = performance.now();
  for (const { process } of workers) process.go();
  await Promise.race(ends);
  while (p.toTheEnd !== false && subject.admin && subject.left) {
    const [row] = await subject.admin.unsafe<{ left: boolean }[]>(subject.left);
    if (!row?.left) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const ms = performance.now() - start;
  await Promise.all(workers.map(({ process }) => process.stop()));
  return p.jobs / ms * 1_000;
}

/** Milliseconds from enqueuing to the handler's start, on an idle queue. */
export async function latencies(
  subject: Subject,
  jobs: number,
): Promise<readonly number[]> {
  if (subject.reset) await reset(subject);
  else await setUp(subject);
  const consumer = await worker(subject, "work", { handler: "latency" });
  const producer = await worker(subject, "produce", { jobs });
  const done = until(consumer.heard, () => consumer.heard.done >= jobs, consumer.process);
  consumer.process.go();
  await new Promise((resolve) => setTimeout(resolve, 500));
  producer.process.go();
  await done;
  await producer.process.stop();
  await consumer.process.stop();
  return consumer.heard.samples;
}

/** Resolves when what was heard is enough; throws where the process ends, or 5 minutes pass, before. */
async function until(
  heard: { onDone: () => void },
  enough: () => boolean,
  process: Worker,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  heard.onDone = () => enough() && resolve();
  process.ended.then((reason) => reject(new Error(`Cannot measure: ${reason}`)));
  const late = setTimeout(
    () => reject(new Error("Cannot measure: not done in 300 s")),
    DEADLINE_MS,
  );
  try {
    await promise;
  } finally {
    clearTimeout(late);
  }
}

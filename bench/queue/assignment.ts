/** What a worker process of this benchmark is told to do, whichever queue it drives. */
export interface Assignment {
  readonly role: "setup" | "enqueue" | "work" | "produce";
  /** Postgres' URL; Redis' port for BullMQ. */
  readonly url: string;
  /** How many to enqueue, or to produce one by one. */
  readonly jobs: number;
  /** What a job does: nothing, one row in the database, or telling how long it waited. */
  readonly handler: "nothing" | "effect" | "latency";
  /** The queue's own setting: `tuned`, `default`, `polling`, … */
  readonly mode: string;
}

/** As graphile-worker's own perfTest has it. */
export const CONCURRENCY = 24;

/** Jobs a bulk call adds. */
export const CHUNK = 1_000;

/** The effect that every queue's handler has: an upsert, so that at-least-once queues may repeat it. */
export const EFFECT = "insert into bench.effect (job_key, value) values ($1, $2) " +
  "on conflict (job_key) do update set value = excluded.value";

export function* chunks(jobs: number, prefix: string): Generator<readonly string[]> {
  for (let from = 0; from < jobs; from += CHUNK) {
    const size = Math.min(CHUNK, jobs - from);
    yield Array.from({ length: size }, (_, i) => `${prefix}${from + i}`);
  }
}

/** One job every 8 to 24 ms: slow enough that each finds its queue idle. */
export async function produce(
  jobs: number,
  add: (sentAt: string) => Promise<unknown>,
  now: () => number,
) {
  for (let sent = 0; sent < jobs; sent++) {
    await new Promise((resolve) => setTimeout(resolve, 8 + Math.random() * 16));
    await add(String(now()));
  }
}

/** `sync_jobs`: the runner as it is, and the batched prototype. Runs on Deno, signed in as production is. */
import postgres from "postgres";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { enqueue, type NewJob } from "@shared/db/jobs.ts";
import type { Handler, Handlers } from "@shared/jobs/handlers.ts";
import { JOB_KINDS } from "@shared/jobs/kinds.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import { assignment, begin, counter, now, tell } from "../support/worker_protocol.ts";
import { type Assignment, chunks, EFFECT, produce } from "./assignment.ts";
import { createBatchedRunner } from "./batched_runner.ts";

const task = assignment<Assignment>();
const db = connect({ url: new Secret(task.url), max: 5, prepare: task.mode !== "unprepared" });
const job = (eventId: string): NewJob<"webhook.process"> => ({
  kind: "webhook.process",
  payload: { eventId },
});

const done = counter();
const samples: number[] = [];
const webhook: Record<Assignment["handler"], Handler<"webhook.process">> = {
  nothing: () => Promise.resolve({ kind: "done" }),
  effect: ({ payload }) =>
    Promise.resolve({
      kind: "done",
      effect: async (tx) => void await tx.unsafe(EFFECT, [payload.eventId, 1], { prepare: true }),
    }),
  latency: ({ payload }) => {
    samples.push(now() - Number(payload.eventId));
    return Promise.resolve({ kind: "done" });
  },
};
const other = () => Promise.reject(new Error("Cannot run job: the benchmark enqueues none"));
// SAFETY: one handler a kind, by construction.
const handlers = {
  ...Object.fromEntries(JOB_KINDS.map((kind) => [kind, other])),
  "webhook.process": webhook[task.handler],
} as unknown as Handlers;

const { stopped } = await begin();
switch (task.role) {
  case "setup":
    break;
  case "enqueue": {
    const start = performance.now();
    for (const keys of chunks(task.jobs, "job")) {
      await db.query((sql) => enqueue(sql, keys.map(job)));
    }
    tell({ ms: performance.now() - start });
    break;
  }
  case "produce":
    await produce(task.jobs, (sentAt) => db.query((sql) => enqueue(sql, [job(sentAt)])), now);
    break;
  case "work":
    await (task.mode === "runner" ? runAsItIs() : runBatched());
}
await stopped;
tell({ samples });
await db.close();

async function runAsItIs() {
  const counted: Handlers = {
    ...handlers,
    "webhook.process": (held) => {
      done();
      return handlers["webhook.process"](held);
    },
  };
  const runner = createRunner({ db, handlers: counted, log: console.error, lingerMs: 60_000 });
  await Promise.race([runner.drain(600_000), stopped]);
}

async function runBatched() {
  const wake = await wakeUp();
  await createBatchedRunner({
    db,
    handlers,
    queue: "webhook-processing",
    leaseSeconds: 120,
    onSettled: done,
    ahead: 500,
    idle: wake.idle,
    cursor: task.mode !== "no-cursor",
  }).work(stopped);
  await wake.end();
}

/** A session that listens; without it an empty queue is asked again every 150 ms. */
async function wakeUp() {
  let wake = () => {};
  let woken = false;
  const session = postgres(task.url, { max: 1, onnotice: () => {} });
  if (task.mode !== "polling") {
    await session.listen("raphael_jobs", () => {
      woken = true;
      wake();
    });
  }
  return {
    async idle() {
      if (!woken) {
        let poll: ReturnType<typeof setTimeout> | undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          poll = setTimeout(resolve, 150);
        });
        clearTimeout(poll);
      }
      woken = false;
    },
    end: () => session.end({ timeout: 1 }),
  };
}

/** `sync_jobs` and its runner, as they are deployed. Runs on Deno, signed in as production is. */
import { Secret } from "@shared/core/secret.ts";
import { connect, type Sql } from "@shared/db/client.ts";
import { enqueue, type NewJob } from "@shared/db/jobs.ts";
import { createListener } from "@shared/db/listen.ts";
import type { Handler, Handlers } from "@shared/jobs/handlers.ts";
import { JOB_KINDS } from "@shared/jobs/kinds.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import { assignment, begin, counter, now, tell } from "../support/worker_protocol.ts";
import { type Assignment, chunks, EFFECT, produce } from "./assignment.ts";

const task = assignment<Assignment>();
const url = new Secret(task.url);
const db = connect({ url, max: 5, prepare: task.mode !== "unprepared" });
const job = (eventId: string): NewJob<"webhook.process"> => ({
  kind: "webhook.process",
  payload: { eventId },
});

const done = counter();
const samples: number[] = [];
const webhook: Record<Assignment["handler"], Handler<"webhook.process">> = {
  nothing: () => {
    done();
    return Promise.resolve({ kind: "done" });
  },
  effect: ({ payload }) => {
    done();
    const effect = async (tx: Sql) =>
      void await tx.unsafe(EFFECT, [payload.eventId, 1], { prepare: true });
    return Promise.resolve({ kind: "done", effect });
  },
  latency: ({ payload }) => {
    samples.push(now() - Number(payload.eventId));
    done();
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
    await work();
}
await stopped;
tell({ samples });
await db.close();

async function work() {
  const listener = task.mode === "polling" ? undefined : createListener(url);
  const runner = createRunner({
    db,
    handlers,
    log: (_level, event, fields) => console.error(event, fields),
    lingerMs: 600_000,
    ...listener ? { listener } : {},
  });
  stopped.then(() => runner.close());
  await runner.drain(600_000);
  await listener?.close();
}

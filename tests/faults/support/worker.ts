/**
 * A worker process: the real runner over the real queue, with handlers whose effects can be counted.
 * Prints its log, a JSON object a line. Ends with whoever started it: its standard input closes.
 */
import { Secret } from "@shared/core/secret.ts";
import { connect, type Sql } from "@shared/db/client.ts";
import type { Handler, Handlers } from "@shared/jobs/handlers.ts";
import { JOB_KINDS, type JobKind, JOBS, QUEUES } from "@shared/jobs/kinds.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import { applyEffect, noteRun } from "./ledger.ts";
import { pause, type WorkerPlan } from "./plan.ts";

// SAFETY: the supervisor writes it.
const plan = JSON.parse(Deno.args[0] ?? "") as WorkerPlan;

// Hangs and failures in seconds instead of minutes: the same code, another clock.
for (const kind of JOB_KINDS) Object.assign(JOBS[kind], { timeoutSeconds: 1 });
for (const queue of Object.values(QUEUES)) Object.assign(queue, { backoffSeconds: 0.1 });

const log = (level: string, event: string, fields: Record<string, unknown> = {}) =>
  console.log(JSON.stringify({ level, event, ...fields }));

const db = connect({
  url: new Secret(plan.databaseUrl),
  max: 8,
  prepare: true,
  onLost: (reason) => log("warn", "database_lost", { reason }),
});

function nameOf(payload: unknown): string {
  // SAFETY: the two kinds that the ledger enqueues.
  const { eventId, recordId } = payload as { eventId?: string; recordId?: string };
  return eventId ?? recordId ?? "";
}

const work: Handler<JobKind> = async ({ payload, cursor, attempt }) => {
  const name = nameOf(payload);
  await db.query((sql) => noteRun(sql, name));
  if (name.includes("exit")) Deno.exit(1);
  if (name.includes("throw")) throw new Error("poison");
  if (name.includes("hang")) await new Promise(() => {});
  if (name.includes("topic")) return await readTopic(name, cursor);
  await pause(Math.random() * plan.workMs);
  if (plan.fenced) return { kind: "done", effect: (tx: Sql) => applyEffect(tx, name, attempt) };
  await db.transaction((tx) => applyEffect(tx, name, attempt));
  return { kind: "done" };
};

/** Reads at its first page what its last page applies: a trigger in between must bring another run. */
async function readTopic(name: string, cursor: string | undefined) {
  const [page = 0, seen = 0] = cursor?.split(":").map(Number) ?? [];
  if (page === 0) {
    const [topic] = await db.query((sql) =>
      sql<{ version: number }[]>`select version from faults.topics where name = ${name}`
    );
    await pause(Math.random() * plan.workMs);
    return { kind: "continue" as const, cursor: `1:${topic?.version ?? 0}` };
  }
  if (page === 1) return { kind: "continue" as const, cursor: `2:${seen}` };
  return {
    kind: "done" as const,
    effect: async (tx: Sql) => {
      await tx`update faults.topics set applied = ${seen} where name = ${name}`;
      await applyEffect(tx, name, 1);
    },
  };
}

const handlers = Object.fromEntries(JOB_KINDS.map((kind) => [kind, work])) as unknown as Handlers; // SAFETY: every kind is there

const runner = createRunner({
  db,
  handlers,
  log,
  leaseSeconds: plan.leaseSeconds,
  lingerMs: 1_000,
});

(async () => {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
})();

log("info", "ready");
for (;;) await runner.drain(30_000);

/**
 * A worker process: the real runner over the real queue, with handlers whose effects can be counted.
 * Prints its log, a JSON object a line. Ends with whoever started it: its standard input closes.
 */
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { JOB_KINDS, JOBS } from "@shared/jobs/kinds.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import { createHandlers } from "./handlers.ts";
import type { WorkerPlan } from "./plan.ts";

/** How often it says what its clock shows. */
const CLOCK_MS = 250;

// SAFETY: the supervisor writes it.
const plan = JSON.parse(Deno.args[0] ?? "") as WorkerPlan;

// Hangs in seconds instead of minutes: the same code, another clock.
for (const kind of JOB_KINDS) Object.assign(JOBS[kind], { timeoutSeconds: 1 });

const log = (level: string, event: string, fields: Record<string, unknown> = {}) =>
  console.log(JSON.stringify({ level, event, at: Date.now(), ...fields }));

const db = scaled(
  connect({
    url: new Secret(plan.databaseUrl),
    max: 8,
    prepare: true,
    warn: (event, reason) => log("warn", event, { reason }),
  }),
  plan.deadlineMs,
);
const inHand = new Set<string>();
const runner = createRunner({
  db,
  handlers: createHandlers(db, plan, inHand),
  log,
  leaseSeconds: plan.leaseSeconds,
  lingerMs: 1_000,
});

/** With no call waiting longer than `ms`. */
function scaled(real: Database, ms = Infinity): Database {
  return {
    query: (work, deadlineMs = 15_000) => real.query(work, Math.min(deadlineMs, ms)),
    transaction: (work, deadlineMs = 15_000) => real.transaction(work, Math.min(deadlineMs, ms)),
    pipeline: (send, ahead, deadlineMs = 15_000) =>
      real.pipeline(send, ahead, Math.min(deadlineMs, ms)),
    close: () => real.close(),
  };
}

(async () => {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
})();

log("info", "ready");
setInterval(() => log("info", "clock"), CLOCK_MS);
if (plan.isolate) {
  const { budgetMs, wallMs } = plan.isolate;
  setTimeout(() => {
    for (const name of inHand) log("warn", "cut", { reason: name });
    log("info", "wall_clock");
    Deno.exit(1);
  }, wallMs);
  await runner.drain(budgetMs);
  log("info", "retired");
  Deno.exit(0);
} else {
  for (;;) await runner.drain(30_000);
}

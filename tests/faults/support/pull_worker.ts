/**
 * A worker process that pulls: the real handlers, drivers and gate, in scaled time. Budgets are lifted, for
 * no fault that uses this is about them. Ends with whoever started it.
 */
import postgres from "postgres";
import { parseConfig } from "@shared/config.ts";
import { createVault } from "@shared/core/envelope.ts";
import { connect, type Sql } from "@shared/db/client.ts";
import type { Handler, Handlers } from "@shared/jobs/handlers.ts";
import { JOB_KINDS, type JobKind, JOBS } from "@shared/jobs/kinds.ts";
import type { Outcome } from "@shared/jobs/outcome.ts";
import { createRunner } from "@shared/jobs/runner.ts";
import { directory } from "@shared/providers/directory.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";
import { createGate } from "@shared/runtime/gate.ts";
import { readPlace, writePlace } from "@shared/providers/pages.ts";
import { pullRecord, pullWindow } from "@shared/sync/pull.ts";

export interface PullPlan {
  readonly env: Readonly<Record<string, string>>;
  /** Longest run of a job, in place of 60. */
  readonly timeoutSeconds: number;
  /** Longest snooze, in place of 30 and more. */
  readonly snoozeSeconds: number;
  /** Controls that must fail. */
  readonly control?:
    /** Reads every answer to its end, before anything looks at it. */
    | { readonly kind: "reads_all" }
    /** Saves the next page's mark (`p3` after `p2`) before it reads a page. */
    | { readonly kind: "cursor_first"; readonly adminUrl: string; readonly pages: number };
}

if (import.meta.main) {
  // SAFETY: the supervisor writes it.
  const plan = JSON.parse(Deno.args[0] ?? "") as PullPlan;
  for (const kind of JOB_KINDS) Object.assign(JOBS[kind], { timeoutSeconds: plan.timeoutSeconds });
  if (plan.control?.kind === "reads_all") readAll();
  const config = parseConfig(plan.env, PROVIDERS);
  const log = (level: string, event: string, fields: Record<string, unknown> = {}) =>
    console.log(JSON.stringify({ level, event, ...fields }));
  const db = connect({ url: config.databaseUrl, max: 8, prepare: true });
  const now = () => new Date();
  const gate = createGate(db, log);
  const deps = {
    db,
    vault: createVault(config.vaultKeys),
    log,
    now,
    isolate: { timeLeftMs: () => Infinity, keep() {}, idle: () => Promise.resolve() },
    providers: directory(config.providers, {
      origins: config.providerOrigins,
      now,
      gate: { ...gate, enter: ({ limits: _, ...one }, urgency) => gate.enter(one, urgency) },
    }),
  };
  const pull = plan.control?.kind === "cursor_first"
    ? savingFirst(pullWindow(deps), plan.control)
    : pullWindow(deps);
  const handlers: Partial<Handlers> = {
    "sync.pull": scaled(pull, plan.snoozeSeconds),
    "sync.record": scaled(pullRecord(deps), plan.snoozeSeconds),
  };
  // SAFETY: no other kind is queued in these tests.
  const runner = createRunner({ db, handlers: handlers as Handlers, log, lingerMs: 1_000 });

  (async () => {
    for await (const _ of Deno.stdin.readable);
    Deno.exit(0);
  })();
  log("info", "ready");
  for (;;) await runner.drain(30_000);
}

function scaled<K extends JobKind>(handler: Handler<K>, seconds: number): Handler<K> {
  return async (job) => {
    const outcome: Outcome<Sql> = await handler(job);
    return outcome.kind === "snooze"
      ? { ...outcome, seconds: Math.min(outcome.seconds, seconds) }
      : outcome;
  };
}

function readAll(): void {
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await real(input, init);
    return new Response(await response.arrayBuffer(), response);
  };
}

function savingFirst(
  handler: Handler<"sync.pull">,
  { adminUrl, pages }: { readonly adminUrl: string; readonly pages: number },
): Handler<"sync.pull"> {
  const admin = postgres(adminUrl, { max: 4, prepare: false });
  return async (job) => {
    const place = job.cursor === undefined ? undefined : readPlace(job.cursor);
    const page = Number(place?.next.slice(1) ?? 1);
    if (page < pages) {
      const next = writePlace({ next: `p${page + 1}`, read: page, mark: "none" });
      await admin`
        update raphael_private.sync_jobs set cursor = ${next}
        where dedup_key = ${JOBS["sync.pull"].key(job.payload)}`;
    }
    return await handler(job);
  };
}

import type { Database, Sql } from "@shared/db/client.ts";
import type { Handler, Handlers } from "@shared/jobs/handlers.ts";
import { JOB_KINDS, type JobKind } from "@shared/jobs/kinds.ts";
import { applyEffect, nameOf, noteRun } from "./ledger.ts";
import { pause, type WorkerPlan } from "./plan.ts";

/** Longer than the platform's two seconds of CPU, and than any lease of these tests. */
const SPIN_MS = 2_500;

/** How a job's name says that it is poison, and what it does then. */
const POISON: Readonly<Record<string, () => Promise<void> | void>> = {
  exit: () => Deno.exit(1),
  throw: () => {
    throw new Error("poison");
  },
  hang: () => new Promise(() => {}),
  /** Until the worker's `--max-old-space-size` ends it. */
  oom: () => {
    for (const hoard: unknown[] = [];;) hoard.push(Array.from({ length: 100_000 }, () => ({})));
  },
  /** Not even a heartbeat goes out; then the platform ends the worker for its CPU time. */
  spin: () => {
    for (const end = performance.now() + SPIN_MS; performance.now() < end;);
    Deno.exit(137);
  },
};

/** Handlers whose effects can be counted, each as its job's name says. */
export function createHandlers(
  db: Database,
  plan: Pick<WorkerPlan, "fenced" | "workMs">,
  inHand: Set<string> = new Set(),
): Handlers {
  const perform: Handler<JobKind> = async ({ payload, cursor, attempt }) => {
    const name = nameOf(payload);
    await db.query((sql) => noteRun(sql, name));
    await POISON[name.match(/^a:(\w+)-/)?.[1] ?? ""]?.();
    if (name.startsWith("a:nul-")) return { kind: "done", effect: storeNul };
    if (name.includes("topic")) return await readTopic(name, cursor);
    await pause(Math.random() * plan.workMs);
    if (plan.fenced) return { kind: "done", effect: (tx) => applyEffect(tx, name, attempt) };
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

  const noted: Handler<JobKind> = async (job) => {
    const name = nameOf(job.payload);
    inHand.add(name);
    return await perform(job).finally(() => inHand.delete(name));
  };
  // SAFETY: every kind is there.
  return Object.fromEntries(JOB_KINDS.map((kind) => [kind, noted])) as unknown as Handlers;
}

/** SQLSTATE 22P05: JSON may hold a zero character, `jsonb` may not. */
async function storeNul(tx: Sql): Promise<void> {
  const text = JSON.stringify({ note: "\u0000" });
  await tx`select ${text}::text::jsonb ->> 'note'`;
}

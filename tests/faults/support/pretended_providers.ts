import { enqueue, type NewJob } from "@shared/db/jobs.ts";
import { serve } from "../../../dev/serve.ts";
import { type TestDatabase, withDatabase } from "../../support/database.ts";
import { addAccount, addPerson } from "../../support/people.ts";
import type { GatedPlan } from "./gated_worker.ts";
import { type GateSettings, setGates } from "./gates.ts";
import { createLedger } from "./ledger.ts";
import { type Workers, workersOf } from "./workers.ts";

/** One request as the provider saw it; milliseconds of this host's clock. */
export interface Seen {
  readonly slug: string;
  readonly at: number;
  readonly status: number;
  /** No request before, by what was answered. */
  readonly until?: number;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly until?: number;
  /** How long it takes. */
  readonly ms?: number;
}

export interface World {
  readonly db: TestDatabase;
  readonly workers: Workers;
  readonly seen: readonly Seen[];
  /** When each job was queued, by its name. */
  readonly queuedAt: ReadonlyMap<string, number>;
  /** Queues `count` jobs of one more account of a provider; their names. */
  enqueue(slug: string, count: number): Promise<readonly string[]>;
}

export type WorldPlan = Partial<Pick<GatedPlan, "limits" | "gated">> & {
  /** What a provider answers to its `n`th request. */
  readonly reply: (slug: string, n: number) => Reply;
  readonly gate?: GateSettings;
};

/** Real HTTP to providers of the test's making, and workers that call them. */
export async function withProviders(
  plan: WorldPlan,
  use: (world: World) => Promise<void>,
): Promise<void> {
  const seen: Seen[] = [];
  const counts = new Map<string, number>();
  const closing = new AbortController();
  const server = serve(async (req) => {
    const slug = new URL(req.url).pathname.split("/")[1] ?? "";
    const n = (counts.get(slug) ?? 0) + 1;
    counts.set(slug, n);
    const { status, headers = {}, until, ms = 5 } = plan.reply(slug, n);
    seen.push({ slug, at: Date.now(), status, ...(until === undefined ? {} : { until }) });
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      closing.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve(undefined);
      });
    });
    return new Response(null, { status, headers });
  });
  try {
    await withDatabase(async (db) => {
      await createLedger(db.admin);
      await setGates(db.admin, plan.gate ?? {});
      const { gated = true, limits = [] } = plan;
      const args = [JSON.stringify({ databaseUrl: db.appUrl, origin: server.url, gated, limits })];
      const workers = workersOf("gated_worker.ts", { args });
      const queuedAt = new Map<string, number>();
      try {
        await use({
          db,
          workers,
          seen,
          queuedAt,
          async enqueue(slug, count) {
            const { id } = await addAccount(db.app, await addPerson(db.admin), { provider: slug });
            const first = queuedAt.size;
            const names = Array.from({ length: count }, (_, n) => `${slug}:${first + n}`);
            const now = Date.now();
            for (const name of names) queuedAt.set(name, now);
            const jobs = names.map((recordId): NewJob => ({
              kind: "sync.record",
              payload: { accountId: id, resource: slug, recordId },
              accountId: id,
            }));
            await enqueue(db.app, jobs);
            return names;
          },
        });
      } finally {
        await workers.stop();
      }
    });
  } finally {
    closing.abort();
    await server.stop();
  }
}

/** Most requests that any span of so many milliseconds saw. */
export function mostWithin(seen: readonly Seen[], ms: number): number {
  const times = seen.map(({ at }) => at).toSorted((a, b) => a - b);
  let [most, from] = [0, 0];
  for (const [to, at] of times.entries()) {
    while (at - (times[from] ?? at) >= ms) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** What became of the jobs: those that wait or died, and the most attempts that one has spent. */
export async function leftOf({ admin }: TestDatabase) {
  const [row] = await admin<[{ waiting: number; dead: number; attempts: number; doubled: number }]>`
    select
      (select count(*)::int from raphael_private.sync_jobs) as waiting,
      (select count(*)::int from raphael_private.dead_jobs) as dead,
      greatest(
        (select max(attempt)::int from faults.ledger),
        (select max(attempt)::int from raphael_private.sync_jobs where leased_until is null)) as attempts,
      (select count(*)::int from
        (select name from faults.ledger group by name having count(*) > 1) d) as doubled`;
  return { ...row };
}

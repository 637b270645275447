import assert from "node:assert/strict";
import type { TestDatabase } from "../support/database.ts";
import { counts, fault, LONG, report } from "./support/fault.ts";
import { check, enqueueNamed, namesOf, waitingJobs } from "./support/ledger.ts";
import { eventually } from "./support/plan.ts";
import { withWorkers, type Workers } from "./support/workers.ts";

/** The seed's number for this queue is the long form's. */
const ATTEMPTS = counts(2, 3);
/** Small enough that a hoard fills it at once. */
const MEMORY = ["--v8-flags=--max-old-space-size=64"];

/** Why a poison is dead: the worker's death, its own error, or its time. */
const CAUSE: Readonly<Record<string, string>> = {
  exit: "worker_died",
  oom: "worker_died",
  spin: "worker_died",
  throw: "Error",
  hang: "TimeoutError",
  nul: "PostgresError",
};

function poisonOf(kinds: readonly string[], each: number): readonly string[] {
  return kinds.flatMap((kind) => Array.from({ length: each }, (_, n) => `a:${kind}-${n}`));
}

/** Two workers until the queue is empty; each that dies is followed by another. Counts the deaths. */
async function drainAnyhow({ admin }: TestDatabase, workers: Workers, withinMs: number) {
  const start = () => workers.start({ flags: MEMORY });
  const crew = await Promise.all([start(), start()]);
  let deaths = 0;
  const empty = await eventually(async () => {
    for (const [at, worker] of crew.entries()) {
      if (worker.alive()) continue;
      deaths++;
      crew[at] = await start();
    }
    return await waitingJobs(admin) === 0;
  }, withinMs);
  assert.ok(empty, "the queue does not end");
  return deaths;
}

interface Poisoned {
  readonly poison: readonly string[];
  readonly innocent: readonly string[];
}

/** Innocents beside poison; the poison alone is dead, each by its own cause and attempts. */
async function poisoned(db: TestDatabase, workers: Workers, p: Poisoned) {
  const { admin } = db;
  await enqueueNamed(admin, [...p.innocent, ...p.poison], ATTEMPTS);
  const deaths = await drainAnyhow(db, workers, counts(40_000, 300_000));
  const found = await check(admin, p.innocent);
  const dead = await admin<{ name: string; attempt: number; why: string }[]>`
    select payload ->> 'eventId' as name, attempt, error_class as why from raphael_private.dead_jobs`;
  const [charged] = await admin<[{ most: number }]>`select max(attempt) as most from faults.ledger`;
  assert.deepEqual(dead.map(({ name }) => name).toSorted(), p.poison.toSorted());
  for (const { name, attempt, why } of dead) {
    assert.deepEqual([name, attempt, why], [name, ATTEMPTS, CAUSE[name.split(/[:-]/)[1] ?? ""]]);
  }
  assert.equal(charged.most, 1, "an innocent was charged for its neighbour");
  assert.deepEqual([found.lost, found.doubled, found.counter], [0, 0, p.innocent.length]);
  return { hits: p.poison.length, deaths, ...found };
}

/** Milliseconds from the first effect until 99 % of the innocents had theirs. */
async function p99({ admin }: TestDatabase): Promise<number> {
  const [row] = await admin<[{ ms: number }]>`
    select percentile_disc(0.99) within group (order by ms)::int as ms
    from (select extract(epoch from at - min(at) over ()) * 1000 as ms from faults.ledger) l`;
  return row.ms;
}

fault("FT-09", "memory and CPU spent: the job dies of it, and nobody else", async () => {
  await withWorkers({ workMs: 20 }, async (db, workers) => {
    const found = await poisoned(db, workers, {
      poison: poisonOf(["oom", "spin"], counts(1, 5)),
      innocent: namesOf(counts(50, 1_000)),
    });
    report("FT-09", found);
    assert.ok(found.deaths >= 2 * ATTEMPTS, "no poison killed its worker");
  });
});

fault("FT-10", "poison dies of its own attempts, its neighbours pay nothing", async () => {
  const innocent = namesOf(counts(200, 10_000));
  const poison = [
    // Each costs its worker as many lives as it has attempts, and one more.
    ...poisonOf(["exit"], counts(1, 10)),
    ...poisonOf(["throw", "hang", "nul"], counts(1, 30)),
  ];
  let baseline = NaN;
  if (LONG) {
    await withWorkers({ workMs: 20 }, async (db, workers) => {
      await enqueueNamed(db.admin, innocent, ATTEMPTS);
      await drainAnyhow(db, workers, 120_000);
      baseline = await p99(db);
    });
  }
  await withWorkers({ workMs: 20 }, async (db, workers) => {
    const found = await poisoned(db, workers, { poison, innocent });
    report("FT-10", { ...found, p99Ms: await p99(db), ...(LONG ? { baselineMs: baseline } : {}) });
    assert.ok(found.deaths >= ATTEMPTS, "no poison killed its worker");
  });
});

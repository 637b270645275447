import assert from "node:assert/strict";
import { counts, fault, type Injecting, report, SEED } from "./support/fault.ts";
import { assertExact, check, waitingJobs } from "./support/ledger.ts";
import { between, eventually, pause, random, type WorkerPlan } from "./support/plan.ts";
import type { TestDatabase } from "../support/database.ts";
import { produce, type Producer } from "./support/producer.ts";
import { argsOf, withWorkers, type Workers } from "./support/workers.ts";

const LANES = counts(2, 3);
const DRAIN_MS = counts(30_000, 120_000);

/**
 * As deployed, where it claims for 50 s, jobs take 60 s and 2 s to stop in, and the shortest wall clock
 * is 150 s; here a job takes 1 s and 2 s to stop in.
 */
const PLANNED = { budgetMs: 2_000, wallMs: 7_500 };

/** Isolates one after the other, in lanes; each ends hard by its wall clock, or is told to by SIGTERM. */
async function runIsolates(
  { appUrl }: TestDatabase,
  workers: Workers,
  producer: Producer,
  p: {
    readonly isolate: () => NonNullable<WorkerPlan["isolate"]>;
    readonly count: number;
    readonly terminate: () => boolean;
    readonly injecting: Injecting;
  },
): Promise<number> {
  let ended = 0;
  const lane = async () => {
    while (ended < p.count && p.injecting() && await producer.busy()) {
      const isolate = p.isolate();
      const worker = await workers.start({
        args: argsOf({ databaseUrl: appUrl, leaseSeconds: 1, workMs: 300, isolate }),
      });
      if (p.terminate()) {
        await pause(isolate.wallMs / 2);
        worker.send("SIGTERM");
      }
      await worker.ended;
      ended++;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return ended;
}

fault(
  "FT-08",
  "isolates end by their wall clock at any moment: nothing lost, nothing doubled",
  async (injecting) => {
    await withWorkers({ leaseSeconds: 1, workMs: 20 }, async (db, workers) => {
      const next = random(SEED);
      const producer = await produce((work) => work(db.admin), { most: counts(Infinity, 100_000) });
      const ended = await runIsolates(db, workers, producer, {
        count: counts(10, 500),
        isolate: () => ({ budgetMs: 30_000, wallMs: between(next, 100, 900) }),
        terminate: () => next() < 0.3,
        injecting,
      });
      const cut = workers.said("cut");
      const { sent } = await producer.stop();
      await Promise.all([workers.start(), workers.start()]);
      await eventually(async () => await waitingJobs(db.admin) === 0, DRAIN_MS);
      const found = await check(db.admin, sent);
      report("FT-08", { hits: ended, wallClocks: workers.said("wall_clock"), cut, ...found });
      assert.ok(cut > 0, "no isolate ended with a job in hand");
      assertExact(found, sent.length);
    });
  },
  { longSeconds: 60 },
);

fault(
  "FT-08",
  "the deployed budget keeps every refresh within its isolate's life",
  async (injecting) => {
    await withWorkers({}, async (db, workers) => {
      const names = () => Array.from({ length: 100 }, () => crypto.randomUUID());
      const producer = await produce((work) => work(db.admin), { names });
      let isolates = 0;
      // On a busy machine the first may begin nothing.
      for (let began = 0; began === 0 && injecting();) {
        isolates += await runIsolates(db, workers, producer, {
          count: counts(1, 30),
          isolate: () => PLANNED,
          terminate: () => false,
          injecting,
        });
        [{ began }] = await db.admin<
          [{ began: number }]
        >`select count(*)::int as began from faults.runs`;
      }
      await producer.stop();
      const cut = workers.said("cut");
      const [{ refreshes, unfinished }] = await db.admin<
        [{ refreshes: number; unfinished: number }]
      >`
      select (select count(*)::int from faults.runs) as refreshes,
             (select count(*)::int from faults.runs) - (select count(*)::int from faults.ledger) as unfinished`;
      report("FT-08 planned", { hits: isolates, refreshes, unfinished, cut });
      assert.ok(refreshes > 0, "no refresh ran");
      assert.deepEqual([cut, unfinished], [0, 0]);
    });
  },
  { longSeconds: 30 },
);

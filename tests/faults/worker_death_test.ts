import assert from "node:assert/strict";
import type { TestDatabase } from "../support/database.ts";
import { counts, fault, type Injecting, report, SEED } from "./support/fault.ts";
import { assertExact, check, heldBy, waitingJobs } from "./support/ledger.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { produce } from "./support/producer.ts";
import type { DenoProcess } from "./support/process.ts";
import { withWorkers, type Workers } from "./support/workers.ts";

const DRAIN_MS = counts(40_000, 180_000);
const LEASE_SECONDS = 1;

fault("FT-01", "worker killed in mid-job: nothing lost, nothing doubled", async (injecting) => {
  await withWorkers(
    { leaseSeconds: LEASE_SECONDS, workMs: counts(40, 15) },
    async ({ admin }, workers) => {
      const next = random(SEED);
      const wanted = counts(4, 1_000);
      const producer = await produce((work) => work(admin), { most: counts(Infinity, 100_000) });
      let [kills, hits] = [0, 0];
      /** Kills one worker after the other, at any moment of its jobs. */
      const killing = async () => {
        while (injecting() && hits < wanted && await producer.busy()) {
          const victim = await workers.start();
          // On a busy machine it may have begun nothing yet.
          await eventually(async () => await heldBy(admin, victim.pid) > 0, 2_000);
          await pause(between(next, 0, 200));
          await victim.kill();
          kills++;
          if (await heldBy(admin, victim.pid) > 0) hits++;
        }
      };
      await Promise.all(Array.from({ length: counts(2, 4) }, killing));
      const { sent } = await producer.stop();
      await Promise.all([workers.start(), workers.start()]);
      await eventually(async () => await waitingJobs(admin) === 0, DRAIN_MS);
      const found = await check(admin, sent);
      report("FT-01", { hits, kills, ...found });
      assert.ok(hits > 0, "no kill hit a worker that held jobs");
      assertExact(found, sent.length);
    },
  );
}, { longSeconds: 120 });

/** Stops a worker in mid-job for longer than its lease, while others work; counts jobs it held. */
async function stall(
  { admin }: TestDatabase,
  worker: DenoProcess,
  next: () => number,
): Promise<number> {
  // On a busy machine it may have begun nothing yet.
  await eventually(async () => await heldBy(admin, worker.pid) > 0, 2_000);
  worker.send("SIGSTOP");
  const held = await heldBy(admin, worker.pid);
  await pause(between(next, 1.3, 2) * LEASE_SECONDS * 1_000);
  worker.send("SIGCONT");
  return held;
}

interface Stalling {
  readonly most: number;
  readonly crew: number;
  /** Stops that met a job in hand. */
  readonly hits: number;
  readonly injecting: Injecting;
}

/** All but one of the crew are stopped over and over, each for itself. */
async function stallOften(db: TestDatabase, workers: Workers, p: Stalling) {
  const next = random(SEED);
  const producer = await produce((work) => work(db.admin), { most: p.most });
  const crew = await Promise.all(Array.from({ length: p.crew }, () => workers.start()));
  let [stops, hits] = [0, 0];
  await Promise.all(
    crew.slice(1).map(async (worker) => {
      while (hits < p.hits && p.injecting() && await producer.busy()) {
        stops++;
        await pause(between(next, 150, 300));
        if (await stall(db, worker, next) > 0) hits++;
      }
    }),
  );
  const { sent } = await producer.stop();
  await eventually(async () => await waitingJobs(db.admin) === 0, DRAIN_MS);
  return { jobs: sent.length, hits, stops, ...await check(db.admin, sent) };
}

fault(
  "FT-02",
  "worker stalled beyond its lease: what it brings late is refused",
  async (injecting) => {
    await withWorkers({ leaseSeconds: LEASE_SECONDS, workMs: 120 }, async (db, workers) => {
      const { jobs, hits, stops, ...found } = await stallOften(db, workers, {
        most: counts(Infinity, 100_000),
        injecting,
        crew: counts(2, 6),
        hits: counts(1, 500),
      });
      const refused = workers.said("job_lost");
      report("FT-02", { hits, stops, refused, ...found });
      assert.ok(hits > 0, "no stop hit a worker that held jobs");
      assert.ok(refused > 0, "no stale commit was refused");
      assertExact(found, jobs);
    });
  },
  { longSeconds: 110 },
);

fault("FT-03", "control without the fence: the harness sees doubled effects", async (injecting) => {
  const plan = { leaseSeconds: LEASE_SECONDS, workMs: 120, fenced: false };
  await withWorkers(plan, async (db, workers) => {
    const { jobs, hits, stops, ...found } = await stallOften(db, workers, {
      most: counts(Infinity, 10_000),
      injecting,
      crew: counts(2, 4),
      hits: counts(2, 30),
    });
    report("FT-03", { hits, stops, ...found });
    assert.ok(hits > 0, "no stop hit a worker that held jobs");
    assert.ok(found.doubled > 0, "nothing doubled without the fence: the harness is blind");
    assert.ok(found.counter > jobs);
  });
});

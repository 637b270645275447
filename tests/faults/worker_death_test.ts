import assert from "node:assert/strict";
import type { TestDatabase } from "../support/database.ts";
import { counts, fault, type Injecting, report, SEED } from "./support/fault.ts";
import {
  assertExact,
  check,
  enqueueNamed,
  heldBy,
  namesOf,
  waitingJobs,
} from "./support/ledger.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import type { DenoProcess } from "./support/process.ts";
import { withWorkers, type Workers } from "./support/workers.ts";

const DRAIN_MS = counts(40_000, 240_000);
const LEASE_SECONDS = 1;

fault("FT-01", "worker killed in mid-job: nothing lost, nothing doubled", async (injecting) => {
  await withWorkers(
    { leaseSeconds: LEASE_SECONDS, workMs: counts(40, 15) },
    async ({ admin }, workers) => {
      const next = random(SEED);
      const wanted = counts(6, 1_000);
      const jobs = namesOf(counts(1_200, 100_000));
      await enqueueNamed(admin, jobs);
      let [kills, hits] = [0, 0];
      /** Kills one worker after the other; their lives are long enough to begin something. */
      const killing = async () => {
        while (injecting() && hits < wanted && await waitingJobs(admin) > 0) {
          const victim = await workers.start();
          await pause(between(next, 40, 400));
          await victim.kill();
          kills++;
          if (await heldBy(admin, victim.pid) > 0) hits++;
        }
      };
      await Promise.all(Array.from({ length: counts(2, 4) }, killing));
      await Promise.all([workers.start(), workers.start()]);
      await eventually(async () => await waitingJobs(admin) === 0, DRAIN_MS);
      const found = await check(admin, jobs);
      report("FT-01", { hits, kills, jobs: jobs.length, ...found });
      assert.ok(hits > 0, "no kill hit a worker that held jobs");
      assertExact(found, jobs.length);
    },
  );
}, { longSeconds: 240 });

/** Stops a worker in mid-job for longer than its lease, while others work; counts jobs it held. */
async function stall(
  { admin }: TestDatabase,
  worker: DenoProcess,
  next: () => number,
): Promise<number> {
  worker.send("SIGSTOP");
  const held = await heldBy(admin, worker.pid);
  await pause(between(next, 1.3, 2) * LEASE_SECONDS * 1_000);
  worker.send("SIGCONT");
  return held;
}

interface Stalling {
  readonly jobs: readonly string[];
  readonly crew: number;
  readonly stops: number;
  readonly injecting: Injecting;
}

/** All but one of the crew are stopped over and over, each for itself. */
async function stallOften(db: TestDatabase, workers: Workers, p: Stalling) {
  const next = random(SEED);
  await enqueueNamed(db.admin, p.jobs);
  const crew = await Promise.all(Array.from({ length: p.crew }, () => workers.start()));
  let [stops, hits] = [0, 0];
  await Promise.all(
    crew.slice(1).map(async (worker) => {
      while (stops < p.stops && p.injecting() && await waitingJobs(db.admin) > 0) {
        stops++;
        await pause(between(next, 150, 300));
        if (await stall(db, worker, next) > 0) hits++;
      }
    }),
  );
  await eventually(async () => await waitingJobs(db.admin) === 0, DRAIN_MS);
  return { hits, stops, ...await check(db.admin, p.jobs) };
}

fault(
  "FT-02",
  "worker stalled beyond its lease: what it brings late is refused",
  async (injecting) => {
    await withWorkers({ leaseSeconds: LEASE_SECONDS, workMs: 120 }, async (db, workers) => {
      const jobs = namesOf(counts(500, 60_000));
      const { hits, stops, ...found } = await stallOften(db, workers, {
        jobs,
        injecting,
        crew: counts(2, 6),
        stops: counts(2, 500),
      });
      const refused = workers.said("job_lost");
      report("FT-02", { hits, stops, refused, ...found });
      assert.ok(hits > 0, "no stop hit a worker that held jobs");
      assert.ok(refused > 0, "no stale commit was refused");
      assertExact(found, jobs.length);
    });
  },
  { longSeconds: 210 },
);

fault("FT-03", "control without the fence: the harness sees doubled effects", async (injecting) => {
  const plan = { leaseSeconds: LEASE_SECONDS, workMs: 120, fenced: false };
  await withWorkers(plan, async (db, workers) => {
    const jobs = namesOf(counts(500, 5_000));
    const { hits, stops, ...found } = await stallOften(db, workers, {
      jobs,
      injecting,
      crew: counts(2, 4),
      stops: counts(2, 30),
    });
    report("FT-03", { hits, stops, ...found });
    assert.ok(hits > 0, "no stop hit a worker that held jobs");
    assert.ok(found.doubled > 0, "nothing doubled without the fence: the harness is blind");
    assert.ok(found.counter > jobs.length);
  });
});

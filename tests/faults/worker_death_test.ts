import assert from "node:assert/strict";
import type { TestDatabase } from "../support/database.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
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

const DRAIN_MS = counts(30_000, 300_000);
const LEASE_SECONDS = 1;

fault("FT-01", "worker killed in mid-job: nothing lost, nothing doubled", async () => {
  await withWorkers({ leaseSeconds: LEASE_SECONDS }, async ({ admin }, workers) => {
    const next = random(SEED);
    const wanted = counts(6, 300);
    const jobs = namesOf(counts(1_500, 60_000));
    await enqueueNamed(admin, jobs);
    const crew = await Promise.all([workers.start(), workers.start()]);
    let [kills, hits] = [0, 0];
    for (; hits < wanted && kills < 3 * wanted && await waitingJobs(admin) > 0; kills++) {
      await pause(between(next, 40, 150));
      const at = Math.floor(next() * crew.length);
      const victim = crew[at];
      assert.ok(victim);
      victim.send("SIGKILL");
      await victim.ended;
      if (await heldBy(admin, victim.pid) > 0) hits++;
      crew[at] = await workers.start();
    }
    await eventually(async () => await waitingJobs(admin) === 0, DRAIN_MS);
    const found = await check(admin, jobs);
    report("FT-01", { kills, hits, ...found });
    assert.ok(hits > 0, "no kill hit a worker that held jobs");
    assertExact(found, jobs.length);
  });
});

/** Stops a worker in mid-job for longer than its lease, while another works; counts jobs it held. */
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

async function stallTwice(db: TestDatabase, workers: Workers, jobs: readonly string[]) {
  const next = random(SEED);
  await enqueueNamed(db.admin, jobs);
  const crew = await Promise.all([workers.start(), workers.start()]);
  let [stops, hits] = [0, 0];
  for (; stops < counts(2, 60) && await waitingJobs(db.admin) > 0; stops++) {
    await pause(between(next, 150, 300));
    const worker = crew[stops % crew.length];
    assert.ok(worker);
    if (await stall(db, worker, next) > 0) hits++;
  }
  await eventually(async () => await waitingJobs(db.admin) === 0, DRAIN_MS);
  return { stops, hits, ...await check(db.admin, jobs) };
}

fault("FT-02", "worker stalled beyond its lease: what it brings late is refused", async () => {
  await withWorkers({ leaseSeconds: LEASE_SECONDS, workMs: 120 }, async (db, workers) => {
    const jobs = namesOf(counts(600, 20_000));
    const { stops, hits, ...found } = await stallTwice(db, workers, jobs);
    const refused = workers.said("job_lost");
    report("FT-02", { stops, hits, refused, ...found });
    assert.ok(hits > 0, "no stop hit a worker that held jobs");
    assert.ok(refused > 0, "no stale commit was refused");
    assertExact(found, jobs.length);
  });
});

fault("FT-03", "control without the fence: the harness sees doubled effects", async () => {
  await withWorkers(
    { leaseSeconds: LEASE_SECONDS, workMs: 120, fenced: false },
    async (db, workers) => {
      const jobs = namesOf(counts(600, 5_000));
      const { stops, hits, ...found } = await stallTwice(db, workers, jobs);
      report("FT-03", { stops, hits, ...found });
      assert.ok(hits > 0, "no stop hit a worker that held jobs");
      assert.ok(found.doubled > 0, "nothing doubled without the fence: the harness is blind");
      assert.ok(found.counter > jobs.length);
    },
  );
});

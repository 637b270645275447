import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { type FakeClock, fakeClock, noFakeClock } from "./support/faketime.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import {
  assertExact,
  check,
  enqueueNamed,
  heldBy,
  namesOf,
  waitingJobs,
} from "./support/ledger.ts";
import { withOwnPostgres } from "./support/own_postgres.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { produce } from "./support/producer.ts";
import { createWorkers, withWorkers } from "./support/workers.ts";

const HOUR = 3_600;
/** Where the workers' clocks start and, in mid-lease, jump to; in seconds ahead of the database's. */
const CLOCKS = [[-24 * HOUR, 24 * HOUR], [HOUR, -HOUR]] as const;
/** A skewed clock is hours off; what lies between a line's writing and its reading is not. */
const TOLERANCE_MS = 60_000;

fault(
  "FT-34",
  "workers' clocks are hours off and jump: leases know the database's alone",
  async (injecting) => {
    const clocks = CLOCKS.map(([first]) => fakeClock(first));
    try {
      await withWorkers({ leaseSeconds: 1, workMs: 60 }, async ({ admin }, workers) => {
        const next = random(SEED);
        const producer = await produce((work) => work(admin), { most: counts(Infinity, 100_000) });
        const crew = await Promise.all(clocks.map(({ env }) => workers.start({ env })));
        let [jumps, bitten, stops] = [0, 0, 0];
        while (bitten < counts(3, 200) && injecting() && await producer.busy()) {
          const at = jumps++ % crew.length;
          const [clock, worker, both] = [clocks[at], crew[at], CLOCKS[at]];
          assert.ok(clock && worker && both);
          const ahead = both[Math.floor(jumps / crew.length) % 2] ?? 0;
          clock.set(ahead);
          const shown = await eventually(
            () => Math.abs((workers.skewMs(worker.pid) ?? 0) - ahead * 1_000) < TOLERANCE_MS,
            5_000,
          );
          if (shown && await heldBy(admin, worker.pid) > 0) bitten++;
          // In the long form also beyond its lease: another takes over, by whatever clock.
          if (jumps % counts(100, 5) > 0) continue;
          worker.send("SIGSTOP");
          stops++;
          await pause(between(next, 1_300, 2_000));
          worker.send("SIGCONT");
        }
        const { sent } = await producer.stop();
        await eventually(async () => await waitingJobs(admin) === 0, counts(30_000, 120_000));
        const found = await check(admin, sent);
        report("FT-34", {
          hits: bitten,
          jumps,
          stops,
          refused: workers.said("job_lost"),
          ...found,
        });
        assert.ok(bitten > 0, "no clock jumped while its worker held a job");
        assertExact(found, sent.length);
      });
    } finally {
      for (const clock of clocks) clock.remove();
    }
  },
  { missing: noFakeClock, longSeconds: 60 },
);

/** How far the database's clock goes back. The short form waits for what was due in the future. */
const STEP_SECONDS = counts(3, 60);
const STEPS = counts(1, 2);

async function steppingBack(clock: FakeClock): Promise<void> {
  await withOwnPostgres(async ({ server, appUrl }) => {
    const admin = connect({ url: new Secret(server.url), max: 2, prepare: false });
    const workers = createWorkers({ databaseUrl: appUrl, leaseSeconds: 10, workMs: 100 });
    const skew = async () => {
      const [{ ms }] = await admin.query((sql) =>
        sql<[{ ms: number }]>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`
      );
      return ms - Date.now();
    };
    try {
      const jobs = namesOf(counts(600, 6_000));
      await admin.query((sql) => enqueueNamed(sql, jobs));
      const crew = await Promise.all([workers.start(), workers.start()]);
      let [steps, held] = [0, 0];
      for (; steps < STEPS; steps++) {
        await eventually(async () => {
          for (const { pid } of crew) held += await admin.query((sql) => heldBy(sql, pid));
          return held > 0;
        }, 10_000);
        const before = await skew();
        clock.set((STEPS - steps - 1) * STEP_SECONDS);
        assert.ok(await skew() - before < -STEP_SECONDS * 500, "the clock did not step");
      }
      const empty = await eventually(
        async () => await admin.query(waitingJobs) === 0,
        30_000 + 2_500 * STEP_SECONDS,
      );
      const found = await admin.query((sql) => check(sql, jobs));
      // Had a lease passed on while its worker lived, one of the two would be refused.
      const refused = workers.said("job_lost");
      report("FT-35", { hits: held, steps, refused, ...found });
      assert.ok(held > 0, "no job was held when the clock stepped");
      assert.ok(empty, "the queue does not end");
      assert.equal(refused, 0);
      assertExact(found, jobs.length);
    } finally {
      await workers.stop();
      await admin.close();
    }
  }, { env: clock.env });
}

fault("FT-35", "the database's clock steps back: no lease is given twice", async () => {
  // Ahead at first and right at the end. A signal that comes while libfaketime reads its file is told the
  // real time: were that later, Postgres would end transactions for being old (seen with two minutes).
  const clock = fakeClock(STEPS * STEP_SECONDS);
  try {
    await steppingBack(clock);
  } finally {
    clock.remove();
  }
}, { missing: noFakeClock });

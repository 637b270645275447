import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { check, waitingJobs } from "./support/ledger.ts";
import { withOwnPostgres } from "./support/own_postgres.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { produce } from "./support/producer.ts";
import { createWorkers, workersOf } from "./support/workers.ts";

const HUNG_MS = 5_000;

/** How long after `since` (by the database's clock) this process's first effect came. */
async function recoveredAfter(db: Database, pid: number, since: string): Promise<number> {
  let ms: number | null = null;
  await eventually(async () => {
    const [row] = await db.query((sql) =>
      sql<[{ ms: number | null }]>`
        select (extract(epoch from min(at) - ${since}::text::timestamptz) * 1000)::int as ms
        from faults.ledger where pid = ${pid} and at > ${since}::text::timestamptz`
    ).catch(() => [{ ms: null }]);
    ms = row.ms;
    return ms !== null;
  }, 3 * HUNG_MS);
  return ms ?? Infinity;
}

fault(
  "FT-04",
  "database crashes under load: workers live, nothing lost, nothing doubled",
  async (injecting) => {
    await withOwnPostgres(async ({ server, appUrl }) => {
      const next = random(SEED);
      const db = connect({
        url: new Secret(server.url),
        max: 4,
        prepare: true,
      });
      const workers = createWorkers({ databaseUrl: appUrl, leaseSeconds: 2, workMs: 40 });
      // Told, not asserted: the day it lives, the driver is mended.
      const bareDriver = workersOf("bare_driver.ts", { args: [appUrl] });
      try {
        const crew = await Promise.all([workers.start(), workers.start()]);
        const bare = await bareDriver.start();
        const producer = await produce((work) => db.query(work));
        let slowest = 0;
        let restarts = 0;
        for (; restarts < counts(2, 50) && injecting(); restarts++) {
          await pause(between(next, 500, 1_000));
          await server.restart({ mode: "immediate" });
          const [now] = await db.query((sql) =>
            sql<[{ at: string }]>`select clock_timestamp()::text as at`
          ).catch(() =>
            db.query((sql) => sql<[{ at: string }]>`select clock_timestamp()::text as at`)
          );
          for (const { pid } of crew) {
            slowest = Math.max(slowest, await recoveredAfter(db, pid, now.at));
          }
        }
        const { sent, unknown } = await producer.stop();
        const empty = await eventually(
          () => db.query(async (sql) => await waitingJobs(sql) === 0).catch(() => false),
          counts(30_000, 120_000),
        );
        const found = await db.query((sql) => check(sql, sent));
        report("FT-04", {
          hits: restarts,
          callsLost: workers.said("database_lost"),
          driverCrashes: workers.said("database_lost", /driver_crash/),
          bareDriver: bare.alive() ? "alive" : "died",
          slowestMs: slowest,
          unknown,
          ...found,
        });
        assert.ok(workers.said("database_lost") >= restarts, "no crash hit a worker's pool");
        for (const worker of crew) {
          assert.ok(worker.alive(), `a worker died with the database: ${worker.lastWords()}`);
        }
        assert.ok(slowest <= HUNG_MS, `a worker hung for ${slowest} ms`);
        assert.ok(empty, "the queue does not end");
        assert.deepEqual([found.lost, found.doubled, found.dead], [0, 0, 0]);
        assert.equal(found.counter, found.effects);
      } finally {
        await workers.stop();
        await db.close();
      }
    });
  },
);

import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { check, waitingJobs } from "./support/ledger.ts";
import { withOwnPostgres } from "./support/own_postgres.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { produce } from "./support/producer.ts";
import { createWorkers } from "./support/workers.ts";

/** Three workers of eight connections each want more than the server gives to its application. */
const SETTINGS = { max_connections: "20", superuser_reserved_connections: "3" };
const KILL_EACH_MS = 50;

fault(
  "FT-05",
  "backends terminated, too few connections, fast shutdowns: nothing lost, nothing doubled",
  async (injecting) => {
    await withOwnPostgres(async ({ server, appUrl }) => {
      const next = random(SEED);
      const admin = connect({ url: new Secret(server.url), max: 2, prepare: false });
      const workers = createWorkers({ databaseUrl: appUrl, leaseSeconds: 1, workMs: 20 });
      try {
        const producer = await produce((work) => admin.query(work));
        const crew = await Promise.all(Array.from({ length: 3 }, () => workers.start()));
        let [terminated, shutdowns] = [0, 0];
        const wanted = counts(15, 5_000);
        for (let n = 0; terminated < wanted && injecting() && await producer.busy(); n++) {
          await pause(between(next, 0, 2 * KILL_EACH_MS));
          if (n % counts(25, 300) === 5) {
            await server.restart({ mode: "fast" });
            shutdowns++;
            continue;
          }
          terminated += await admin.query(async (sql) => {
            const rows = await sql<{ done: boolean }[]>`
              select pg_terminate_backend(pid) as done
              from pg_stat_activity where usename = 'raphael_app' order by random() limit 1`;
            return rows.filter(({ done }) => done).length;
          }).catch(() => 0);
        }
        const { sent, unknown } = await producer.stop();
        const empty = await eventually(
          () => admin.query(async (sql) => await waitingJobs(sql) === 0).catch(() => false),
          counts(30_000, 120_000),
        );
        const found = await admin.query((sql) => check(sql, sent));
        const refused = workers.said("database_refused");
        report("FT-05", {
          hits: terminated,
          shutdowns,
          refused,
          callsLost: workers.said("database_lost"),
          unknown,
          ...found,
        });
        assert.ok(terminated > 0, "no backend was terminated");
        assert.ok(shutdowns > 0, "the server was never shut down");
        assert.ok(refused > 0, "the server never ran out of connections");
        for (const worker of crew) {
          assert.ok(worker.alive(), `a worker died with its connection: ${worker.lastWords()}`);
        }
        assert.ok(empty, "the queue does not end");
        assert.deepEqual([found.lost, found.doubled, found.dead], [0, 0, 0]);
        assert.equal(found.counter, found.effects);
      } finally {
        await workers.stop();
        await admin.close();
      }
    }, { settings: SETTINGS });
  },
);

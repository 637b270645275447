import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { check, enqueueNamed, heldBy, waitingJobs } from "./support/ledger.ts";
import { shortenLimits } from "./support/limits.ts";
import { withOwnPostgres } from "./support/own_postgres.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { produce } from "./support/producer.ts";
import { openProxy, type Toxic } from "./support/proxy.ts";
import { createWorkers } from "./support/workers.ts";

const CREW = counts(2, 3);
/** Each kind once. */
const SHORT_FAULTS = 8;
/** Dead by themselves in the end, whatever dies around them. */
const POISON = ["a:nul-1", "a:throw-1"];
const POISON_ATTEMPTS = 2;

fault(
  "FT-50",
  "everything at once: nothing lost, nothing doubled, poison alone is dead",
  async (injecting) => {
    await withOwnPostgres(async ({ server, appUrl }) => {
      const next = random(SEED);
      const admin = connect({ url: new Secret(server.url), max: 4, prepare: false });
      const proxy = openProxy(appUrl);
      const databaseUrl = proxy.url(appUrl);
      const workers = createWorkers({
        databaseUrl,
        leaseSeconds: 2,
        workMs: 40,
        deadlineMs: 1_500,
      });
      const losing: Toxic = {
        kind: "lose_answer",
        to: (statement) => /^commit$/i.test(statement) && next() < 0.02,
      };
      try {
        await admin.query(shortenLimits);
        const crew = await Promise.all(Array.from({ length: CREW }, () => workers.start()));
        await admin.query((sql) => enqueueNamed(sql, POISON, POISON_ATTEMPTS));
        const producer = await produce((work) => admin.query(work));
        const done = {
          kills: 0,
          stops: 0,
          crashes: 0,
          shutdowns: 0,
          terminated: 0,
          holes: 0,
          cuts: 0,
        };
        let hits = 0;

        const faults: readonly (() => Promise<void>)[] = [
          async function kill() {
            const at = Math.floor(next() * crew.length);
            const victim = crew[at];
            assert.ok(victim);
            await victim.kill();
            done.kills++;
            if (await admin.query((sql) => heldBy(sql, victim.pid)).catch(() => 0) > 0) hits++;
            crew[at] = await workers.start();
          },
          async function stop() {
            const victim = crew[Math.floor(next() * crew.length)];
            victim?.send("SIGSTOP");
            await pause(between(next, 1.2, 1.5) * 2_000);
            victim?.send("SIGCONT");
            done.stops++;
          },
          async function crash() {
            await server.restart({ mode: "immediate" });
            done.crashes++;
          },
          async function shutDown() {
            await server.restart({ mode: "fast" });
            done.shutdowns++;
          },
          async function terminate() {
            await admin.query((sql) =>
              sql`select pg_terminate_backend(pid) from pg_stat_activity
                where usename = 'raphael_app' order by random() limit 3`
            ).then(() => done.terminated++, () => {});
          },
          async function blackHole() {
            proxy.set({ kind: "black_hole" });
            await pause(between(next, 500, 2_000));
            proxy.set(losing);
            done.holes++;
          },
          // deno-lint-ignore require-await -- a fault like the others
          async function cut() {
            proxy.cut();
            done.cuts++;
          },
          async function slow() {
            proxy.set({
              kind: "latency",
              ms: () => next() * 30,
            });
            await pause(500);
            proxy.set({ kind: "slicer", bytes: 7 });
            await pause(500);
            proxy.set(losing);
          },
        ];

        proxy.set(losing);
        const order = Array.from({ length: counts(SHORT_FAULTS, 100_000) }, (_, n) => n);
        for (const n of order) {
          if (!injecting()) break;
          // The short form meets each once; the long one whatever comes.
          const at = n < faults.length ? n : Math.floor(next() * faults.length);
          await faults[at]?.();
          await pause(between(next, 50, counts(200, 500)));
        }
        proxy.set();

        const { sent, unknown } = await producer.stop();
        const empty = await eventually(
          () => admin.query(async (sql) => await waitingJobs(sql) === 0).catch(() => false),
          counts(40_000, 120_000),
        );
        const found = await admin.query((sql) => check(sql, sent)).catch(() =>
          admin.query((sql) => check(sql, sent))
        );
        const dead = await admin.query((sql) =>
          sql<
            { name: string }[]
          >`select payload ->> 'eventId' as name from raphael_private.dead_jobs`
        );
        report("FT-50", { hits: hits + proxy.hits, ...done, unknown, ...found });
        assert.ok(hits + proxy.hits > 0, "nothing was hit");
        assert.ok(empty, "the queue does not end");
        assert.deepEqual(dead.map(({ name }) => name).toSorted(), POISON);
        assert.deepEqual([found.lost, found.doubled], [0, 0]);
        assert.equal(found.counter, found.effects);
        for (const worker of crew) assert.ok(worker.alive(), worker.lastWords());
      } finally {
        await workers.stop();
        await proxy.close();
        await admin.close();
      }
    });
  },
  { longSeconds: 150 },
);

import assert from "node:assert/strict";
import { enqueue, extendLeases } from "@shared/db/jobs.ts";
import { isConflict } from "@shared/db/lost.ts";
import { withDatabase } from "../support/database.ts";
import { claimed } from "../support/queue.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { check, jobOf, waitingJobs } from "./support/ledger.ts";
import { between, eventually, pause, random } from "./support/plan.ts";
import { withWorkers } from "./support/workers.ts";

/** Triggers of one key, a moment apart. */
const BURST = 4;

fault("FT-11", "a trigger at the moment of completion brings another run", async (injecting) => {
  await withWorkers({ workMs: 10 }, async ({ admin, app }, workers) => {
    const next = random(SEED);
    const topics = Array.from({ length: counts(250, 25_000) }, (_, i) => `a:topic-${i}`);
    await admin`
      insert into faults.topics select name, 0, -1 from unnest(${topics}::text[]) as name`;
    await Promise.all([workers.start(), workers.start()]);
    const triggers = BURST * topics.length;
    let [sent, hits, deadlocks] = [0, 0, 0];
    // Many short bursts: only a key's last trigger can show that it was lost.
    const produce = async () => {
      while (sent < triggers && injecting()) {
        const name = topics[Math.floor(sent++ / BURST)] ?? "";
        // Locks its row and then the job, an effect the other way round: one of them has to try again.
        const running = await app.begin(async (tx) => {
          await tx`update faults.topics set version = version + 1 where name = ${name}`;
          await enqueue(tx, [jobOf(name)]);
          const [job] = await admin<{ running: boolean }[]>`
            select leased_until is not null or cursor is not null as running
            from raphael_private.sync_jobs where payload ->> 'eventId' = ${name}`;
          return job?.running ?? false;
        }).catch((error) => {
          if (!isConflict(error)) throw error;
          deadlocks++;
          return false;
        });
        if (running) hits++;
        await pause(between(next, 0, 25));
      }
    };
    await Promise.all(Array.from({ length: 8 }, produce));
    const empty = await eventually(
      async () => await waitingJobs(admin) === 0,
      counts(20_000, 60_000),
    );
    const [stale] = await admin<[{ n: number }]>`
      select count(*)::int as n from faults.topics where version > 0 and applied <> version`;
    const { effects, dead } = await check(admin, []);
    report("FT-11", {
      hits,
      triggers: sent,
      deadlocks,
      runs: effects,
      stale: stale.n,
    });
    assert.ok(empty, "the queue does not end");
    assert.ok(hits > 0, "no trigger came while its job ran");
    assert.deepEqual([stale.n, dead], [0, 0]);
  });
});

Deno.test("extendLeases() does not wait for a job that is being settled, and counts it as held", async () => {
  await withDatabase(async ({ app }) => {
    const settling = await claimed(app, "settling");
    const neighbour = await claimed(app, "neighbour");
    await app.begin(async (tx) => {
      await tx`select raphael_private.assert_lease(${settling.id}, ${settling.epoch})`;
      const held = await app.begin(async (beat) => {
        await beat`set local lock_timeout = '1s'`;
        return await extendLeases(beat, [settling, neighbour], 60);
      });
      assert.deepEqual([...held].toSorted(), [settling.id, neighbour.id].toSorted());
    });
  });
});

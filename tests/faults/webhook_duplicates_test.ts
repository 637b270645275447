import assert from "node:assert/strict";
import { createRuntime } from "@shared/runtime.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { counts, fault, type Injecting, report, SEED } from "./support/fault.ts";
import { between, pause, random, shuffle } from "./support/plan.ts";
import { type Delivery, environment, send, serve } from "./support/webhooks.ts";

const EXTERNAL_USER = "00000000-0000-4000-8000-0000000000bb";
/** Copies of one delivery, at most: all at once, to two servers. */
const COPIES = 20;
const AT_ONCE = 4;
const ORDERED = Date.UTC(2026, 1, 1);
/** Far enough back for a day each. */
const START = Date.UTC(1995, 0, 1);
const DAY_MS = 86_400_000;

/** The weight of one day, Terra's record, as it was known when Terra ordered the delivery. */
function weighed(n: number, kilograms: number, version: number): Delivery {
  const at = new Date(START + n * DAY_MS).toISOString();
  return {
    id: `weight-${n}-${version}`,
    orderedAt: ORDERED + version,
    body: JSON.stringify({
      type: "body",
      user: { user_id: EXTERNAL_USER, provider: "GARMIN" },
      data: [{
        metadata: { start_time: at, end_time: new Date(START + (n + 1) * DAY_MS).toISOString() },
        measurements_data: { measurements: [{ measurement_time: at, weight_kg: kilograms }] },
      }],
    }),
  };
}

interface World {
  readonly database: TestDatabase;
  /** Delivers each so many times at once; every copy has to be acknowledged. */
  deliver(deliveries: readonly Delivery[], injecting: Injecting): Promise<number>;
  /** Works off what is queued. */
  drain(): Promise<void>;
}

async function withIntake(use: (world: World) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    const { admin, app, appUrl } = database;
    const userId = await addPerson(admin);
    await addAccount(app, userId, { provider: "terra", externalUserId: EXTERNAL_USER });
    const servers = await Promise.all([serve(appUrl), serve(appUrl)]);
    const runtime = createRuntime(environment(appUrl), { connections: 4, log: () => {} });
    const next = random(SEED);
    const drain = async () => {
      for (;;) {
        await runtime.syncWorker.drain();
        if ((await admin`select from raphael_private.sync_jobs limit 1`).length === 0) return;
      }
    };

    async function deliverCopies(delivery: Delivery): Promise<number> {
      const copies = Math.ceil(between(next, 0, COPIES));
      const answers = await Promise.all(Array.from(
        { length: copies },
        (_, n) => send(servers[n % servers.length]?.url ?? "", delivery, 60_000),
      ));
      for (const { status } of answers) assert.equal(status, 200);
      return copies;
    }
    try {
      await use({
        database,
        drain,
        async deliver(deliveries, injecting) {
          let [at, sent] = [0, 0];
          await Promise.all(Array.from({ length: AT_ONCE }, async () => {
            while (at < deliveries.length && injecting()) {
              const delivery = deliveries[at++];
              // Not `sent += await`: it would add to what was sent before the wait.
              const copies = delivery ? await deliverCopies(delivery) : 0;
              sent += copies;
            }
          }));
          return sent;
        },
      });
    } finally {
      await runtime.close();
      await Promise.all(servers.map((server) => server.kill()));
    }
  });
}

/** Day and value of each weight that is stored. */
async function weights({ admin }: TestDatabase): Promise<ReadonlyMap<number, number>> {
  const rows = await admin<{ day: number; value: number }[]>`
    select ((extract(epoch from start_at) * 1000 - ${START}) / ${DAY_MS})::int as day, value
    from raphael.samples order by 1`;
  const found = new Map(rows.map(({ day, value }) => [day, value]));
  assert.equal(found.size, rows.length, "a value is stored twice");
  return found;
}

fault("FT-15", "each delivery up to 20 times at once: one event, one effect", async (injecting) => {
  await withIntake(async ({ database, deliver, drain }) => {
    const { admin } = database;
    const deliveries = Array.from(
      { length: counts(40, 10_000) },
      (_, n) => weighed(n, 60 + n % 40, 1),
    );
    const sent = await deliver(deliveries, injecting);
    const [found] = await admin<[Record<"events" | "copies" | "jobs" | "pairs", number>]>`
      select count(*)::int as events, sum(deliveries)::int as copies,
        (select count(*)::int from raphael_private.sync_jobs) as jobs,
        (select count(distinct payload ->> 'eventId')::int from raphael_private.sync_jobs) as pairs
      from raphael_private.webhook_events`;
    await drain();
    const stored = await weights(database);
    const hits = sent - found.events;
    report("FT-15", { sent, hits, ...found, effects: stored.size });
    assert.ok(hits > 0, "no delivery came twice");
    const { events } = found;
    assert.deepEqual({ ...found }, { events, copies: sent, jobs: events, pairs: events });
    assert.deepEqual([...stored], [...stored.keys()].map((n) => [n, 60 + n % 40]));
    assert.equal(stored.size, events);
  });
});

fault(
  "FT-27",
  "deliveries are forgotten at random while copies come: the data are the same",
  async (injecting) => {
    await withIntake(async ({ database, deliver, drain }) => {
      const { admin } = database;
      const next = random(SEED + 1);
      const weighings = counts(20, 2_000);
      // Each was corrected once; the order in which both come, and come again, is anybody's.
      const told = Array.from({ length: weighings }, (_, n) => [
        weighed(n, 60, 1),
        weighed(n, 61 + n % 40, 2),
      ]).flat();
      let [forgotten, again, ended] = [0, 0, false];
      // The inbox is the dedup table as well. Its rows stay, for the jobs read them; who they were goes.
      const forgetting = (async () => {
        while (!ended) {
          await pause(between(next, 20, 200));
          // What the intake has locked just now is left for the next time: they would wait for each other.
          const { count } = await admin`
            update raphael_private.webhook_events set dedup_key = 'forgotten:' || id
            where id in (
              select id from raphael_private.webhook_events
              where dedup_key not like 'forgotten:%' and random() < 0.5
              for update skip locked
            )`;
          forgotten += count;
        }
      })();
      const draining = (async () => {
        while (!ended) {
          await drain();
          await pause(50);
        }
      })();
      let sent = 0;
      for (let round = 0; round < counts(2, 5) && (round === 0 || injecting()); round++) {
        sent += await deliver(shuffle(next, told), () => round === 0 || injecting());
      }
      ended = true;
      await Promise.all([forgetting, draining]);
      await drain();
      const [{ events }] = await admin<[{ events: number }]>`
        select count(*)::int as events from raphael_private.webhook_events`;
      again = events - told.length;
      const stored = await weights(database);
      report("FT-27", { sent, forgotten, hits: again, events, values: stored.size });
      assert.ok(again > 0, "no forgotten delivery came again");
      const model = Array.from({ length: weighings }, (_, n) => [n, 61 + n % 40]);
      assert.deepEqual([...stored], model);
    });
  },
);

import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { assertExact, check, createLedger, waitingJobs } from "./support/ledger.ts";
import { limit, shortenLimits } from "./support/limits.ts";
import { between, eventually, pause, random, type WorkerPlan } from "./support/plan.ts";
import { produce } from "./support/producer.ts";
import { openProxy, type Proxy } from "./support/proxy.ts";
import { createWorkers, type Workers } from "./support/workers.ts";

interface Proxied {
  readonly db: TestDatabase;
  readonly proxy: Proxy;
  readonly workers: Workers;
}

/** Workers that reach their database through a proxy; the test itself reaches it directly. */
async function withProxiedWorkers(
  plan: Partial<WorkerPlan>,
  use: (proxied: Proxied) => Promise<void>,
): Promise<void> {
  await withDatabase(async (db) => {
    await createLedger(db.admin);
    const proxy = openProxy(db.appUrl);
    const workers = createWorkers({ databaseUrl: proxy.url(db.appUrl), ...plan });
    try {
      await use({ db, proxy, workers });
    } finally {
      await workers.stop();
      await proxy.close();
    }
  });
}

const drained = ({ admin }: TestDatabase) =>
  eventually(async () => await waitingJobs(admin) === 0, counts(30_000, 120_000));

/** How often an answer is lost: seldom enough that work goes on in between. */
const CHANCE = { commits: 0.05, statements: 0.01 };

fault(
  "FT-06",
  "the answer to a commit is lost: done once, whoever asks again",
  async (injecting) => {
    await withProxiedWorkers(
      { leaseSeconds: 1, workMs: 20 },
      async ({ db, proxy, workers }) => {
        const next = random(SEED);
        const producer = await produce((work) => work(db.admin), {
          most: counts(Infinity, 100_000),
        });
        const crew = await Promise.all([workers.start(), workers.start()]);
        const lost = { commits: 0, statements: 0 };
        proxy.set({
          kind: "lose_answer",
          // A statement of ours outside of a transaction commits by itself.
          to: (statement) => {
            const kind = /^commit$/i.test(statement)
              ? "commits"
              : statement.includes("raphael_private.")
              ? "statements"
              : undefined;
            if (!kind || next() > CHANCE[kind]) return false;
            lost[kind]++;
            return true;
          },
        });
        await eventually(
          async () => proxy.hits >= counts(20, 2_000) || !injecting() || !await producer.busy(),
          600_000,
        );
        proxy.set();
        const { sent } = await producer.stop();
        const empty = await drained(db);
        const found = await check(db.admin, sent);
        report("FT-06", { hits: proxy.hits, ...lost, ...found });
        assert.ok(lost.commits > 0, "no commit's answer was lost");
        assert.ok(crew.every((worker) => worker.alive()), "a worker died with its connection");
        assert.ok(empty, "the queue does not end");
        assertExact(found, sent.length);
      },
    );
  },
);

const DEADLINE_MS = 1_000;

fault(
  "FT-07",
  "half-open connections: deadlines fire, leases pass on cleanly",
  async (injecting) => {
    await withProxiedWorkers(
      { leaseSeconds: 2, workMs: 20, deadlineMs: DEADLINE_MS },
      async ({ db, proxy, workers }) => {
        await shortenLimits(db.admin);
        const next = random(SEED);
        const producer = await produce((work) => work(db.admin), {
          most: counts(Infinity, 100_000),
        });
        const crew = await Promise.all([workers.start(), workers.start()]);
        let holes = 0;
        while (holes < counts(1, 200) && injecting() && await producer.busy()) {
          await pause(between(next, 200, 800));
          proxy.set({ kind: "black_hole" });
          holes++;
          await pause(between(next, 1.2, 2) * DEADLINE_MS);
          proxy.set();
        }
        const { sent } = await producer.stop();
        const empty = await drained(db);
        const found = await check(db.admin, sent);
        const deadlines = workers.said("database_lost", /no answer in/);
        report("FT-07", { hits: proxy.hits, holes, deadlines, ...found });
        assert.ok(proxy.hits > 0, "no connection went into the hole");
        assert.ok(deadlines >= holes, "a hole met no deadline");
        assert.ok(crew.every((worker) => worker.alive()), "a worker died with its connection");
        assert.ok(empty, "the queue does not end");
        assertExact(found, sent.length);
      },
    );
  },
);

fault(
  "FT-07",
  "a connection lost between a statement's parsing and its execution lets go of its locks",
  async () => {
    await withDatabase(async (db) => {
      await shortenLimits(db.admin);
      const proxy = openProxy(db.appUrl);
      try {
        const freed = await isFreed(db, proxy);
        // Without the limit the server thinks the lost connection at work: no other limit ends it.
        await limit(db.admin, { transaction_timeout: "0" });
        const control = await isFreed(db, proxy);
        report("FT-07", { hits: proxy.hits, freed: Number(freed), control: Number(control) });
        assert.equal(proxy.hits, 2);
        assert.ok(freed, "a lost connection keeps its lock");
        assert.ok(!control, "the control lets go of its lock");
      } finally {
        await proxy.close();
      }
    });
  },
);

const LOCK = 7;

/** Whether others get the lock of a transaction whose connection is lost in mid-statement. */
async function isFreed({ admin, appUrl }: TestDatabase, proxy: Proxy): Promise<boolean> {
  const client = connect({ url: new Secret(proxy.url(appUrl)), max: 1, prepare: true });
  try {
    const lost = client.transaction(async (tx) => {
      await tx.unsafe(`select pg_advisory_xact_lock(${LOCK})`);
      proxy.set({ kind: "parsed_only" });
      await tx`select ${LOCK}::int as never_executed`;
    }, DEADLINE_MS);
    await assert.rejects(lost, /Cannot reach the database/);
    proxy.set();
    return await eventually(async () => {
      const [row] = await admin<
        [{ got: boolean }]
      >`select pg_try_advisory_xact_lock(${LOCK}) as got`;
      return row.got;
    }, 3_000);
  } finally {
    await client.close();
  }
}

import assert from "node:assert/strict";
import postgres from "postgres";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database, type Sql } from "@shared/db/client.ts";
import { claim } from "@shared/db/jobs.ts";
import { isConflict } from "@shared/db/lost.ts";
import { settle } from "@shared/jobs/settle.ts";
import { batchOf, store } from "../support/batches.ts";
import { addAccount, addPerson, type TestAccount } from "../support/people.ts";
import { assertRollup } from "../support/rollup.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { applyEffect, assertExact, check, enqueueNamed, nameOf } from "./support/ledger.ts";
import { withOwnPostgres } from "./support/own_postgres.ts";
import { between, pause, random } from "./support/plan.ts";
import { iso, START } from "./support/pretended_records.ts";

const WRITERS = 16;
const ACCOUNTS = 6;
const HOT = "hot";
/** How many of the writers' connections read one snapshot throughout, so that they fail to serialise. */
const SNAPSHOT_SHARE = 0.25;

/** Both accounts' batches of job `n`, the second first where `n` is odd: so they wait for each other. */
function pair(accounts: readonly TestAccount[], n: number) {
  const [first, second] = [
    n % ACCOUNTS,
    (n + 1 + Math.floor(n / ACCOUNTS) % (ACCOUNTS - 1)) % ACCOUNTS,
  ]
    .toSorted()
    .map((at) => accounts[at] ?? assert.fail());
  assert.ok(first && second && first !== second);
  return n % 2 === 0 ? [first, second] : [second, first];
}

/** Each job has a record of its own, and all of them tell of one. */
async function write(tx: Sql, accounts: readonly TestAccount[], name: string): Promise<void> {
  const n = numberOf(name);
  for (const account of pair(accounts, n)) {
    const at = iso(START + n * 60_000);
    const batch = batchOf([
      { id: name, values: [{ metric: "steps", at, value: 1 + n % 100, durationSeconds: 60 }] },
      { id: HOT, values: [{ at: iso(START), value: 60 + n % 100 }] },
    ]);
    await store(tx, account, batch, { observedAt: iso(START + n) });
  }
}

const numberOf = (name: string) => Number(name.split(":")[1]);
const codeOf = (error: unknown) => error instanceof postgres.PostgresError ? error.code : "";

interface World {
  readonly admin: postgres.Sql;
  readonly accounts: readonly TestAccount[];
  readonly pools: readonly Database[];
}

async function withWorld(use: (world: World) => Promise<void>): Promise<void> {
  await withOwnPostgres(async ({ server, appUrl }) => {
    const admin = postgres(server.url, { max: 4, onnotice: () => {} });
    const pools: Database[] = [];
    const app = (max: number) => connect({ url: new Secret(appUrl), max, prepare: true });
    /** Settings are taken when a connection opens, so all of them open now. */
    const open = async (max: number, settings: readonly string[]) => {
      for (const one of settings) await admin.unsafe(`alter role raphael_app set ${one}`);
      const pool = app(max);
      pools.push(pool);
      await Promise.all(
        Array.from({ length: max }, () => pool.query((sql) => sql`select pg_sleep(0.1)`)),
      );
    };
    try {
      await open(WRITERS, ["lock_timeout = '100ms'"]);
      await open(WRITERS, ["default_transaction_isolation = 'repeatable read'"]);
      await admin.unsafe("alter role raphael_app reset default_transaction_isolation");
      const accounts: TestAccount[] = [];
      for (let n = 0; n < ACCOUNTS; n++) {
        accounts.push(await addAccount(admin, await addPerson(admin)));
      }
      await use({ admin, accounts, pools });
    } finally {
      await Promise.all(pools.map((pool) => pool.close()));
      await admin.end({ timeout: 1 });
    }
  }, { settings: { deadlock_timeout: "20ms" } });
}

/** Holds accounts for longer than anybody waits, now and then. */
async function holdUp({ admin, accounts }: World, next: () => number, going: () => boolean) {
  while (going()) {
    const account = accounts[Math.floor(next() * ACCOUNTS)] ?? assert.fail();
    await admin.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtextextended(${account.id}, 0))`;
      await pause(between(next, 50, 200));
    }).catch((error) => {
      // Who waits in the line of a deadlock may be its victim too.
      if (!isConflict(error)) throw error;
    });
    await pause(between(next, 100, 400));
  }
}

fault(
  "FT-37",
  "deadlocks, failures to serialise and lock timeouts of 16 writers: tried again, nothing lost",
  async (injecting) => {
    await withWorld(async (world) => {
      const { admin, accounts, pools } = world;
      const plain = pools[0] ?? assert.fail();
      const next = random(SEED);
      const names = Array.from({ length: counts(240, 100_000) }, (_, n) => `b:${n}`);
      const conflicts = { "40P01": 0, "40001": 0, "55P03": 0 };
      const count = (error: unknown): never => {
        const code = codeOf(error);
        if (code in conflicts) conflicts[code as keyof typeof conflicts]++;
        throw error;
      };
      // The control: the same without trying again.
      const control = names.slice(0, counts(96, 480));
      let refused = 0;
      await atOnce(control, async (name, writer) => {
        const pool = poolOf(pools, writer);
        await pool.transaction((tx) => write(tx, accounts, name)).catch(() => refused++);
      });

      const enqueued: string[] = [];
      let finished = false;
      const held = holdUp(world, next, () => !finished);
      const started = names[Symbol.iterator]();
      await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => {
        const pool = poolOf(pools, writer);
        for (const name of started) {
          if (!injecting()) break;
          enqueued.push(name);
          await plain.query((sql) => enqueueNamed(sql, [name]));
          await drainOne(pool);
        }
      }));
      // What was put off by its failures comes when its pause is over.
      for (let left = 1; left > 0;) {
        await drainOne(plain);
        ({ left = 0 } = (await admin<{ left: number }[]>`
          select count(*)::int as left from raphael_private.sync_jobs`)[0] ?? {});
      }
      finished = true;
      await held;

      async function drainOne(pool: Database): Promise<void> {
        const { jobs } = await plain.query((sql) =>
          claim(sql, { queue: "health-sync", limit: 1, leaseSeconds: 120 })
        );
        for (const job of jobs) {
          const name = nameOf(job.payload);
          const effect = async (tx: Sql) => {
            await write(tx, accounts, name).catch(count);
            await applyEffect(tx, name, job.attempt).catch(count);
          };
          await settle(pool, job, { kind: "done", effect });
        }
      }

      const found = await check(admin, enqueued);
      const wrong = await wrongRecords(world, enqueued);
      const days = await assertRollup(admin);
      const hits = Object.values(conflicts).reduce((a, b) => a + b);
      report("FT-37", {
        hits,
        deadlocks: conflicts["40P01"],
        serialization: conflicts["40001"],
        timeouts: conflicts["55P03"],
        batches: 2 * enqueued.length,
        lost: found.lost,
        doubled: found.doubled,
        dead: found.dead,
        wrong,
        days,
        control: refused,
      });
      for (const [code, times] of Object.entries(conflicts)) assert.ok(times > 0, `no ${code}`);
      assertExact(found, enqueued.length);
      assert.equal(wrong, 0);
      assert.ok(refused > 0, "without trying again nothing was lost: there was no conflict");
    });
  },
);

function poolOf(pools: readonly Database[], writer: number): Database {
  return pools[writer < WRITERS * SNAPSHOT_SHARE ? 1 : 0] ?? assert.fail();
}

async function atOnce(
  names: readonly string[],
  work: (name: string, writer: number) => Promise<unknown>,
): Promise<void> {
  const left = names[Symbol.iterator]();
  await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => {
    for (const name of left) await work(name, writer);
  }));
}

/** Records of a job that are not stored in both its accounts, and accounts whose shared record is not the newest. */
async function wrongRecords(
  { admin, accounts }: World,
  names: readonly string[],
): Promise<number> {
  const rows = await admin<{ account: string; name: string; value: number }[]>`
    select r.account_id as account, r.external_id as name, s.value
    from raphael_private.raw_records r
    join raphael.samples s on s.user_key = r.user_key and s.record_id = r.id`;
  const values = new Map(rows.map(({ account, name, value }) => [`${account} ${name}`, value]));
  let wrong = 0;
  for (const name of names) {
    for (const { id } of pair(accounts, numberOf(name))) {
      if (values.get(`${id} ${name}`) !== 1 + numberOf(name) % 100) wrong++;
    }
  }
  const latest = new Map<string, number>();
  for (const n of names.map(numberOf).toSorted((a, b) => a - b)) {
    for (const { id } of pair(accounts, n)) latest.set(id, n);
  }
  for (const [id, n] of latest) if (values.get(`${id} ${HOT}`) !== 60 + n % 100) wrong++;
  return wrong;
}

import assert from "node:assert/strict";
import { batchOf, store, type Told } from "../support/batches.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, type TestAccount } from "../support/people.ts";
import { setTimeZone } from "@shared/db/days.ts";
import { counts, fault, type Injecting, report, SEED } from "./support/fault.ts";
import { batchAt, type Collection, difference, note } from "./support/model.ts";
import { random, shuffle } from "./support/plan.ts";
import { iso, START } from "./support/pretended_records.ts";

const DAY_MS = 86_400_000;
/** How late a provider may bring a correction. */
const LATE_DAYS = 30;
const WRITERS = 8;
const BATCH = 250;

/** One telling of one record; `version` in days since the start. */
interface Delivery {
  readonly id: string;
  readonly version: number;
  readonly value: number;
  readonly deleted: boolean;
}

/** What should be stored of a record, by the rule alone. */
interface Truth extends Delivery {
  readonly observedAt: number;
  readonly ordinal: number;
}

function told({ id, version, value, deleted }: Delivery, n: number): Told {
  return {
    id,
    version: iso(START + version * DAY_MS),
    deleted,
    // Each record at an instant of its own, so that each sample can be found again.
    values: deleted ? [] : [{ at: iso(START + n * 60_000), value }],
  };
}

/** The plain model: the greatest (version, observed at) stands; within a batch, the later one. */
function isNewer(a: Truth, b: Truth): boolean {
  return (a.version - b.version || a.observedAt - b.observedAt || a.ordinal - b.ordinal) > 0;
}

interface World {
  readonly accounts: readonly TestAccount[];
  readonly model: readonly Map<string, Truth>[];
  batches: number;
}

/** Delivers in batches, by several writers at once, each batch observed at a moment of its own. */
async function deliver(
  { app }: TestDatabase,
  accounts: readonly TestAccount[],
  deliveries: readonly (readonly Delivery[])[],
  injecting: Injecting,
): Promise<World> {
  const world: World = { accounts, model: accounts.map(() => new Map()), batches: 0 };
  const next = random(SEED + 1);
  const queue = deliveries.flatMap((all, at) =>
    Array.from({ length: Math.ceil(all.length / BATCH) }, (_, n) => ({
      at,
      part: all.slice(n * BATCH, (n + 1) * BATCH),
    }))
  );
  // Whole milliseconds, all different, in no order: the clock of the one who asked, not of the answer.
  const moments = shuffle(next, queue.map((_, n) => START + n));
  let taken = 0;
  const writer = async () => {
    while (taken < queue.length && injecting()) {
      const mine = taken++;
      const { at, part } = queue[mine] ?? { at: 0, part: [] };
      const account = accounts[at];
      const model = world.model[at];
      const observedAt = moments[mine] ?? START;
      assert.ok(account && model);
      const batch = batchOf(part.map((one) => told(one, Number(one.id))));
      await store(app, account, batch, { observedAt: iso(observedAt) });
      world.batches++;
      part.forEach((one, ordinal) => {
        const truth = { ...one, observedAt, ordinal };
        const old = model.get(one.id);
        if (!old || isNewer(truth, old)) model.set(one.id, truth);
      });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return world;
}

/** Records that differ from the model: wrong value, deleted but alive, alive but gone. */
async function compare({ admin }: TestDatabase, { accounts, model }: World) {
  const counted = { records: 0, wrong: 0, resurrected: 0, missing: 0 };
  for (const [at, account] of accounts.entries()) {
    const rows = await admin<{ id: string; deleted: boolean; value: number | null }[]>`
      select r.external_id as id, r.deleted_at is not null as deleted, s.value
      from raphael_private.raw_records r
      left join raphael.samples s on s.user_key = r.user_key and s.record_id = r.id
      where r.account_id = ${account.id}`;
    const stored = new Map(rows.map((row) => [row.id, row]));
    counted.records += rows.length;
    for (const [id, truth] of model[at] ?? []) {
      const row = stored.get(id);
      if (!row || row.deleted && !truth.deleted) counted.missing++;
      else if (truth.deleted && (!row.deleted || row.value !== null)) counted.resurrected++;
      else if (!truth.deleted && row.value !== truth.value) counted.wrong++;
    }
  }
  return counted;
}

async function accountsOf({ admin, app }: TestDatabase, count: number) {
  const accounts: TestAccount[] = [];
  for (let n = 0; n < count; n++) accounts.push(await addAccount(app, await addPerson(admin)));
  return accounts;
}

/** Records of a look, some of them twice. */
const LOOK = 200;
const ZONES = ["America/New_York", undefined, "Asia/Kathmandu"] as const;

async function collectionsOf(database: TestDatabase): Promise<Collection[]> {
  const { admin, app } = database;
  const collections: Collection[] = [];
  for (const [n, zone] of ZONES.entries()) {
    const userId = await addPerson(admin);
    if (zone) await setTimeZone(app, userId, zone);
    const account = await addAccount(app, userId);
    for (const versioned of [true, false]) {
      collections.push({
        account,
        resource: versioned ? "activities" : "samples",
        zone,
        provider: { seed: SEED + n, versioned, deleted: 0.12 },
        seen: new Map(),
      });
    }
  }
  return collections;
}

fault(
  "FT-16",
  "out of order and up to 30 days late: samples, sessions and days are what the model says",
  async (injecting) => {
    await withDatabase(async (database) => {
      const next = random(SEED);
      const collections = await collectionsOf(database);
      const tellings = counts(20_000, 1_000_000);
      const records = tellings / 4 / collections.length;
      // Each look at a moment of its own; one in five comes twice, as a webhook and as a poll.
      const looks = Array.from({ length: tellings / LOOK }, (_, n) => n).flatMap((n) => {
        const at = START + Math.floor(next() * LATE_DAYS * DAY_MS / 1_000) * 1_000 + n % 1_000;
        const which = Array.from({ length: LOOK }, () => Math.floor(next() * records));
        const collection = collections[n % collections.length];
        const look = collection ? [{ collection, which, at }] : [];
        return next() < 0.2 ? [...look, ...look] : look;
      });
      shuffle(next, looks);
      // The control: as if whoever comes last were right.
      const arrived = collections.map((one) => ({ ...one, seen: new Map<number, number>() }));
      let [taken, late] = [0, 0];
      const writer = async () => {
        while (taken < looks.length && injecting()) {
          const { collection, which, at } = looks[taken++] ?? assert.fail();
          const { account, resource, seen } = collection;
          late += which.filter((record) => (seen.get(record) ?? 0) > at).length;
          await store(database.app, account, batchAt(collection, which, at), {
            resource,
            observedAt: iso(at),
          });
          note(collection, which, at);
          const last = arrived[collections.indexOf(collection)];
          for (const record of which) last?.seen.set(record, at);
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, writer));
      const { wrong, ...found } = await difference(database, collections);
      const blind = await difference(database, arrived);
      const [samples, sessions, days] = wrong;
      report("FT-16", {
        hits: late,
        told: taken * LOOK,
        ...found,
        wrong: samples + sessions + days,
        control: blind.wrong[0],
      });
      assert.ok(late > 0 && found.samples > 0 && found.sessions > 0 && found.days > 0);
      assert.deepEqual(wrong, [0, 0, 0]);
      assert.ok(blind.wrong.every((count) => count > 0), "the check does not see a wrong order");
    });
  },
  { longSeconds: 300 },
);

fault(
  "FT-17",
  "one second, one version, other content: the later observation stands",
  async (injecting) => {
    await withDatabase(async (db) => {
      const next = random(SEED);
      const accounts = await accountsOf(db, 2);
      const records = counts(300, 10_000);
      const deliveries = accounts.map(() =>
        shuffle(
          next,
          Array.from({ length: 4 * records }, (_, n) => ({
            id: String(n % records),
            version: 1,
            value: 40 + Math.floor(next() * 100),
            deleted: false,
          })),
        )
      );
      const world = await deliver(db, accounts, deliveries, injecting);
      const found = await compare(db, world);
      report("FT-17", { hits: world.batches * BATCH, ...found });
      assert.ok(found.records > 0);
      assert.deepEqual([found.wrong, found.resurrected, found.missing], [0, 0, 0]);
    });
  },
);

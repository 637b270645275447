import assert from "node:assert/strict";
import { batchOf, store, type Told } from "../support/batches.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, type TestAccount } from "../support/people.ts";
import { differentDays, rollUp, storedDays, storedSamples } from "../support/rollup.ts";
import { counts, fault, report, SEED } from "./support/fault.ts";
import { random, shuffle } from "./support/plan.ts";
import { iso, START } from "./support/pretended_records.ts";

const SPACING = 20 * 60_000;
const BATCH = 250;
const WRITERS = 8;

/** What is told of a record, when it was observed, and which value stands afterwards (none: deleted). */
interface Step {
  readonly at: number;
  readonly version: number;
  readonly value: number | undefined;
}

const told = (at: number, version: number, value: number | undefined): Step => ({
  at,
  version,
  value,
});

/**
 * What happens to a record after it was stored and counted. The last is the value that stands; `stale` is
 * how many of the steps must be refused.
 */
const SCRIPTS = {
  "correction": { steps: [told(2, 2, 71)], stands: 71, stale: 0 },
  "correction, then the stale": { steps: [told(3, 3, 72), told(2, 2, 71)], stands: 72, stale: 1 },
  "deletion": { steps: [told(2, 2, undefined)], stands: undefined, stale: 0 },
  "deletion, then a stale update": {
    steps: [told(4, 4, undefined), told(3, 3, 73)],
    stands: undefined,
    stale: 1,
  },
  "deletion, then made again": {
    steps: [told(2, 2, undefined), told(5, 5, 75)],
    stands: 75,
    stale: 0,
  },
  "made again, then the late deletion": {
    steps: [told(5, 5, 76), told(2, 2, undefined)],
    stands: 76,
    stale: 1,
  },
} as const;
type Script = keyof typeof SCRIPTS;
const NAMES = Object.keys(SCRIPTS) as readonly Script[];

function toTold(record: number, { version, value }: Step): Told {
  return {
    id: String(record),
    version: iso(START + version * 86_400_000),
    deleted: value === undefined,
    values: value === undefined
      ? []
      : [{ at: iso(START + record * SPACING), value, durationSeconds: 60, metric: "steps" }],
  };
}

interface World {
  readonly database: TestDatabase;
  readonly account: TestAccount;
  readonly next: () => number;
}

/** Tells one step of many records, in batches of those that were observed at once, by several writers. */
async function tell(
  { database, account, next }: World,
  steps: ReadonlyMap<number, Step>,
  forged = 0,
): Promise<void> {
  const byTime = new Map<number, number[]>();
  for (const [record, { at }] of steps) {
    const records = byTime.get(at) ?? [];
    byTime.set(at, records);
    records.push(record);
  }
  const batches = [...byTime].flatMap(([at, records]) => {
    shuffle(next, records);
    return Array.from({ length: Math.ceil(records.length / BATCH) }, (_, n) => ({
      at,
      part: records.slice(n * BATCH, (n + 1) * BATCH),
    }));
  });
  let taken = 0;
  const writer = async () => {
    while (taken < batches.length) {
      const { at, part } = batches[taken++] ?? assert.fail();
      const batch = part.map((record) => toTold(record, steps.get(record) ?? assert.fail()));
      const observedAt = iso(START + (at + forged) * 86_400_000);
      await store(database.app, account, batchOf(batch), { observedAt });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

/** Records whose value is another than it should be, and days that are not their samples' sum. */
async function check(
  { database: { admin }, account }: World,
  should: ReadonlyMap<number, number | undefined>,
) {
  const rows = await admin<{ record: number; deleted: boolean; value: number | null }[]>`
    select r.external_id::int as record, r.deleted_at is not null as deleted, s.value
    from raphael_private.raw_records r
    left join raphael.samples s on s.user_key = r.user_key and s.record_id = r.id
    where r.account_id = ${account.id}`;
  let [wrong, resurrected] = [0, 0];
  for (const { record, deleted, value } of rows) {
    const expected = should.get(record);
    if (expected === undefined && (!deleted || value !== null)) resurrected++;
    else if (expected !== undefined && value !== expected) wrong++;
  }
  const days = await storedDays(admin);
  const daysWrong = differentDays(days, rollUp(await storedSamples(admin))).length;
  return { records: rows.length, wrong, resurrected, days: days.size, daysWrong };
}

fault(
  "FT-18",
  "corrections after the day was counted, stale updates after a deletion, records made again",
  async (injecting) => {
    await withDatabase(async (database) => {
      const next = random(SEED);
      const account = await addAccount(database.app, await addPerson(database.admin));
      const world: World = { database, account, next };
      const records = Array.from({ length: counts(1_200, 10_000) }, (_, n) => n);
      const scriptOf = (record: number) => SCRIPTS[NAMES[record % NAMES.length] ?? "correction"];
      await tell(world, new Map(records.map((record) => [record, told(1, 1, 60 + record % 9)])));
      const before = await check(
        world,
        new Map(records.map((record) => [record, 60 + record % 9])),
      );
      assert.ok(before.days > 0, "nothing was counted before it is corrected");
      let [hits, stale] = [0, 0];
      for (let n = 0; n < 2 && injecting(); n++) {
        const steps = new Map<number, Step>();
        for (const record of records) {
          const step = scriptOf(record).steps[n];
          if (step) steps.set(record, step);
        }
        hits += steps.size;
        await tell(world, steps);
      }
      stale = records.reduce((sum, record) => sum + scriptOf(record).stale, 0);
      const should = new Map(records.map((record) => [record, scriptOf(record).stands]));
      const after = await check(world, should);
      // The control: the stale update of a deleted record again, under a forged time.
      const forgery = new Map(
        records.filter((record) => scriptOf(record) === SCRIPTS["deletion, then a stale update"])
          .map((record) => [record, told(3, 9, 73)]),
      );
      await tell(world, forgery, 10);
      const control = await check(world, should);
      report("FT-18", { hits, stale, ...after, control: control.resurrected });
      assert.ok(stale > 0);
      assert.deepEqual(before.wrong + before.resurrected + before.daysWrong, 0);
      assert.deepEqual(
        [after.wrong, after.resurrected, after.daysWrong, after.records],
        [0, 0, 0, records.length],
      );
      assert.equal(control.resurrected, forgery.size, "the check sees no record that came back");
      assert.equal(control.daysWrong, 0);
    });
  },
);

import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { withDatabase } from "../support/database.ts";
import { addAccount, addPerson, atOnce, plain } from "../support/people.ts";
import { batchOf, store, type Told } from "../support/batches.ts";

const AT = "2026-02-01T00:00:00Z";
const day = (n: number) => `2026-03-${String(n).padStart(2, "0")}T00:00:00Z`;
const one = (value: number, more: Partial<Told> = {}) =>
  batchOf([{ id: "r", values: [{ at: AT, value }], ...more }]);

async function values(admin: Sql): Promise<number[]> {
  const rows = await admin<{ value: number }[]>`
    select value from raphael.samples order by start_at, value`;
  return rows.map(({ value }) => value);
}

/** Physical addresses: a row that is written anew moves. */
async function places(admin: Sql): Promise<object[]> {
  return plain(await admin`select ctid::text, xmin::text from raphael.samples order by 1`);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest])
  );
}

Deno.test("ingest_records() keeps the newest, whatever the order of arrival", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const copies = [
      { version: day(1), observedAt: day(9), value: 51 },
      { version: day(2), observedAt: day(3), value: 52 },
      // The same version seen later: some providers change a record and not its version.
      { version: day(2), observedAt: day(4), value: 53 },
    ];
    for (const order of permutations(copies)) {
      const account = await addAccount(app, userId);
      for (const { version, observedAt, value } of order) {
        await store(app, account, one(value, { version }), { observedAt });
      }
      const [row] = await admin`
        select source_version, payload from raphael_private.raw_records where account_id = ${account.id}`;
      assert.equal(row?.["source_version"].toISOString(), "2026-03-02T00:00:00.000Z");
      assert.deepEqual(row["payload"], { values: [{ at: AT, value: 53 }] });
    }
    assert.deepEqual(await values(admin), Array(6).fill(53));
  });
});

Deno.test("ingest_records() lets a version win over none, and the later seen of two without", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    await store(app, account, one(50), { observedAt: day(5) });
    const late = await store(app, account, one(51), { observedAt: day(4) });
    assert.deepEqual(late, { changed: 0, stored: 0, refused: 0 });
    await store(app, account, one(52), { observedAt: day(6) });
    assert.deepEqual(await values(admin), [52]);
    await store(app, account, one(53, { version: day(1) }), { observedAt: day(1) });
    await store(app, account, one(54), { observedAt: day(9) });
    assert.deepEqual(await values(admin), [53]);
  });
});

Deno.test("ingest_records() writes no sample for a record that is as it was", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    assert.deepEqual(await store(app, account, one(60)), { changed: 1, stored: 1, refused: 0 });
    const before = await places(admin);
    const again = await store(app, account, one(60), { observedAt: day(9) });
    assert.deepEqual(again, { changed: 0, stored: 0, refused: 0 });
    assert.deepEqual(await places(admin), before);
  });
});

Deno.test("ingest_records() replaces all that was read from a changed record, and nothing else", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const other = await addAccount(app, account.userId);
    await store(app, other, one(90));
    await store(app, account, one(80), { resource: "another" });
    const first = [
      { at: AT, value: 60 },
      { at: "2026-02-01T01:00:00Z", value: 61 },
      { at: "2026-02-03T00:00:00Z", value: 97, metric: "spo2" },
    ];
    await store(app, account, batchOf([{ id: "r", values: first }]));
    assert.equal((await values(admin)).length, 5);
    await store(app, account, one(62), { observedAt: day(9) });
    assert.deepEqual(await values(admin), [62, 80, 90]);
    await store(app, account, batchOf([{ id: "r" }]), { observedAt: day(10) });
    assert.deepEqual(await values(admin), [80, 90]);
    await store(app, account, one(63), { observedAt: day(11) });
    assert.deepEqual(await values(admin), [63, 80, 90]);
  });
});

Deno.test("ingest_records() keeps a tombstone against an older copy, and takes a newer one", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const gone = batchOf([{ id: "r", deleted: true }]);
    await store(app, account, one(60), { observedAt: day(2) });
    await store(app, account, gone, { observedAt: day(5) });
    assert.deepEqual(await values(admin), []);
    const [row] = await admin`select payload, deleted_at from raphael_private.raw_records`;
    assert.equal(row?.["payload"], null, "what was deleted is forgotten");
    assert.ok(row["deleted_at"]);
    await store(app, account, one(60), { observedAt: day(4) });
    assert.deepEqual(await values(admin), []);
    await store(app, account, one(61), { observedAt: day(6) });
    assert.deepEqual(await values(admin), [61]);

    await store(app, account, batchOf([{ id: "early", deleted: true }]), { observedAt: day(5) });
    const late = batchOf([{ id: "early", values: [{ at: AT, value: 70 }] }]);
    await store(app, account, late, { observedAt: day(4) });
    assert.deepEqual(await values(admin), [61], "the deletion may come before the record");
  });
});

Deno.test("ingest_records() takes a deletion by its time, whatever the version of the record", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const gone = batchOf([{ id: "r", deleted: true }]);
    const versioned = (value: number, version: number) => one(value, { version: day(version) });
    await store(app, account, versioned(60, 3), { observedAt: day(4) });
    await store(app, account, gone, { observedAt: day(2) });
    assert.deepEqual(await values(admin), [60], "told before the record was seen");
    await store(app, account, gone, { observedAt: day(6) });
    assert.deepEqual(await values(admin), []);
    await store(app, account, versioned(61, 9), { observedAt: day(5) });
    assert.deepEqual(await values(admin), [], "a late answer from before the deletion");
    await store(app, account, versioned(62, 1), { observedAt: day(7) });
    assert.deepEqual(await values(admin), [62], "back again");
  });
});

Deno.test("ingest_records() takes the newest of a record that a batch holds twice", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const twice = batchOf([
      { id: "r", version: day(2), values: [{ at: AT, value: 60 }] },
      { id: "r", version: day(1), values: [{ at: AT, value: 61 }, { at: day(1), value: 62 }] },
      { id: "s", values: [{ at: AT, value: 71 }, { at: day(1), value: 72 }] },
      { id: "s", values: [{ at: AT, value: 70 }] },
    ]);
    assert.deepEqual(await store(app, account, twice), { changed: 2, stored: 2, refused: 0 });
    const rows =
      await admin`select source_version::text from raphael_private.raw_records order by 1`;
    assert.deepEqual(rows.map((row) => row["source_version"]), [
      "-infinity",
      "2026-03-02 00:00:00+00",
    ]);
    assert.deepEqual(await values(admin), [60, 70]);
  });
});

Deno.test("ingest_records() refuses what is out of the catalog's range, and holds no score to it", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const told = [19, 20, 250, 251, NaN, Infinity].map((value, n) => ({ at: day(1 + n), value }));
    const came = await store(app, account, batchOf([{ id: "r", values: told }]));
    assert.deepEqual(came, { changed: 1, stored: 2, refused: 4 });
    assert.deepEqual(await values(admin), [20, 250]);
    const strain = [{ at: AT, value: 300, metric: "strain_score" }];
    const score = batchOf([{ id: "s", values: strain }], { scale: "open_ended" });
    assert.deepEqual(await store(app, account, score), { changed: 1, stored: 1, refused: 0 });
    const unknown = [{ at: AT, value: 60, metric: "no_such_metric" }];
    const none = await store(app, account, batchOf([{ id: "u", values: unknown }]));
    assert.deepEqual(none, { changed: 1, stored: 0, refused: 0 });
    const days = await admin`select n, low, high from raphael.daily order by n, low`;
    assert.deepEqual(days.map(({ n, low, high }) => [n, low, high]), [
      [1, 20, 20],
      [1, 250, 250],
      [1, 300, 300],
    ]);
  });
});

Deno.test("ingest_records() of parallel writers of one record ends with the newest alone", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const { errors } = await atOnce(
      16,
      (n) => store(app, account, one(50 + n), { observedAt: day(1 + (n * 7) % 16) }),
    );
    assert.deepEqual(errors, []);
    // 7 n mod 16 is 15 at n = 9: that one was observed last.
    assert.deepEqual(await values(admin), [59]);
    assert.equal((await admin`select from raphael_private.raw_records`).length, 1);
  });
});

Deno.test("ingest_records() waits for another that first stores the record, and replaces what it wrote", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const { second } = await app.begin(async (tx) => {
      await store(tx, account, one(60), { observedAt: day(1) });
      const second = store(app, account, one(61), { observedAt: day(2) });
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { second };
    });
    assert.deepEqual(await second, { changed: 1, stored: 1, refused: 0 });
    assert.deepEqual(await values(admin), [61]);
  });
});

import assert from "node:assert/strict";
import type { Sql } from "postgres";
import type { Told } from "@shared/db/records.ts";
import { ingestTogether } from "@shared/sync/ingest_together.ts";
import { batchOf, type Told as Record } from "../support/batches.ts";
import { withDatabase } from "../support/database.ts";
import { addAccount, addPerson, raised, type TestAccount } from "../support/people.ts";
import { assertRollup } from "../support/rollup.ts";

const AT = "2026-03-01T12:00:00Z";
const writerOf = ({ id, generation }: TestAccount) => ({ accountId: id, generation });

function told(resource: string, ...records: readonly Record[]): Told {
  return { resource, observedAt: "2026-03-02T00:00:00Z", batch: batchOf(records) };
}

const one = (id: string, value: number) => ({ id, values: [{ at: AT, value }] });

async function values(admin: Sql): Promise<unknown> {
  const rows = await admin<{ resource: string; external_id: string; value: number }[]>`
    select r.resource, r.external_id, s.value
    from raphael_private.raw_records r join raphael.samples s on s.user_key = r.user_key and s.record_id = r.id
    order by 1, 2`;
  return rows.map(({ resource, external_id, value }) => [resource, external_id, value]);
}

Deno.test("ingestTogether() makes one statement of what jobs tell of an account in one turn", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const [ring, watch] = [await addAccount(app, userId), await addAccount(app, userId)];
    const came = await app.begin((tx) =>
      Promise.all([
        ingestTogether(tx, writerOf(ring), told("sleep", one("a", 60), one("b", 61))),
        ingestTogether(tx, writerOf(watch), told("sleep", one("a", 70))),
        ingestTogether(tx, writerOf(ring), told("heartrate", one("a", 62))),
      ])
    );
    const [first, other, second] = came;
    assert.equal(first, second, "the very same answer");
    assert.deepEqual({ ...first }, { changed: 3, stored: 3, refused: 0 });
    assert.deepEqual({ ...other }, { changed: 1, stored: 1, refused: 0 });
    assert.deepEqual(await values(admin), [
      ["heartrate", "a", 62],
      ["sleep", "a", 60],
      ["sleep", "a", 70],
      ["sleep", "b", 61],
    ]);
    await assertRollup(admin);
  });
});

Deno.test("ingestTogether() leaves a record that comes again to a second statement", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const version = "2026-03-01T00:00:00Z";
    const came = await app.begin((tx) =>
      Promise.all([
        ingestTogether(tx, writerOf(account), told("sleep", { ...one("a", 60), version })),
        // A deletion knows no version: it goes by its time, and only against what is stored.
        ingestTogether(tx, writerOf(account), told("sleep", { id: "a", deleted: true })),
      ])
    );
    assert.deepEqual(came.map(({ changed, stored }) => [changed, stored]), [[1, 1], [1, 0]]);
    assert.deepEqual(await values(admin), []);
    await assertRollup(admin);
  });
});

Deno.test("ingestTogether() in a later turn, and of a closed account, stands by itself", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    await app.begin(async (tx) => {
      await ingestTogether(tx, writerOf(account), told("sleep", one("a", 60)));
      await ingestTogether(tx, writerOf(account), told("sleep", one("b", 61)));
    });
    assert.deepEqual(await values(admin), [["sleep", "a", 60], ["sleep", "b", 61]]);
    const old = { ...writerOf(account), generation: account.generation - 1 };
    await assert.rejects(
      app.begin((tx) => ingestTogether(tx, old, told("sleep", one("c", 62)))),
      raised("RH002"),
    );
  });
});

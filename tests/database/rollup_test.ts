import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { activateAccount, closeAccount } from "@shared/db/accounts.ts";
import { batchOf, store, type Told, type Value } from "../support/batches.ts";
import { withDatabase } from "../support/database.ts";
import { addAccount, addPerson, type TestAccount } from "../support/people.ts";
import { assertRollup } from "../support/rollup.ts";
import { random } from "../faults/support/plan.ts";

const HOUR = 3_600_000;
const METRICS = ["heart_rate", "steps", "sleep_duration"] as const;
const OFFSETS = [undefined, 0, 345, -720, 840];
const DEVICES = ["", "watch", "phone"];

/** A record of up to eight values within three days; some share an instant, some span midnight. */
function told(next: () => number, id: string): Told {
  const pick = <T>(from: readonly T[]) => from[Math.floor(next() * from.length)] as T;
  if (next() < 0.15) return { id, deleted: true };
  const values = Array.from({ length: Math.floor(next() * 8) }, (): Value => {
    const offsetMinutes = pick(OFFSETS);
    return {
      metric: pick(METRICS),
      at: new Date(Date.UTC(2026, 2, 1) + Math.floor(next() * 72) * HOUR).toISOString(),
      // Eighths add up exactly, in whatever order.
      value: 20 + Math.floor(next() * 800) / 8,
      durationSeconds: pick([0, 0, 900, 9 * 3_600]),
      ...(offsetMinutes === undefined ? {} : { offsetMinutes }),
      ...(next() < 0.1 ? { localDate: "2026-03-02" } : {}),
    };
  });
  return { id, values };
}

async function count(admin: Sql, table: string): Promise<number> {
  const [row] = await admin<[{ count: number }]>`select count(*)::int as count from ${
    admin(table)
  }`;
  return row.count;
}

Deno.test("raphael.daily is what its samples come to, after any order of batches", async () => {
  await withDatabase(async ({ app, admin }) => {
    const next = random(20_260_301);
    const accounts: TestAccount[] = [];
    for (let n = 0; n < 3; n++) accounts.push(await addAccount(app, await addPerson(admin)));
    for (let round = 0; round < 60; round++) {
      const account = accounts[round % accounts.length];
      assert.ok(account);
      // Ids of a few: most records are told of again and again, some twice in one batch.
      const batch = Array.from({ length: 6 }, () => told(next, String(Math.floor(next() * 20))));
      const device = DEVICES[Math.floor(next() * DEVICES.length)] ?? "";
      const observedAt = new Date(Date.UTC(2026, 3, 1) + Math.floor(next() * 60) * HOUR);
      await store(app, account, batchOf(batch, { device }), {
        observedAt: observedAt.toISOString(),
      });
      await assertRollup(admin);
    }
    assert.ok(await assertRollup(admin) > 10, "there was something to compare");
  });
});

Deno.test("raphael.daily stays through unlinking and relinking, and goes with its person", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const account = await addAccount(app, userId);
    const values = (value: number) => [{ at: "2026-03-01T12:00:00Z", value }];
    await store(app, account, batchOf([{ id: "a", values: values(60) }]));
    await closeAccount(app, account.id, { cause: "disconnected", revoke: false });
    assert.equal(await assertRollup(admin), 1);
    const generation = await activateAccount(app, account.id, {});
    const batch = batchOf([{ id: "a", values: values(61) }, { id: "b", values: values(63) }]);
    await store(app, { ...account, generation }, batch, { observedAt: "2026-03-05T00:00:00Z" });
    const [day] = await admin`select n, total, low, high, last from raphael.daily`;
    assert.deepEqual({ ...day }, { n: 2, total: 124, low: 61, high: 63, last: 63 });
    await assertRollup(admin);
    await admin`delete from auth.users where id = ${userId}`;
    assert.equal(await count(admin, "raphael.daily"), 0);
    assert.equal(await count(admin, "raphael.samples"), 0);
  });
});

Deno.test("raphael.daily loses a day with its last sample", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const both = ["2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z"].map((at) => ({ at, value: 60 }));
    await store(app, account, batchOf([{ id: "a", values: both }]));
    assert.equal(await assertRollup(admin), 2);
    const again = { observedAt: "2026-03-05T00:00:00Z" };
    await store(app, account, batchOf([{ id: "a", values: both.slice(1) }]), again);
    assert.equal(await assertRollup(admin), 1);
    const gone = batchOf([{ id: "a", deleted: true }]);
    await store(app, account, gone, { observedAt: "2026-03-06T00:00:00Z" });
    assert.equal(await assertRollup(admin), 0);
    assert.equal(await count(admin, "raphael.daily"), 0);
  });
});

Deno.test("a batch and the deletion of its person do not wait for each other in a circle", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const account = await addAccount(app, userId);
    const batch = batchOf([{ id: "a", values: [{ at: "2026-03-01T12:00:00Z", value: 60 }] }]);
    const { gone } = await app.begin(async (tx) => {
      await store(tx, account, batch);
      const gone = admin`delete from auth.users where id = ${userId}`.execute();
      await new Promise((resolve) => setTimeout(resolve, 100));
      await store(tx, account, batch, { resource: "another" });
      return { gone };
    });
    await gone;
    for (const table of ["raphael.samples", "raphael.daily", "raphael_private.raw_records"]) {
      assert.equal(await count(admin, table), 0, table);
    }
  });
});

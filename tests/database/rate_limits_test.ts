import assert from "node:assert/strict";
import type { Taken } from "@shared/core/budget.ts";
import { readAs } from "@shared/db/as_user.ts";
import type { Sql } from "@shared/db/client.ts";
import { takeSlot } from "@shared/db/rate_limits.ts";
import { withDatabase } from "../support/database.ts";
import { addPerson, atOnce, raised } from "../support/people.ts";
import { as, sleeping, withReaders } from "../support/readers.ts";

const take = (sql: Sql, key: string, limit: number) =>
  takeSlot(sql, { key, limit, windowSeconds: 900 });

Deno.test("take_slot() lets exactly as many through as the window allows, under parallel load", async () => {
  await withDatabase(async ({ app, admin }) => {
    const { values, errors } = await atOnce(200, () => take(app, "one", 50));
    assert.deepEqual(errors, []);
    assert.equal(values.filter(({ allowed }) => allowed).length, 50);
    const remaining = values.filter(({ allowed }) => allowed).map((slot) => slot.remaining);
    assert.deepEqual(remaining.sort((a, b) => a - b), Array.from({ length: 50 }, (_, n) => n));
    // One that waited for the row may have begun a moment before the window did.
    assert.ok(values.every(({ resetSeconds }) => resetSeconds > 850 && resetSeconds < 901));
    const [row] = await admin`select used from raphael_private.rate_limits`;
    assert.equal(row?.["used"], 51, "a flood is not counted any further");
    assert.equal((await take(app, "another", 50)).remaining, 49);
  });
});

Deno.test("take_slot() begins a new window when the old one is over", async () => {
  await withDatabase(async ({ app, admin }) => {
    await take(app, "one", 1);
    assert.equal((await take(app, "one", 1)).allowed, false);
    await admin`update raphael_private.rate_limits set window_start = now() - interval '900 seconds'`;
    const slot = await take(app, "one", 1);
    assert.deepEqual([slot.allowed, slot.remaining, Math.round(slot.resetSeconds)], [true, 0, 900]);
    assert.equal((await take(app, "one", 1)).allowed, false);
  });
});

Deno.test("readAs() takes from a budget on its way, and gives nothing where that is over", async () => {
  await withReaders(async ({ admin, db }) => {
    const told: Taken[] = [];
    const budget = {
      key: "one",
      limit: 2,
      windowSeconds: 900,
      told(taken: Taken) {
        told.push(taken);
        if (!taken.allowed) throw new Error("refused");
      },
    };
    const access = { ...as(await addPerson(admin)), action: "metrics.list", budget };
    const read = () =>
      readAs<readonly [readonly [{ role: string }]]>(
        db,
        access,
        (sql) => [sql`select current_user::text as role`],
      );
    for (let turn = 0; turn < 2; turn++) assert.equal((await read())[0][0].role, "authenticated");
    await assert.rejects(read(), /refused/);
    await assert.rejects(read(), /refused/);
    assert.deepEqual(told.map(({ allowed }) => allowed), [true, true, false, false]);
    assert.deepEqual(told.map(({ remaining }) => remaining), [1, 0, 0, 0]);

    // A read that fails counts as one that does not.
    const failing = readAs(db, { ...access, budget: { ...budget, key: "another" } }, (sql) => [
      sql`select 1 / ${0}::int`,
    ]);
    await assert.rejects(failing, raised("22012"));
    assert.equal(told.at(-1)?.remaining, 1);
  });
});

Deno.test("a budget is let go of before the read: a person's reads do not wait for each other", async () => {
  await withReaders(async ({ admin, app, db }) => {
    const budget = { key: "one", limit: 9, windowSeconds: 900, told() {} };
    const access = { ...as(await addPerson(admin)), action: "metrics.list", budget };
    const slow = readAs(db, access, (sql) => [sql`select pg_sleep(0.5)`]);
    while ((await sleeping(admin)).length === 0);
    assert.equal((await take(app, "one", 9)).remaining, 7);
    assert.equal((await sleeping(admin)).length, 1, "it still reads");
    await slow;
  });
});

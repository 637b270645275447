import assert from "node:assert/strict";
import { takeSlot } from "@shared/db/rate_limits.ts";
import { withDatabase } from "../support/database.ts";
import { atOnce } from "../support/people.ts";

Deno.test("take_slot() lets exactly as many through as the window allows, under parallel load", async () => {
  await withDatabase(async ({ app, admin }) => {
    const { values, errors } = await atOnce(200, () => takeSlot(app, "one", 50, 900));
    assert.deepEqual(errors, []);
    assert.equal(values.filter(({ allowed }) => allowed).length, 50);
    const remaining = values.filter(({ allowed }) => allowed).map((slot) => slot.remaining);
    assert.deepEqual(remaining.sort((a, b) => a - b), Array.from({ length: 50 }, (_, n) => n));
    // One that waited for the row may have begun a moment before the window did.
    assert.ok(values.every(({ resetSeconds }) => resetSeconds > 850 && resetSeconds < 901));
    const [row] = await admin`select used from raphael_private.rate_limits`;
    assert.equal(row?.["used"], 51, "a flood is not counted any further");
    assert.equal((await takeSlot(app, "another", 50, 900)).remaining, 49);
  });
});

Deno.test("take_slot() begins a new window when the old one is over", async () => {
  await withDatabase(async ({ app, admin }) => {
    await takeSlot(app, "one", 1, 900);
    assert.equal((await takeSlot(app, "one", 1, 900)).allowed, false);
    await admin`update raphael_private.rate_limits set window_start = now() - interval '900 seconds'`;
    const slot = await takeSlot(app, "one", 1, 900);
    assert.deepEqual([slot.allowed, slot.remaining, Math.round(slot.resetSeconds)], [true, 0, 900]);
    assert.equal((await takeSlot(app, "one", 1, 900)).allowed, false);
  });
});

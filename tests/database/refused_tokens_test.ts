import assert from "node:assert/strict";
import { storeTokens } from "@shared/db/accounts.ts";
import { doubtRefresh, rejectRefresh, releaseRefresh } from "@shared/db/tokens.ts";
import { withDatabase } from "../support/database.ts";
import {
  age,
  begin,
  commit,
  expire,
  fingerprint,
  linked,
  PATIENCE_SECONDS,
  reject,
  sealed,
} from "../support/refreshes.ts";

Deno.test("reject_refresh() of a first, certain try means revoked, and ends it", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const id = await linked(database);
    const { epoch } = await begin(app, id);
    assert.equal(await reject(app, id, epoch), "revoked");
    assert.equal((await begin(app, id)).verdict, "none");
    const [row] = await admin`select status, cause from raphael.provider_accounts where id = ${id}`;
    assert.deepEqual({ ...row }, { status: "error", cause: "revoked" }, "in the same transaction");
    await storeTokens(app, id, sealed(2));
    assert.equal((await begin(app, id, 2)).verdict, "go", "linking again brings it back to life");
    assert.equal(await reject(app, crypto.randomUUID(), 1), "gone");
  });
});

Deno.test("reject_refresh() of a superseded try means nothing", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    const first = await begin(app, id);
    await expire(database);
    const second = await begin(app, id);
    assert.equal(await reject(app, id, first.epoch), "stale");
    assert.equal((await begin(app, id)).verdict, "busy", "the second is still at it");
    assert.equal(await commit(app, id, second.epoch), "stored");
    assert.equal(second.epoch, first.epoch + 1);
  });
});

Deno.test("reject_refresh() after a doubt is uncertain while patience lasts, then a lost rotation", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    await doubtRefresh(app, id, (await begin(app, id)).epoch);
    const pauses: number[] = [];
    for (const seconds of [0, 4, 16, 59]) {
      await expire(database);
      const { verdict, epoch } = await begin(app, id);
      assert.equal(verdict, "go");
      await age(database, seconds);
      assert.equal(await reject(app, id, epoch), "uncertain");
      const paused = await begin(app, id);
      assert.equal(paused.verdict, "busy", "whoever asks, the pause is kept");
      pauses.push(Math.round(paused.waitSeconds * 2) / 2);
    }
    assert.deepEqual(pauses, [0.5, 4, 16, 30]);
    await expire(database);
    const { epoch } = await begin(app, id);
    await age(database, PATIENCE_SECONDS + 1);
    assert.equal(await reject(app, id, epoch), "lost_rotation");
    assert.equal((await begin(app, id)).verdict, "none");
  });
});

Deno.test("reject_refresh() without patience is a revocation: nothing could be lost", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    await doubtRefresh(app, id, (await begin(app, id)).epoch);
    await expire(database);
    const { epoch } = await begin(app, id);
    const verdict = await rejectRefresh(app, id, { consumed: fingerprint(1), epoch }, 0);
    assert.equal(verdict, "revoked");
  });
});

Deno.test("begin_refresh() that takes over starts the patience anew", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    await doubtRefresh(app, id, (await begin(app, id)).epoch);
    await age(database, 3_600);
    await expire(database);
    await begin(app, id);
    await expire(database);
    const { epoch } = await begin(app, id);
    assert.equal(
      await reject(app, id, epoch),
      "uncertain",
      "its first holder may yet bring an answer",
    );
  });
});

Deno.test("release_refresh() leaves the token as it was, and alone for so long", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    await releaseRefresh(app, id, (await begin(app, id)).epoch, 20);
    const paused = await begin(app, id);
    assert.equal(paused.verdict, "busy");
    assert.ok(paused.waitSeconds > 15 && paused.waitSeconds <= 20);
    await expire(database);
    assert.equal(
      await reject(app, id, (await begin(app, id)).epoch),
      "revoked",
      "nothing in doubt",
    );
  });
});

Deno.test("release_refresh() during a doubt neither ends it nor makes it older", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    await doubtRefresh(app, id, (await begin(app, id)).epoch);
    for (let n = 0; n < 10; n++) {
      await expire(database);
      await releaseRefresh(app, id, (await begin(app, id)).epoch, 0);
    }
    await expire(database);
    assert.equal(await reject(app, id, (await begin(app, id)).epoch), "uncertain");
    const late = await linked(database);
    const { epoch } = await begin(app, late);
    await commit(app, late, epoch);
    await doubtRefresh(app, late, epoch);
    await releaseRefresh(app, late, epoch, 0);
    const next = await begin(app, late, 2);
    assert.equal(await reject(app, late, next.epoch, 2), "revoked", "nothing is in doubt");
  });
});

import assert from "node:assert/strict";
import type { Sql } from "@shared/db/client.ts";
import {
  closeAccount,
  loadAccount,
  reserveAccount,
  type SealedTokens,
  storeTokens,
} from "@shared/db/accounts.ts";
import {
  beginRefresh,
  commitRefresh,
  doubtRefresh,
  dueRefreshes,
  rejectRefresh,
  releaseRefresh,
} from "@shared/db/tokens.ts";
import { sha256 } from "@shared/core/crypto.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, atOnce } from "../support/people.ts";

const PATIENCE_SECONDS = 60;
const fingerprint = (version: number) => sha256(`refresh-${version}`);

function sealed(version: number, expiresIn = 3_600): SealedTokens {
  return {
    tokenVersion: version,
    accessCt: `access-${version}`,
    refreshCt: `refresh-${version}`,
    fingerprint: fingerprint(version),
    expiresAt: new Date(Date.now() + expiresIn * 1_000),
  };
}

/** An account whose tokens have version 1. */
async function linked({ app, admin }: TestDatabase, tokens = sealed(1)): Promise<string> {
  const { id } = await addAccount(app, await addPerson(admin));
  await storeTokens(app, id, tokens);
  return id;
}

const begin = (sql: Sql, id: string, seen = 1) => beginRefresh(sql, id, seen, 60);
const reject = (sql: Sql, id: string, epoch: number, version = 1) =>
  rejectRefresh(sql, id, { consumed: fingerprint(version), epoch }, PATIENCE_SECONDS);
const commit = (sql: Sql, id: string, epoch: number, from = 1, to = sealed(from + 1)) =>
  commitRefresh(sql, id, { consumed: fingerprint(from), epoch }, to);

/** As if the lease's time, or the pause's, were over. */
async function expire({ admin }: TestDatabase): Promise<void> {
  await admin`
    update raphael_private.account_tokens set refresh_not_before = now() - interval '1 second'
    where refresh_not_before is not null`;
}

/** As if a doubt were so old. */
async function age({ admin }: TestDatabase, seconds: number): Promise<void> {
  await admin`
    update raphael_private.account_tokens
    set in_doubt_since = now() - make_interval(secs => ${seconds}) where in_doubt_since is not null`;
}

Deno.test("begin_refresh() lets one of 20 workers go", async () => {
  await withDatabase(async (database) => {
    const id = await linked(database);
    const { values } = await atOnce(20, () => begin(database.app, id));
    const verdicts = values.map(({ verdict }) => verdict);
    assert.equal(verdicts.filter((verdict) => verdict === "go").length, 1);
    assert.equal(verdicts.filter((verdict) => verdict === "busy").length, 19);
  });
});

Deno.test("begin_refresh() says fresh to whoever has seen an older token, none where there is none", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database, sealed(2));
    assert.equal((await begin(app, id, 1)).verdict, "fresh");
    assert.equal((await begin(app, id, 2)).verdict, "go");
    const bare = await linked(database, { ...sealed(1), refreshCt: null, fingerprint: null });
    assert.equal((await begin(app, bare)).verdict, "none");
    assert.equal((await begin(app, crypto.randomUUID())).verdict, "none");
  });
});

Deno.test("commit_refresh() stores once, against the very token that was consumed", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    const { epoch } = await begin(app, id);
    assert.equal(await commit(app, id, epoch, 9, sealed(2)), "superseded");
    assert.equal(await commit(app, id, epoch, 1, sealed(3)), "superseded", "sealed for another");
    const { values } = await atOnce(5, () => commit(app, id, epoch));
    assert.deepEqual(values.toSorted(), ["stored", ...Array(4).fill("superseded")]);
    const account = await loadAccount(app, id);
    assert.deepEqual([account?.tokenVersion, account?.refreshCt], [2, "refresh-2"]);
    assert.equal((await begin(app, id, 2)).verdict, "go", "and it is idle again");
    assert.equal(await commit(app, crypto.randomUUID(), 1), "gone");
  });
});

Deno.test("commit_refresh() takes an answer that comes after its lease was taken over", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    const first = await begin(app, id);
    await expire(database);
    const second = await begin(app, id);
    assert.equal(second.verdict, "go", "its worker may be dead: the same token is tried again");
    assert.equal(await commit(app, id, first.epoch), "late");
    assert.equal(await reject(app, id, second.epoch), "fresh", "the refusal is about the old one");
    assert.equal((await loadAccount(app, id))?.tokenVersion, 2);
  });
});

Deno.test("commit_refresh() of two answers to one token keeps the later request's", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    const first = await begin(app, id);
    await expire(database);
    const second = await begin(app, id);
    assert.equal(await commit(app, id, first.epoch), "late");
    const other = { ...sealed(3), refreshCt: "refresh-other", fingerprint: fingerprint(33) };
    const again = { ...other, tokenVersion: 2 };
    assert.equal(await commit(app, id, second.epoch, 1, again), "sibling");
    assert.equal(await commit(app, id, second.epoch, 1, other), "stored");
    assert.equal(
      await commit(app, id, first.epoch, 1, sealed(4)),
      "superseded",
      "not the other way",
    );
    assert.equal((await loadAccount(app, id))?.refreshCt, "refresh-other");
  });
});

Deno.test("commit_refresh() opens an account again that was given up too early", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    const first = await begin(app, id);
    await expire(database);
    const second = await begin(app, id);
    await age(database, PATIENCE_SECONDS + 1);
    assert.equal(await reject(app, id, second.epoch), "lost_rotation");
    assert.equal((await loadAccount(app, id))?.status, "error");
    assert.equal(await commit(app, id, first.epoch), "late");
    assert.equal((await loadAccount(app, id))?.status, "active");
    assert.equal((await begin(app, id, 2)).verdict, "go");
  });
});

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

Deno.test("a token version is used once, also by whoever links again", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const identity = { userId, provider: "oura", region: "", externalUserId: "same" };
    const first = await reserveAccount(app, identity);
    assert.equal(first.tokenVersion, 1);
    await storeTokens(app, first.id, sealed(first.tokenVersion));
    const { epoch } = await begin(app, first.id);
    await commit(app, first.id, epoch);
    assert.equal((await reserveAccount(app, identity)).tokenVersion, 3);
    // A refresh that runs while the account is closed has sealed its answer for version 3.
    await closeAccount(app, first.id, { cause: "disconnected", revoke: true });
    assert.deepEqual(await reserveAccount(app, identity), { id: first.id, tokenVersion: 4 });
  });
});

Deno.test("due_refreshes() names active accounts whose token ends soon and can be refreshed", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const due = await linked(database, sealed(1, 600));
    await linked(database, sealed(1, 7_200));
    await linked(database, { ...sealed(1, 600), refreshCt: null, fingerprint: null });
    const dead = await linked(database, sealed(1, 600));
    await reject(app, dead, (await begin(app, dead)).epoch);
    const failed = await linked(database, sealed(1, 600));
    await database
      .admin`update raphael.provider_accounts set status = 'error' where id = ${failed}`;
    const [one, ...rest] = await dueRefreshes(app, 3_600);
    assert.equal(rest.length, 0);
    assert.equal(one?.accountId, due);
    assert.ok(Math.abs((one.expiresIn ?? 0) - 600) < 30);
  });
});

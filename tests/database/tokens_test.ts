import assert from "node:assert/strict";
import { closeAccount, loadAccount, reserveAccount, storeTokens } from "@shared/db/accounts.ts";
import { dueRefreshes } from "@shared/db/tokens.ts";
import { withDatabase } from "../support/database.ts";
import { addPerson, atOnce } from "../support/people.ts";
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

Deno.test("commit_refresh() stores nothing late where the consumed token lives on", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    const first = await begin(app, id);
    await expire(database);
    const second = await begin(app, id);
    assert.equal(await commit(app, id, first.epoch, 1, sealed(2), false), "stale");
    assert.equal((await loadAccount(app, id))?.tokenVersion, 1);
    assert.equal(await commit(app, id, second.epoch, 1, sealed(2), false), "stored");
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

import assert from "node:assert/strict";
import {
  activateAccount,
  closeAccount,
  failAccount,
  findAccounts,
  listAccounts,
  loadAccount,
  renameAccount,
  reserveAccount,
  setScopes,
  storeTokens,
} from "@shared/db/accounts.ts";
import { enqueue } from "@shared/db/jobs.ts";
import { readRevocation, schedulePolls, settleRevocation, takeDuePolls } from "@shared/db/sync.ts";
import { sha256 } from "@shared/core/crypto.ts";
import { withDatabase } from "../support/database.ts";
import { addAccount, addPerson, atOnce, plain, raised } from "../support/people.ts";
import { batchOf, store } from "../support/batches.ts";

const EXTERNAL = "external-1";
const CLOSE = { cause: "disconnected", revoke: true };
const SAMPLE = batchOf([{ id: "r", values: [{ at: "2026-02-01T00:00:00Z", value: 60 }] }]);

const identity = (userId: string) =>
  ({ userId, provider: "oura", region: "", externalUserId: EXTERNAL }) as const;

const tokens = (version: number) => ({
  tokenVersion: version,
  accessCt: `access-${version}`,
  refreshCt: `refresh-${version}`,
  fingerprint: sha256(`refresh-${version}`),
  expiresAt: new Date(Date.now() + 3_600_000),
});

Deno.test("reserve_account() gives an identity to one person: RH004 for any other, until it is free", async () => {
  await withDatabase(async ({ app, admin }) => {
    const people = await Promise.all(Array.from({ length: 8 }, () => addPerson(admin)));
    const { values, errors } = await atOnce(8, async (n) => {
      const userId = people[n] ?? "";
      return { ...await reserveAccount(app, identity(userId)), userId };
    });
    assert.equal(values.length, 1);
    assert.equal(errors.length, 7);
    assert.ok(errors.every(raised("RH004")));
    const [owner] = values;
    const other = people.find((id) => id !== owner?.userId) ?? "";
    assert.ok(owner);
    assert.equal(
      (await reserveAccount(app, identity(owner.userId))).id,
      owner.id,
      "again, the same",
    );
    const region = await reserveAccount(app, { ...identity(other), region: "eu" });
    assert.notEqual(region.id, owner.id);
    await closeAccount(app, owner.id, CLOSE);
    const freed = await reserveAccount(app, identity(other));
    assert.notEqual(freed.id, owner.id);
  });
});

Deno.test("activate_account() opens a new generation and shuts the writers of older ones out", async () => {
  await withDatabase(async ({ app, admin }) => {
    const old = await addAccount(app, await addPerson(admin));
    const generation = await activateAccount(app, old.id, { scopes: ["daily"], uiId: "ring" });
    assert.equal(generation, old.generation + 1);
    await assert.rejects(store(app, old, SAMPLE), raised("RH002"));
    assert.equal(await failAccount(app, old, "revoked"), false, "nor may they fail it");
    await store(app, { ...old, generation }, SAMPLE);
    const [listed] = await listAccounts(app, old.userId);
    assert.equal(listed?.status, "active");
    assert.equal(listed.uiId, "ring");
    assert.equal(await failAccount(app, { ...old, generation }, "revoked"), true);
    const failed = await loadAccount(app, old.id);
    assert.deepEqual([failed?.status, failed?.scopes], ["error", ["daily"]]);
    await assert.rejects(store(app, { ...old, generation }, SAMPLE), raised("RH002"));
  });
});

Deno.test("close_account() takes tokens, waiting jobs and polls at once, and leaves the grant in the outbox", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin), { externalUserId: EXTERNAL });
    await storeTokens(app, account.id, tokens(1));
    const payload = { accountId: account.id };
    await enqueue(app, [{ kind: "token.refresh", payload, accountId: account.id }]);
    await schedulePolls(app, account.id, [{ resource: "sleep", delaySeconds: 0 }]);
    const revocationId = await closeAccount(app, account.id, CLOSE);
    for (const table of ["account_tokens", "sync_jobs", "sync_state"]) {
      assert.equal(
        (await admin`select from ${admin(`raphael_private.${table}`)}`).length,
        0,
        table,
      );
    }
    const grant = await readRevocation(app, revocationId ?? "");
    assert.deepEqual([grant?.accountId, grant?.tokenVersion, grant?.accessCt, grant?.refreshCt], [
      account.id,
      1,
      "access-1",
      "refresh-1",
    ]);
    assert.equal(await closeAccount(app, account.id, CLOSE), null, "once");
    await settleRevocation(app, revocationId ?? "");
    assert.equal(await readRevocation(app, revocationId ?? ""), undefined);
    assert.equal((await findAccounts(app, "oura", EXTERNAL)).length, 0);
    const [closed] = await listAccounts(app, account.userId);
    assert.deepEqual([closed?.status, closed?.cause], ["disconnected", "disconnected"]);
  });
});

Deno.test("close_account() waits for a writer under way, and shuts out the one after", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    let closed = false;
    const { promise: written, resolve } = Promise.withResolvers<void>();
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const writer = app.begin(async (tx) => {
      await store(tx, account, SAMPLE);
      resolve();
      await mayCommit;
    });
    await written;
    const closing = closeAccount(app, account.id, CLOSE).then(() => closed = true);
    await new Promise((done) => setTimeout(done, 150));
    assert.equal(closed, false);
    commit();
    await Promise.all([writer, closing]);
    assert.equal((await admin`select from raphael.samples`).length, 1);
    await assert.rejects(store(app, account, SAMPLE), raised("RH002"));
  });
});

Deno.test("rename_account() moves a person to their new id, unless somebody has it", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const { id } = await addAccount(app, userId, { externalUserId: "old" });
    await addAccount(app, userId, { externalUserId: "taken" });
    const rename = (externalUserId: string) =>
      renameAccount(app, { provider: "oura", previous: "old", externalUserId });
    assert.equal(await rename("taken"), false);
    assert.equal(await rename("new"), true);
    assert.equal(await rename("new"), false, "nobody has the old id any more");
    assert.deepEqual(plain(await findAccounts(app, "oura", "new")).map((one) => one.id), [id]);
    await setScopes(app, id, ["daily", "heartrate"]);
    assert.deepEqual((await loadAccount(app, id))?.scopes, ["daily", "heartrate"]);
  });
});

Deno.test("take_due_polls() gives each due account once, and plans its next poll", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const due = await addAccount(app, userId);
    const closed = await addAccount(app, userId);
    const later = await addAccount(app, userId);
    for (const [{ id }, delaySeconds] of [[due, 0], [closed, 0], [later, 600]] as const) {
      await schedulePolls(app, id, [{ resource: "sleep", delaySeconds }]);
    }
    await failAccount(app, closed, "revoked");
    const take = () =>
      takeDuePolls(app, { provider: "oura", resource: "sleep", everySeconds: 3_600, limit: 10 });
    const { values } = await atOnce(8, take);
    assert.deepEqual(values.flat().map(({ accountId }) => accountId), [due.id]);
    const [row] = await admin<[{ seconds: number }]>`
      select extract(epoch from next_poll_at - now())::float8 as seconds
      from raphael_private.sync_state where account_id = ${due.id}`;
    assert.ok(row.seconds > 3_400 && row.seconds < 3_800);
  });
});

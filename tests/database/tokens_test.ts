import assert from "node:assert/strict";
import type { Sql } from "@shared/db/client.ts";
import { loadAccount, type SealedTokens, storeTokens } from "@shared/db/accounts.ts";
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

const MAX_ROUNDS = 4;
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
  rejectRefresh(sql, id, { consumed: fingerprint(version), epoch, maxRounds: MAX_ROUNDS });

async function expire(database: TestDatabase): Promise<void> {
  await database.admin`
    update raphael_private.account_tokens set refresh_lease_until = now() - interval '1 second'
    where refresh_lease_until is not null`;
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
    await begin(app, id);
    assert.equal(await commitRefresh(app, id, fingerprint(9), sealed(2)), false);
    assert.equal(
      await commitRefresh(app, id, fingerprint(1), sealed(3)),
      false,
      "sealed for another",
    );
    const { values } = await atOnce(5, () => commitRefresh(app, id, fingerprint(1), sealed(2)));
    assert.equal(values.filter(Boolean).length, 1);
    const account = await loadAccount(app, id);
    assert.deepEqual([account?.tokenVersion, account?.refreshCt], [2, "refresh-2"]);
    assert.equal((await begin(app, id, 2)).verdict, "go", "and it is idle again");
  });
});

Deno.test("commit_refresh() takes an answer that comes after its lease was taken over", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    await begin(app, id);
    await expire(database);
    const second = await begin(app, id);
    assert.equal(second.verdict, "go", "its worker may be dead: the same token is tried again");
    assert.equal(await commitRefresh(app, id, fingerprint(1), sealed(2)), true);
    assert.equal(await reject(app, id, second.epoch), "fresh", "the refusal is about the old one");
    assert.equal((await loadAccount(app, id))?.tokenVersion, 2);
  });
});

Deno.test("reject_refresh() of a first, certain try means revoked, and ends it", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    const { epoch } = await begin(app, id);
    assert.equal(await reject(app, id, epoch), "revoked");
    assert.equal((await begin(app, id)).verdict, "none");
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
    assert.equal(await commitRefresh(app, id, fingerprint(1), sealed(2)), true);
    assert.equal(second.epoch, first.epoch + 1);
  });
});

Deno.test("reject_refresh() after a doubt is uncertain for a few rounds, then a lost rotation", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    await doubtRefresh(app, id, (await begin(app, id)).epoch);
    const verdicts: string[] = [];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { verdict, epoch } = await begin(app, id);
      assert.equal(verdict, "go");
      verdicts.push(await reject(app, id, epoch));
    }
    assert.deepEqual(verdicts, ["uncertain", "uncertain", "uncertain", "lost_rotation"]);
    assert.equal((await begin(app, id)).verdict, "none");
  });
});

Deno.test("release_refresh() leaves the token as it was: a refusal after a 429 is a certain one", async () => {
  await withDatabase(async (database) => {
    const { app } = database;
    const id = await linked(database);
    await releaseRefresh(app, id, (await begin(app, id)).epoch);
    assert.equal(await reject(app, id, (await begin(app, id)).epoch), "revoked");
    const late = await linked(database);
    const { epoch } = await begin(app, late);
    await commitRefresh(app, late, fingerprint(1), sealed(2));
    await doubtRefresh(app, late, epoch);
    await releaseRefresh(app, late, epoch);
    const next = await begin(app, late, 2);
    assert.equal(await reject(app, late, next.epoch, 2), "revoked", "nothing is in doubt");
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

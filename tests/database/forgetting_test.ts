/** What is forgotten: by the clock, and with the person. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { randomToken, sha256 } from "@shared/core/crypto.ts";
import { closeAccount, reserveAccount, storeTokens } from "@shared/db/accounts.ts";
import { bury, enqueue } from "@shared/db/jobs.ts";
import { takeSlot } from "@shared/db/rate_limits.ts";
import { beginConnection } from "@shared/db/states.ts";
import { schedulePolls } from "@shared/db/sync.ts";
import { recordWebhooks } from "@shared/db/webhooks.ts";
import { withDatabase } from "../support/database.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { batchOf, sessionOf, store } from "../support/batches.ts";
import { claimed } from "../support/queue.ts";

const prune = async (app: Sql) => {
  await app`select raphael_private.prune()`;
};

const count = async (admin: Sql, table: string) =>
  (await admin`select from ${admin(table)}`).length;

async function begin(app: Sql, userId: string): Promise<void> {
  await beginConnection(app, {
    stateHash: sha256(randomToken()),
    id: crypto.randomUUID(),
    userId,
    provider: "oura",
    region: "",
    redirectUri: "https://project.example.com/callback",
    returnTo: "https://app.example.com/",
    uiId: null,
    verifierCt: null,
  });
}

async function linked(app: Sql, userId: string) {
  const account = await addAccount(app, userId);
  await storeTokens(app, account.id, {
    tokenVersion: 1,
    accessCt: "sealed",
    refreshCt: "sealed",
    fingerprint: sha256("refresh"),
    expiresAt: null,
  });
  return account;
}

Deno.test("prune() forgets what has served its time, and nothing earlier", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const headers = {};
    const body = new Uint8Array();
    const oura = { provider: "oura", contentType: "application/json", headers, body };
    for (const dedupKey of ["old", "young"]) {
      await begin(app, userId);
      await recordWebhooks(app, [{ ...oura, dedupKey }]);
      await bury(app, await claimed(app, dedupKey), "test", "test");
      await closeAccount(app, (await linked(app, userId)).id, { cause: "test", revoke: true });
      await takeSlot(app, { key: dedupKey, limit: 1, windowSeconds: 900 });
    }
    const lifetimes = [
      ["raphael_private.oauth_states", "created_at", "1 hour"],
      ["raphael_private.webhook_events", "received_at", "30 days"],
      ["raphael_private.dead_jobs", "died_at", "90 days"],
      ["raphael_private.revocations", "created_at", "30 days"],
      ["raphael_private.rate_limits", "window_start", "1 day"],
    ] as const;
    for (const [table, column, age] of lifetimes) {
      const [from, when] = [admin(table), admin(column)];
      await admin`update ${from} set ${when} = now() - ${age}::interval + interval '1 minute'`;
    }
    await prune(app);
    for (const [table] of lifetimes) assert.equal(await count(admin, table), 2, table);
    for (const [table, column, age] of lifetimes) {
      const [from, when] = [admin(table), admin(column)];
      await admin`
        update ${from} set ${when} = now() - ${age}::interval - interval '1 minute'
        where ctid = (select ctid from ${from} limit 1)`;
    }
    await prune(app);
    for (const [table] of lifetimes) assert.equal(await count(admin, table), 1, table);
  });
});

Deno.test("prune() keeps things as long as raphael_private.retention says, for ever where it says nothing", async () => {
  await withDatabase(async ({ app, admin }) => {
    const rows = await admin`
      select what, keep::text as keep from raphael_private.retention order by what`;
    assert.deepEqual(rows.map(({ what, keep }) => `${what} ${keep}`), [
      "dead_jobs 90 days",
      "oauth_states 01:00:00",
      "pending_accounts 01:00:00",
      "rate_limits 1 day",
      "revocations 30 days",
      "webhook_events 30 days",
    ]);
    for (const name of ["a", "b"]) await bury(app, await claimed(app, name), "test", "test");
    await admin`
      update raphael_private.dead_jobs set died_at = now() - interval '100 days' where id = (
        select min(id) from raphael_private.dead_jobs)`;
    await admin`delete from raphael_private.retention where what = 'dead_jobs'`;
    await prune(app);
    assert.equal(await count(admin, "raphael_private.dead_jobs"), 2);
    await admin`insert into raphael_private.retention values ('dead_jobs', '99 days', 'test')`;
    await prune(app);
    assert.equal(await count(admin, "raphael_private.dead_jobs"), 1);
  });
});

Deno.test("prune() takes links that nobody confirmed, and no account that was ever open", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const pending = { userId, provider: "terra", region: "" };
    const old = await reserveAccount(app, { ...pending, externalUserId: "old" });
    const open = await addAccount(app, userId);
    const closed = await addAccount(app, userId);
    await closeAccount(app, closed.id, { cause: "disconnected", revoke: false });
    await admin`update raphael.provider_accounts set updated_at = now() - interval '61 minutes'`;
    const young = await reserveAccount(app, { ...pending, externalUserId: "young" });
    await prune(app);
    const rows = await admin<{ id: string }[]>`select id from raphael.provider_accounts`;
    const left = rows.map(({ id }) => id).sort();
    assert.deepEqual(left, [open.id, closed.id, young.id].sort());
    assert.ok(!left.includes(old.id));
  });
});

Deno.test("deleting a user of the project takes everything of theirs, and nothing of others", async () => {
  await withDatabase(async ({ app, admin }) => {
    const [alice, bob] = [await addPerson(admin), await addPerson(admin)];
    for (const userId of [alice, bob]) {
      const account = await linked(app, userId);
      await begin(app, userId);
      await schedulePolls(app, account.id, [{ resource: "sleep", delaySeconds: 60 }]);
      await enqueue(app, [{
        kind: "token.refresh",
        payload: { accountId: account.id },
        accountId: account.id,
      }]);
      const batch = batchOf([{ id: "r", values: [{ at: "2026-02-01T00:00:00Z", value: 60 }] }]);
      const session = sessionOf({ kind: "workout", session_id: "run", local_date: "2026-02-01" });
      await store(app, account, { ...batch, sessions: [session] });
    }
    const tables = [
      "raphael.people",
      "raphael.provider_accounts",
      "raphael.sources",
      "raphael.samples",
      "raphael.daily",
      "raphael.sessions",
      "raphael_private.account_tokens",
      "raphael_private.oauth_states",
      "raphael_private.raw_records",
      "raphael_private.sync_state",
    ];
    for (const table of tables) assert.equal(await count(admin, table), 2, table);
    await admin`delete from auth.users where id = ${alice}`;
    for (const table of tables) assert.equal(await count(admin, table), 1, table);
    // A job of an account that is gone finds it closed and ends; it holds no more than the account's id.
    const [job] = await admin`select payload from raphael_private.sync_jobs order by id limit 1`;
    assert.deepEqual(Object.keys(job?.["payload"]), ["accountId"]);
  });
});

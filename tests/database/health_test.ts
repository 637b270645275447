/** What is watched, and that an alert is told once. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { closeAccount, failAccount, storeTokens } from "@shared/db/accounts.ts";
import { type Condition, measureClockSkew, readHealth, takeAlerts } from "@shared/db/health.ts";
import { bury, enqueue } from "@shared/db/jobs.ts";
import { sha256 } from "@shared/core/crypto.ts";
import { Secret } from "@shared/core/secret.ts";
import type { Sql as AnySql } from "@shared/db/client.ts";
import { createListener } from "@shared/db/listen.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, atOnce, raised } from "../support/people.ts";
import { claimed, claimSome, job } from "../support/queue.ts";

async function watched(app: AnySql, name: string, skew: number | null = null) {
  return (await readHealth(app, skew)).filter((one) => one.name === name);
}

async function firing(app: AnySql): Promise<string[]> {
  return (await readHealth(app, null)).filter((one) => one.isFiring)
    .map(({ name, subject }) => `${name}: ${subject}`);
}

const told = (alerts: readonly Condition[]) =>
  alerts.map(({ name, subject, isFiring }) => `${isFiring ? "" : "over "}${name}: ${subject}`);

/** As if all of `table` had happened so much earlier. */
async function age(admin: Sql, table: string, column: string, by: string): Promise<void> {
  const [from, when] = [admin(`raphael_private.${table}`), admin(column)];
  await admin`update ${from} set ${when} = ${when} - ${by}::interval`;
}

async function die({ app }: TestDatabase, name = "a") {
  await bury(app, await claimed(app, name), "contract", "Cannot read: test-leak");
}

Deno.test("health() of a quiet database fires nothing", async () => {
  await withDatabase(async ({ app }) => {
    assert.deepEqual(await firing(app), []);
    const names = (await readHealth(app, 0)).map(({ name }) => name);
    assert.deepEqual(names, ["clock_skew", "expired_leases", "refresh_lost_rate"]);
  });
});

Deno.test("health() shows jobs that died within a day and wait for an operator", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    await die(database, "a");
    await die(database, "b");
    assert.deepEqual(await watched(app, "dead_jobs"), [{
      name: "dead_jobs",
      subject: "webhook.subscribe contract",
      value: 2,
      threshold: 0,
      isFiring: true,
    }]);
    assert.ok(!JSON.stringify(await readHealth(app, null)).includes("test-leak"));
    await admin`select raphael_private.redrive_jobs(p_provider => 'a')`;
    assert.equal((await watched(app, "dead_jobs"))[0]?.value, 1);
    await age(admin, "dead_jobs", "died_at", "25 hours");
    assert.deepEqual(await watched(app, "dead_jobs"), []);
  });
});

Deno.test("health() measures the longest waiting news and history of each queue, and nothing that may not run", async () => {
  await withDatabase(async ({ app, admin }) => {
    await enqueue(app, [
      job("running"),
      job("news"),
      job("urgent", { priority: 50 }),
      job("history", { priority: 500 }),
      job("later", { delaySeconds: 3_600 }),
    ]);
    const running = await claimSome(app, { limit: 1 });
    await age(admin, "sync_jobs", "run_at", "601 seconds");
    await admin`
      update raphael_private.sync_jobs set run_at = now() - interval '5 hours'
      where id = ${running[0]?.id ?? ""} or payload ->> 'provider' = 'history'`;
    await admin`
      update raphael_private.sync_jobs set run_at = now() - interval '650 seconds'
      where payload ->> 'provider' = 'news'`;
    const [news] = await watched(app, "queue_lag");
    assert.equal(news?.subject, "health-sync");
    assert.ok(news.isFiring && news.value && Math.abs(news.value - 650) < 30, `${news.value}`);
    const [history] = await watched(app, "history_lag");
    assert.ok(history && !history.isFiring && Math.abs((history.value ?? 0) - 18_000) < 30);
    assert.deepEqual(await firing(app), ["queue_lag: health-sync"]);
  });
});

Deno.test("health() counts jobs that a dead worker holds and nobody takes up", async () => {
  await withDatabase(async ({ app, admin }) => {
    await claimed(app, "a");
    await age(admin, "sync_jobs", "leased_until", "179 seconds");
    assert.deepEqual(await firing(app), []);
    await age(admin, "sync_jobs", "leased_until", "2 seconds");
    assert.deepEqual(await firing(app), ["expired_leases: all"]);
  });
});

Deno.test("health() fires where more than one rotation in 10,000 was lost", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const [lost, sound] = [await addAccount(app, userId), await addAccount(app, userId)];
    for (const { id } of [lost, sound]) {
      await storeTokens(app, id, {
        tokenVersion: 1,
        accessCt: "sealed",
        refreshCt: "sealed",
        fingerprint: sha256(id),
        expiresAt: null,
      });
    }
    await failAccount(app, lost, "lost_rotation");
    assert.deepEqual(await firing(app), ["refresh_lost_rate: all"]);
    await admin`
      update raphael_private.account_tokens set token_version = 10000 where account_id = ${sound.id}`;
    assert.deepEqual(await firing(app), []);
  });
});

Deno.test("health() shows a provider that fails again and again, and one that accepts no revocation", async () => {
  await withDatabase(async ({ app, admin }) => {
    await admin`
      insert into raphael_private.provider_gates (provider, breaker, openings)
      values ('oura', 'open', 3), ('dexcom', 'open', 2), ('terra', 'closed', 9)`;
    const { id } = await addAccount(app, await addPerson(admin));
    await closeAccount(app, id, { cause: "test", revoke: true });
    await age(admin, "revocations", "created_at", "49 hours");
    assert.deepEqual(await firing(app), ["breaker_openings: oura", "revocation_age: oura"]);
  });
});

Deno.test("measureClockSkew() finds a clock that is off, and takes no slow answer for one", async () => {
  await withDatabase(async ({ app }) => {
    assert.ok(await measureClockSkew(app, () => new Date()) < 1);
    for (const off of [3_600_000, -3_600_000]) {
      const skew = await measureClockSkew(app, () => new Date(Date.now() + off));
      assert.ok(Math.abs(skew - 3_600) < 2, `${skew}`);
    }
    const asked = [new Date(Date.now() - 30_000), new Date()];
    const slow = await measureClockSkew(app, () => asked.shift() ?? new Date());
    assert.ok(slow < 1, `${slow}`);
    assert.equal((await watched(app, "clock_skew", 1.9))[0]?.isFiring, false);
    assert.equal((await watched(app, "clock_skew", 2.1))[0]?.isFiring, true);
  });
});

Deno.test("take_alerts() tells one of many workers, once, and again only after it was over", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    await die(database);
    const { values, errors } = await atOnce(8, () => takeAlerts(app, null));
    assert.deepEqual(errors, []);
    assert.deepEqual(told(values.flat()), ["dead_jobs: webhook.subscribe contract"]);
    assert.deepEqual(told(await takeAlerts(app, null)), []);

    await admin`select raphael_private.discard_jobs(p_kind => 'webhook.subscribe')`;
    await age(admin, "alerts", "seen_at", "14 minutes");
    assert.deepEqual(told(await takeAlerts(app, null)), [], "not over yet: it may come back");
    await die(database);
    assert.deepEqual(told(await takeAlerts(app, null)), [], "it came back: the same alert");
    await admin`select raphael_private.discard_jobs(p_kind => 'webhook.subscribe')`;
    await age(admin, "alerts", "seen_at", "16 minutes");
    assert.deepEqual(told(await takeAlerts(app, null)), [
      "over dead_jobs: webhook.subscribe contract",
    ]);
    await die(database);
    assert.deepEqual(told(await takeAlerts(app, null)), ["dead_jobs: webhook.subscribe contract"]);
  });
});

Deno.test("take_alerts() tells although a worker is idle and waits for news of jobs", async () => {
  await withDatabase(async (database) => {
    await die(database);
    const listener = createListener(new Secret(database.appUrl));
    try {
      assert.equal(await listener.attend(), true);
      assert.deepEqual(told(await takeAlerts(database.app, null)), [
        "dead_jobs: webhook.subscribe contract",
      ]);
    } finally {
      await listener.close();
    }
  });
});

Deno.test("alert_thresholds are an operator's: another number, or silence", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    await die(database);
    await admin`update raphael_private.alert_thresholds set threshold = 1 where name = 'dead_jobs'`;
    assert.deepEqual(await firing(app), []);
    await admin`delete from raphael_private.alert_thresholds where name = 'dead_jobs'`;
    assert.deepEqual(await watched(app, "dead_jobs"), []);
    await assert.rejects(
      app`update raphael_private.alert_thresholds set threshold = 9`.then(),
      raised("42501"),
    );
  });
});

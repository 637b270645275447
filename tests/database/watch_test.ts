import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { bury } from "@shared/db/jobs.ts";
import { createWatch } from "@shared/jobs/watch.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { claimed } from "../support/queue.ts";

async function withDb<T>({ appUrl }: TestDatabase, use: (db: Database) => Promise<T>): Promise<T> {
  const db = connect({ url: new Secret(appUrl), max: 2, prepare: false });
  try {
    return await use(db);
  } finally {
    await db.close();
  }
}

Deno.test("createWatch() logs an alert once, its end once, and nothing that anybody could be known by", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    await bury(app, await claimed(app, "test-leak"), "contract", "Cannot read test-leak");
    await withDb(database, async (db) => {
      const lines: unknown[] = [];
      const log = (level: string, event: string, fields = {}) => {
        lines.push({ level, event, ...fields });
      };
      const deps = { db, log, now: () => new Date() };
      const [first, second] = [createWatch(deps, 0), createWatch(deps, 0)];
      for (const look of [first, second, first]) await look();
      const subject = "webhook.subscribe contract";
      assert.deepEqual(lines, [{
        level: "error",
        event: "alert",
        alert: "dead_jobs",
        subject,
        value: 1,
        threshold: 0,
      }]);
      await admin`delete from raphael_private.dead_jobs`;
      await admin`update raphael_private.alerts set seen_at = now() - interval '16 minutes'`;
      for (const look of [first, second]) await look();
      assert.deepEqual(lines.slice(1), [
        { level: "info", event: "alert_over", alert: "dead_jobs", subject },
      ]);
    });
  });
});

Deno.test("createWatch() tells of a clock that is off, and looks once a minute at most", async () => {
  await withDatabase(async (database) => {
    await withDb(database, async (db) => {
      const alerts: unknown[] = [];
      const log = (_: string, event: string, fields = {}) => alerts.push([event, fields]);
      const late = createWatch({ db, log, now: () => new Date(Date.now() - 10_000) });
      await late();
      await database.admin`delete from raphael_private.alerts`;
      await late();
      assert.equal(alerts.length, 1);
      assert.match(JSON.stringify(alerts), /^\[\["alert",{"alert":"clock_skew","subject":"worker"/);
    });
  });
});

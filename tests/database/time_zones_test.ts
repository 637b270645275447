import assert from "node:assert/strict";
import type { Sql } from "postgres";
import type { Job } from "@shared/jobs/handlers.ts";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { setAccountZone, setTimeZone } from "@shared/db/days.ts";
import { redate } from "@shared/sync/redate.ts";
import { batchOf, sessionOf, store } from "../support/batches.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, raised, type TestAccount } from "../support/people.ts";
import { assertRollup } from "../support/rollup.ts";

const HOUR = 3_600_000;

/** Readings each hour of ten days: every third with an offset of its own, every fifth with a named day. */
function hourly(count = 240) {
  return Array.from({ length: count }, (_, n) => ({
    at: new Date(Date.UTC(2026, 2, 5) + n * HOUR).toISOString(),
    value: 60 + n % 50,
    ...(n % 3 === 0 ? { offsetMinutes: 540 } : {}),
    ...(n % 5 === 0 ? { localDate: "2026-03-01" } : {}),
  }));
}

async function fill(app: Sql, account: TestAccount): Promise<void> {
  await store(app, account, batchOf([{ id: "hourly", values: hourly() }]));
  const nights = Array.from({ length: 9 }, (_, n) => ({
    metric: "sleep_duration",
    at: new Date(Date.UTC(2026, 2, 5 + n, 21)).toISOString(),
    durationSeconds: 8 * 3_600,
    value: 400 + n,
  }));
  await store(app, account, batchOf([{ id: "nights", values: nights }]));
}

/** Runs the job to its end, page by page; how many pages. */
async function run(database: TestDatabase, userId: string): Promise<number> {
  const db = connect({ url: new Secret(database.appUrl), max: 1, prepare: false });
  try {
    const handler = redate({ db, log: () => {} });
    const job = { payload: { userId }, attempt: 1, createdAt: new Date() };
    let cursor: string | undefined;
    for (let pages = 1;; pages++) {
      const signal = new AbortController().signal;
      const all: Job<"metrics.redate"> = {
        ...job,
        signal,
        ...(cursor === undefined ? {} : { cursor }),
      };
      const outcome = await handler(all);
      await db.transaction(async (tx) => await outcome.effect?.(tx));
      if (outcome.kind !== "continue") return pages;
      cursor = outcome.cursor;
    }
  } finally {
    await db.close();
  }
}

/** What the same readings would be, had the zone always been this one. */
async function asIfAlways(
  { app, admin }: TestDatabase,
  zones: { person?: string; account?: string },
): Promise<unknown> {
  const userId = await addPerson(admin);
  const account = await addAccount(app, userId);
  if (zones.person) await setTimeZone(app, userId, zones.person);
  if (zones.account) await setAccountZone(app, account.id, zones.account);
  await fill(app, account);
  return await everything(admin, userId);
}

async function everything(admin: Sql, userId: string): Promise<unknown> {
  const samples = await admin`
    select s.metric_id, s.start_at, s.value, s.local_date::text as day, s.day_origin, s.offset_minutes
    from raphael.samples s join raphael.people p using (user_key) where p.user_id = ${userId} order by 1, 2`;
  const days = await admin`
    select d.metric_id, d.local_date::text as day, n, total, low, high, last, first_at, last_at, hours
    from raphael.daily d join raphael.people p using (user_key) where p.user_id = ${userId} order by 1, 2`;
  return [samples, days].map((rows) => rows.map((row) => ({ ...row })));
}

Deno.test("metrics.redate gives a person's readings the days that another zone gives them", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const userId = await addPerson(admin);
    const account = await addAccount(app, userId);
    await fill(app, account);
    const other = await addPerson(admin);
    const bystander = await addAccount(app, other);
    await fill(app, bystander);
    const theirs = await everything(admin, other);
    const zones = ["America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu", null];
    for (const zone of zones) {
      assert.equal(await setTimeZone(app, userId, zone), true);
      assert.equal(await setTimeZone(app, userId, zone), false, "the same again is no change");
      await run(database, userId);
      const expected = await asIfAlways(database, zone === null ? {} : { person: zone });
      assert.deepEqual(await everything(admin, userId), expected, String(zone));
      await assertRollup(admin);
    }
    assert.deepEqual(await everything(admin, other), theirs);
  });
});

Deno.test("metrics.redate goes by the account's zone where the person chose none", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const userId = await addPerson(admin);
    const account = await addAccount(app, userId);
    assert.equal(await setAccountZone(app, account.id, "Asia/Tokyo"), false, "nothing to date yet");
    await fill(app, account);
    assert.equal(await setAccountZone(app, account.id, "Europe/Berlin"), true);
    assert.equal(await setAccountZone(app, account.id, "nonsense"), false);
    await run(database, userId);
    const berlin = await asIfAlways(database, { account: "Europe/Berlin" });
    assert.deepEqual(await everything(admin, userId), berlin);
    await setTimeZone(app, userId, "America/New_York");
    await run(database, userId);
    assert.deepEqual(
      await everything(admin, userId),
      await asIfAlways(database, { person: "America/New_York", account: "Europe/Berlin" }),
    );
  });
});

Deno.test("metrics.redate goes page by page, and dates sessions too", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const userId = await addPerson(admin);
    const account = await addAccount(app, userId);
    const values = Array.from({ length: 20_500 }, (_, n) => ({
      at: new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString(),
      value: 60,
    }));
    const night = sessionOf({
      start_at: "2026-02-01T22:00:00Z",
      end_at: "2026-02-02T04:30:00Z",
    });
    await store(app, account, { ...batchOf([{ id: "r", values }]), sessions: [night] });
    await setTimeZone(app, userId, "America/New_York");
    assert.equal(await run(database, userId), 2);
    const [session] = await admin`
      select local_date::text as day, day_origin as origin, offset_minutes as offset from raphael.sessions`;
    assert.deepEqual({ ...session }, { day: "2026-02-01", origin: "p", offset: -300 });
    const origins = await admin`select distinct day_origin as origin from raphael.samples`;
    assert.deepEqual(origins.map(({ origin }) => origin), ["p"]);
    assert.equal(await assertRollup(admin), 16);
  });
});

Deno.test("set_time_zone() refuses what is no zone here, and waits for a batch that is being dated", async () => {
  await withDatabase(async ({ app, admin }) => {
    const userId = await addPerson(admin);
    const account = await addAccount(app, userId);
    for (const zone of ["GMT+1", "Mars/Olympus", "", "Europe/Berlin'"]) {
      await assert.rejects(setTimeZone(app, userId, zone), raised("22023"), zone);
    }
    let changed = false;
    const { change } = await app.begin(async (tx) => {
      await store(tx, account, batchOf([{ id: "r", values: hourly(1) }]));
      const change = setTimeZone(app, userId, "Europe/Berlin").then(() => changed = true);
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(changed, false);
      return { change };
    });
    await change;
  });
});

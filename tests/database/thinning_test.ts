import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { Secret } from "@shared/core/secret.ts";
import { connect } from "@shared/db/client.ts";
import { isThinningDue } from "@shared/db/thinning.ts";
import { thin } from "@shared/sync/thin.ts";
import { ingest } from "@shared/db/records.ts";
import { batchOf, store, type Value } from "../support/batches.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, plain, type TestAccount } from "../support/people.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
const MIDNIGHT = Math.floor(Date.now() / DAY) * DAY;

/** 00:00 UTC, so many days ago. */
const ago = (days: number) => MIDNIGHT - days * DAY;
const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** A value a minute, from six in the morning of that day. */
function minutes(days: number, count = 240, more: Partial<Value> = {}): Value[] {
  return Array.from({ length: count }, (_, n) => ({
    at: new Date(ago(days) + (360 + n) * MINUTE).toISOString(),
    value: 60 + (n * 7) % 64 / 8,
    offsetMinutes: 0,
    ...more,
  }));
}

/** Runs the job to its end; how many pages. */
async function runThinning({ appUrl }: TestDatabase): Promise<number> {
  const db = connect({ url: new Secret(appUrl), max: 1, prepare: false });
  try {
    const handler = thin({ db, log: () => {} });
    let cursor: string | undefined;
    for (let pages = 1; pages < 100; pages++) {
      const outcome = await handler({
        payload: {},
        attempt: 1,
        createdAt: new Date(),
        signal: new AbortController().signal,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const { effect } = outcome;
      if (effect) await db.transaction((tx) => effect(tx));
      if (outcome.kind !== "continue") return pages;
      cursor = outcome.cursor;
    }
    throw new Error("Cannot thin: it does not end");
  } finally {
    await db.close();
  }
}

const prune = (sql: Sql) => sql`select raphael_private.prune()`;
const keep = (admin: Sql) =>
  admin`
    insert into raphael_private.sample_retention (category, raw_days, minutes5_days, hourly_days)
    values ('cardio', 30, 60, 90)`;

async function days(admin: Sql) {
  return plain(
    await admin`
      select user_key, metric_id, local_date::text as day, source_id, n, total, low, high, last, first_at, last_at, hours
      from raphael.daily order by 1, 2, 3, 4`,
  );
}

/** What there is of a day: samples, and buckets by their length with what they come to. */
async function kept(admin: Sql, at: number) {
  const [samples] = await admin<[{ n: number }]>`
    select count(*)::int as n from raphael.samples where local_date = ${dateOf(at)}`;
  const tiers = await admin<{ seconds: number; buckets: number; n: number; total: number }[]>`
    select seconds, count(*)::int as buckets, sum(n)::int as n, sum(total) as total
    from raphael.tiers where local_date = ${dateOf(at)} group by 1 order by 1`;
  return { samples: samples.n, tiers: tiers.map((row) => ({ ...row })) };
}

const sum = (values: readonly Value[]) => values.reduce((total, { value }) => total + value, 0);

async function filled({ app, admin }: TestDatabase): Promise<TestAccount> {
  const account = await addAccount(app, await addPerson(admin));
  for (const age of [10, 35, 70, 100]) {
    await store(app, account, batchOf([{ id: `d${age}`, values: minutes(age) }]));
  }
  return account;
}

Deno.test("metrics.thin makes old samples 5 minutes, hours and days, and leaves each day what it was", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const account = await filled(database);
    // What is one value already, and what is no reading of the body's own: never thinned.
    const others = [
      batchOf([{ id: "total", values: minutes(70, 1) }], { daily_total: true }),
      batchOf([{ id: "mean", values: minutes(70, 1, { durationSeconds: 28_800 }) }], {
        statistic: "nightly_average",
      }),
      batchOf([{ id: "beats", values: minutes(70, 5, { metric: "rr_interval", value: 800 }) }]),
      batchOf([{ id: "cgm", values: minutes(70, 5, { metric: "glucose" }) }]),
    ];
    for (const other of others) await store(app, account, other);
    const before = await days(admin);

    assert.equal(await isThinningDue(app), false, "as delivered nothing is thinned");
    await keep(admin);
    assert.equal(await isThinningDue(app), true);
    await runThinning(database);
    assert.equal(await isThinningDue(app), false, "once a day");

    assert.deepEqual(await days(admin), before);
    const day = { n: 240, total: sum(minutes(0)) };
    assert.deepEqual(await kept(admin, ago(10)), { samples: 240, tiers: [] });
    assert.deepEqual(await kept(admin, ago(35)), {
      samples: 0,
      tiers: [{ seconds: 300, buckets: 48, ...day }],
    });
    assert.deepEqual(await kept(admin, ago(70)), {
      samples: 12,
      tiers: [{ seconds: 3_600, buckets: 4, ...day }],
    });
    assert.deepEqual(await kept(admin, ago(100)), { samples: 0, tiers: [] });
    const pages = await runThinning(database);
    assert.equal(pages, 3, "nobody is due a second time: begin, look, end");
  });
});

Deno.test("metrics.thin buckets hold what their samples came to", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const account = await addAccount(app, await addPerson(admin));
    const values = [[0, 60], [299, 66], [300, 70], [300, 64]].map(([second = 0, value = 0], n) => ({
      at: new Date(ago(35) + second * 1_000 + (n === 3 ? 500 : 0)).toISOString(),
      value,
      offsetMinutes: -300,
    }));
    await store(app, account, batchOf([{ id: "r", values }]));
    await keep(admin);
    await runThinning(database);
    const rows = await admin`
      select (extract(epoch from bucket_at)::float8 - ${
      ago(35) / 1_000
    }) as at, n, total, low, high, last,
             offset_minutes as offset, local_date::text as day
      from raphael.tiers order by 1`;
    const day = dateOf(ago(36));
    assert.deepEqual(plain(rows), [
      { at: 0, n: 2, total: 126, low: 60, high: 66, last: 66, offset: -300, day },
      { at: 300, n: 2, total: 134, low: 64, high: 70, last: 64, offset: -300, day },
    ]);
  });
});

Deno.test("a day that was thinned takes what is new to it, no correction, and every deletion", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const account = await filled(database);
    await keep(admin);
    await runThinning(database);
    const settled = await days(admin);
    const later = { observedAt: "2026-06-01T00:00:00Z" };

    const corrected = batchOf([{ id: "d35", values: minutes(35, 100) }]);
    assert.deepEqual(await store(app, account, corrected, later), {
      changed: 1,
      stored: 0,
      refused: 0,
    });
    assert.deepEqual(await days(admin), settled);

    const late = [{ at: new Date(ago(35)).toISOString(), value: 100, offsetMinutes: 0 }];
    await store(app, account, batchOf([{ id: "late", values: late }]), later);
    const [grown] = (await days(admin)).filter(({ day }) => day === dateOf(ago(35)));
    assert.deepEqual([grown?.["n"], grown?.["total"]], [241, sum(minutes(0)) + 100]);
    await admin`update raphael_private.sample_retention set thinned_before = thinned_before - 1`;
    await runThinning(database);
    assert.deepEqual((await kept(admin, ago(35))).tiers, [
      { seconds: 300, buckets: 49, n: 241, total: sum(minutes(0)) + 100 },
    ]);

    const gone = ["d35", "d70", "d100"].map((id) => ({ id, deleted: true }));
    await store(app, account, batchOf(gone), { observedAt: "2026-07-01T00:00:00Z" });
    const left = (await days(admin)).map(({ day, n, total }) => [day, n, total]);
    assert.deepEqual(left, [[dateOf(ago(35)), 1, 100], [dateOf(ago(10)), 240, sum(minutes(0))]]);
  });
});

Deno.test("deleting a person takes their buckets along", async () => {
  await withDatabase(async (database) => {
    const { admin } = database;
    const account = await filled(database);
    await filled(database);
    await keep(admin);
    await runThinning(database);
    const count = async () => (await admin`select distinct user_key from raphael.tiers`).length;
    assert.equal(await count(), 2);
    await admin`delete from auth.users where id = ${account.userId}`;
    assert.equal(await count(), 1);
  });
});

Deno.test("prune() forgets a raw record when the provider's terms say so, and nothing that it means", async () => {
  await withDatabase(async ({ app, admin }) => {
    const account = await addAccount(app, await addPerson(admin));
    const writer = { accountId: account.id, generation: account.generation };
    const told = (resource: string, rawDays?: number) => ({
      resource,
      observedAt: "2026-03-01T00:00:00Z",
      batch: batchOf([{ id: "r", values: minutes(1, 2) }]),
      rawDays,
    });
    await ingest(app, writer, [told("seven", 7)]);
    await ingest(app, writer, [told("ever")]);
    const payloads = async () =>
      (await admin<{ kept: boolean }[]>`
        select payload is not null as kept from raphael_private.raw_records order by resource`)
        .map(({ kept }) => kept);
    await admin`update raphael_private.raw_records set expires_at = expires_at - interval '6 days 23 hours'`;
    await prune(app);
    assert.deepEqual(await payloads(), [true, true]);
    await admin`update raphael_private.raw_records set expires_at = expires_at - interval '2 hours'`;
    await prune(app);
    assert.deepEqual(await payloads(), [true, false]);
    assert.equal((await admin`select from raphael.samples`).length, 4);
    // It comes again: kept anew, and its values once.
    await ingest(app, writer, [{ ...told("seven", 7), observedAt: "2026-03-02T00:00:00Z" }]);
    assert.deepEqual(await payloads(), [true, true]);
    assert.equal((await admin`select from raphael.samples`).length, 4);
  });
});

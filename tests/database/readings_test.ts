import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { toBase64Url, utf8 } from "@shared/core/bytes.ts";
import { connect, type Database } from "@shared/db/client.ts";
import { latestMetrics, listMetrics, type MetricRow } from "@shared/metrics/query.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, plain } from "../support/people.ts";
import { batchOf, store, type Value } from "../support/batches.ts";

interface Readers extends TestDatabase {
  /** As the functions hold it. */
  readonly db: Database;
}

async function withReaders(use: (readers: Readers) => Promise<void>): Promise<void> {
  await withDatabase(async (database) => {
    const db = connect({ url: new Secret(database.appUrl), max: 2, prepare: true });
    try {
      await use({ ...database, db });
    } finally {
      await db.close();
    }
  });
}

const as = (userId: string) => ({ claims: { sub: userId, role: "authenticated" } });
const ENERGY = ["energy_total", "energy_active"];
const CALORIES = { types: ENERGY, firstPresent: [ENERGY] };
const shown = (rows: readonly MetricRow[]) =>
  rows.map(({ ts, metric, value }) => [ts.slice(0, 16), metric, value]);

/** Every page of `limit` rows. */
async function pages(db: Database, query: Parameters<typeof listMetrics>[1]) {
  const rows: MetricRow[] = [];
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const page = await listMetrics(db, { ...query, ...(cursor ? { cursor } : {}) });
    assert.ok(page.rows.length <= query.limit);
    rows.push(...page.rows);
    cursor = page.nextCursor;
  }
  return rows;
}

function minutes(count: number, metric = "heart_rate"): Value[] {
  return Array.from({ length: count }, (_, n) => ({
    metric,
    value: 50 + n % 100,
    at: new Date(Date.UTC(2026, 1, 1, 0, n)).toISOString(),
  }));
}

Deno.test("listMetrics() shows a person their own, whatever the query asks", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const [alice, bob] = [await addPerson(admin), await addPerson(admin)];
    await store(app, await addAccount(app, alice), batchOf([{ id: "a", values: minutes(5) }]));
    await store(app, await addAccount(app, bob), batchOf([{ id: "b", values: minutes(7) }]));
    assert.equal((await listMetrics(db, { ...as(alice), limit: 100 })).rows.length, 5);
    assert.equal((await listMetrics(db, { ...as(bob), limit: 100 })).rows.length, 7);
    const stranger = await listMetrics(db, { ...as(crypto.randomUUID()), limit: 100 });
    assert.deepEqual(stranger, { rows: [] });
    assert.deepEqual((await latestMetrics(db, as(bob))).rows.map(({ value }) => value), [56]);
  });
});

Deno.test("row security hides every row of another, and everything from anon", async () => {
  await withReaders(async ({ app, admin }) => {
    const [alice, bob] = [await addPerson(admin), await addPerson(admin)];
    await store(app, await addAccount(app, alice), batchOf([{ id: "a", values: minutes(3) }]));
    await store(app, await addAccount(app, bob), batchOf([{ id: "b", values: minutes(3) }]));
    const relations = [
      "people",
      "provider_accounts",
      "sources",
      "samples",
      "readings",
      "health_metrics",
    ];
    for (const relation of relations) {
      const count = async (role: string, claims: object) => {
        const [row] = await app.begin(async (tx) => {
          await tx`select set_config('role', ${role}, true),
                          set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
          return await tx<[{ all: number }]>`select count(*)::int as all from ${
            tx(`raphael.${relation}`)
          }`;
        });
        return row.all;
      };
      const [all] = await admin<[{ all: number }]>`
        select count(*)::int as all from ${admin(`raphael.${relation}`)}`;
      assert.ok(all.all >= 2, relation);
      assert.equal(await count("authenticated", { sub: alice }), all.all / 2, relation);
      assert.equal(await count("authenticated", {}), 0, relation);
      await assert.rejects(count("anon", { sub: alice }), relation);
    }
  });
});

Deno.test("listMetrics() pages through everything, newest first, without a gap or a double", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    const dexcom = await addAccount(app, alice, { provider: "dexcom" });
    // The same instants from two records, two sources and two metrics, and microseconds between.
    await store(
      app,
      oura,
      batchOf([{ id: "1", values: minutes(40) }, { id: "2", values: minutes(40) }]),
    );
    await store(app, oura, batchOf([{ id: "3", values: minutes(40, "spo2") }], { device: "ring" }));
    const close = [1, 2, 3].map((n) => ({
      at: `2026-02-01T00:00:00.00000${n}Z`,
      value: 100 + n,
      metric: "glucose",
    }));
    await store(app, dexcom, batchOf([{ id: "4", values: close }]));
    for (const limit of [1, 7, 100, 1_000]) {
      const rows = await pages(db, { ...as(alice), limit });
      assert.equal(rows.length, 123);
      assert.equal(new Set(rows.map((row) => row.id + row.ts)).size, 123);
      const times = rows.map(({ ts }) => ts);
      assert.deepEqual(times, times.toSorted().toReversed());
    }
    const since = new Date("2026-02-01T00:10:00Z");
    const until = new Date("2026-02-01T00:20:00Z");
    const span = await pages(db, { ...as(alice), limit: 4, since, until });
    assert.equal(span.length, 30);
    assert.equal(span.at(-1)?.ts, "2026-02-01T00:10:00.000000Z");
    const one = await listMetrics(db, { ...as(alice), limit: 9, provider: "dexcom" });
    assert.deepEqual(one.rows.map(({ value }) => value), [103, 102, 101]);
    assert.equal(one.rows[0]?.ts, "2026-02-01T00:00:00.000003Z");
  });
});

Deno.test("listMetrics() binds a cursor to whoever sends it, and refuses what is none", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const [alice, bob] = [await addPerson(admin), await addPerson(admin)];
    await store(app, await addAccount(app, alice), batchOf([{ id: "a", values: minutes(3) }]));
    await store(app, await addAccount(app, bob), batchOf([{ id: "b", values: minutes(9) }]));
    const { nextCursor = "" } = await listMetrics(db, { ...as(bob), limit: 5 });
    const theirs = await listMetrics(db, { ...as(alice), limit: 100, cursor: nextCursor });
    const own = await listMetrics(db, { ...as(alice), limit: 100 });
    assert.ok(theirs.rows.every((row) => own.rows.some(({ id }) => id === row.id)));
    const bad = [
      "x",
      "[]",
      toBase64Url(utf8('["2026-02-01T00:00:00Z","1","1","1"]')),
      toBase64Url(utf8('["2026-13-01T00:00:00.000000Z","1","1","1"]')),
      toBase64Url(utf8('["2026-02-01T00:00:00.000000Z","1","1","1 or 1=1"]')),
    ];
    for (const cursor of bad) {
      await assert.rejects(
        listMetrics(db, { ...as(alice), limit: 5, cursor }),
        /Cannot read cursor/,
      );
    }
  });
});

Deno.test("latestMetrics() gives the newest reading of each metric", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    await store(app, oura, batchOf([{ id: "1", values: [...minutes(5), ...minutes(3, "spo2")] }]));
    const { rows } = await latestMetrics(db, as(alice));
    assert.deepEqual(shown(rows), [
      ["2026-02-01T00:04", "heart_rate", 54],
      ["2026-02-01T00:02", "spo2", 52],
    ]);
    const some = await latestMetrics(db, { ...as(alice), types: ["spo2", "steps"] });
    assert.deepEqual(some.rows.map(({ metric }) => metric), ["spo2"]);
    const none = await latestMetrics(db, { ...as(alice), provider: "dexcom" });
    assert.deepEqual(none.rows, []);
  });
});

Deno.test("listMetrics() leaves parts out on the days of a source that has their whole", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    const energy = (metric: string, at: string, value: number, offsetMinutes = 0): Value => ({
      metric: `energy_${metric}`,
      at,
      value,
      offsetMinutes,
    });
    await store(
      app,
      oura,
      batchOf([{
        id: "both",
        values: [
          energy("total", "2026-02-01T00:00:00Z", 2_000),
          energy("active", "2026-02-01T00:00:00Z", 400),
        ],
      }, {
        id: "active-only",
        values: [energy("active", "2026-02-02T00:00:00Z", 500)],
      }]),
    );
    // A total of the whole day and parts of it come under two sources of one account.
    await store(
      app,
      oura,
      batchOf([{ id: "quarter", values: [energy("active", "2026-02-01T23:45:00Z", 9)] }]),
    );
    const total = batchOf([{ id: "t", values: [energy("total", "2026-02-03T00:00:00Z", 2_100)] }], {
      daily_total: true,
    });
    await store(app, oura, total);
    await store(
      app,
      oura,
      batchOf([{ id: "noon", values: [energy("active", "2026-02-03T12:00:00Z", 11)] }]),
    );
    // The same day of another account, and of another device, stays.
    const second = await addAccount(app, alice);
    await store(
      app,
      second,
      batchOf([{ id: "b", values: [energy("active", "2026-02-01T00:00:00Z", 401)] }]),
    );
    const watch = batchOf([{ id: "w", values: [energy("active", "2026-02-01T00:00:00Z", 402)] }], {
      device: "watch",
    });
    await store(app, oura, watch);
    const { rows } = await listMetrics(db, { ...as(alice), ...CALORIES, limit: 100 });
    assert.deepEqual(shown(rows).sort(), [
      ["2026-02-01T00:00", "energy_active", 401],
      ["2026-02-01T00:00", "energy_active", 402],
      ["2026-02-01T00:00", "energy_total", 2_000],
      ["2026-02-02T00:00", "energy_active", 500],
      ["2026-02-03T00:00", "energy_total", 2_100],
    ]);
    assert.deepEqual(
      (await pages(db, { ...as(alice), ...CALORIES, limit: 1 })).map(({ id }) => id),
      rows.map(({ id }) => id),
    );
    const all = await listMetrics(db, { ...as(alice), types: ENERGY, limit: 100 });
    assert.equal(all.rows.length, 8, "asked for by their own names both are there");
  });
});

Deno.test("listMetrics() goes by the local day of each reading", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    const energy = (metric: string, at: string, value: number, offsetMinutes: number): Value => ({
      metric: `energy_${metric}`,
      at,
      value,
      offsetMinutes,
    });
    await store(
      app,
      oura,
      batchOf([{
        id: "day",
        values: [
          energy("total", "2026-02-01T10:00:00Z", 2_000, 840), // 2 February on Kiritimati
          energy("active", "2026-02-03T11:00:00Z", 1, -720), // 2 February, 49 hours later
          energy("active", "2026-02-01T09:59:00Z", 2, 840), // 1 February
          energy("active", "2026-02-03T12:00:00Z", 3, -720), // 3 February
        ],
      }]),
    );
    const { rows } = await listMetrics(db, { ...as(alice), ...CALORIES, limit: 100 });
    assert.deepEqual(rows.map(({ value }) => value), [3, 2_000, 2]);
  });
});

Deno.test("latestMetrics() shows no part beside its whole", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    const values = ["total", "active"].map((name, n) => ({
      metric: `energy_${name}`,
      at: "2026-02-01T00:00:00Z",
      value: 400 + n,
    }));
    await store(app, oura, batchOf([{ id: "both", values }]));
    assert.deepEqual(shown((await latestMetrics(db, { ...as(alice), ...CALORIES })).rows), [
      ["2026-02-01T00:00", "energy_total", 400],
    ]);
    assert.equal((await latestMetrics(db, { ...as(alice), types: ENERGY })).rows.length, 2);
  });
});

Deno.test("listMetrics() reads samples through their one index", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    for (const metric of ["heart_rate", "energy_active"]) {
      await store(app, oura, batchOf([{ id: metric, values: minutes(3_000, metric) }]));
    }
    await admin`analyze`;
    const scans = async () =>
      plain(
        await admin<{ seq: number }[]>`
          select seq_scan::int as seq from pg_stat_user_tables where relid = 'raphael.samples'::regclass`,
      );
    const before = await scans();
    await listMetrics(db, { ...as(alice), limit: 100 });
    await listMetrics(db, { ...as(alice), ...CALORIES, limit: 100 });
    await db.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(await scans(), before);
  });
});

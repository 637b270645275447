import assert from "node:assert/strict";
import { toBase64Url, utf8 } from "@shared/core/bytes.ts";
import { latestMetrics, listMetrics } from "@shared/metrics/query.ts";
import { addAccount, addPerson, plain } from "../support/people.ts";
import { batchOf, store, type Value } from "../support/batches.ts";
import { as, pages, shown, withReaders } from "../support/readers.ts";

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
    const stranger = await listMetrics(db, { ...as(await addPerson(admin)), limit: 100 });
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
      "daily",
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
    await listMetrics(db, {
      ...as(alice),
      types: ["energy_total", "energy_active"],
      firstPresent: [["energy_total", "energy_active"]],
      limit: 100,
    });
    await db.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(await scans(), before);
  });
});

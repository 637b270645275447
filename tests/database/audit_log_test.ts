import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { ProblemError } from "@shared/core/problems.ts";
import { readAs, readOnAs } from "@shared/db/as_user.ts";
import { metricsUseCases } from "@shared/metrics/use_cases.ts";
import { batchOf, store } from "../support/batches.ts";
import { addAccount, addPerson, plain, raised } from "../support/people.ts";
import { as, sleeping, withReaders } from "../support/readers.ts";

interface Line {
  readonly action: string;
  readonly details: Record<string, unknown>;
  readonly request_id: string;
  readonly xmin: string;
}

const lines = async (admin: Sql) =>
  plain(
    await admin<Line[]>`
    select action, details, request_id, xmin::text from raphael_private.audit_log order by id`,
  );

const SINCE = new Date("2026-02-01T00:00:00Z");
const UNTIL = new Date("2026-03-01T00:00:00Z");
const THRESHOLDS = { veryLow: 54, low: 70, high: 180, veryHigh: 250 };

Deno.test("every question about a person's numbers leaves one line, of what was asked", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice, { externalUserId: "alice-at-oura" });
    await store(
      app,
      account,
      batchOf([{ id: "told", values: [{ at: "2026-02-02T08:00:00Z", value: 61.25 }] }], {
        device: "Ring of Alice",
      }),
    );
    const ask = as(alice);
    const cases = metricsUseCases({ db, now: () => UNTIL });
    const types = ["heart_rate", "steps"] as const;
    const span = { since: SINCE, until: UNTIL };
    const told = { since: "2026-02-01T00:00:00.000Z", until: "2026-03-01T00:00:00.000Z" };
    const days = { since: "2026-02-01", until: "2026-02-03" };
    const asked: readonly [keyof typeof cases, () => Promise<unknown>, string, object][] = [
      ["list", () => cases.list({ ...ask, ...span, types, limit: 5 }), "metrics.list", {
        metrics: types,
        ...told,
      }],
      ["latest", () => cases.latest(ask), "metrics.latest", {}],
      [
        "glucose",
        () => cases.glucose({ ...ask, hours: 24, unit: "mg/dL", thresholds: THRESHOLDS, limit: 5 }),
        "metrics.glucose",
        { metrics: ["glucose"], since: "2026-02-28T00:00:00.000Z", until: told.until },
      ],
      ["sleep", () => cases.sleep({ ...ask, days: 28 }), "metrics.sleep", { since: told.since }],
      ["workouts", () => cases.workouts({ ...ask, ...span, limit: 5 }), "metrics.workouts", told],
      [
        "summaries",
        () => cases.summaries({ ...ask, ...days, days: 1 }),
        "metrics.summary",
        days,
      ],
      [
        "series",
        () => cases.series({ ...ask, ...span, types, resolution: "1h" }),
        "metrics.series",
        { metrics: types, ...told },
      ],
      ["coverage", () => cases.coverage({ ...ask, types }), "metrics.coverage", { metrics: types }],
      ["preferences", () => cases.preferences(ask), "preferences.read", {}],
      [
        "setPreferences",
        () => cases.setPreferences({ ...ask, timeZone: "Europe/Berlin" }),
        "preferences.write",
        {},
      ],
      ["accesses", () => cases.accesses({ ...ask, limit: 5 }), "accesses.list", {}],
    ];
    assert.deepEqual(asked.map(([name]) => name), Object.keys(cases), "none is left out");
    for (const [, work] of asked) await work();

    const written = await lines(admin);
    assert.deepEqual(
      written.map(({ action, details }) => [action, details]),
      asked.map(([, , action, details]) => [action, details]),
    );
    assert.equal(new Set(written.map(({ xmin }) => xmin)).size, asked.length);
    const text = JSON.stringify(
      plain(await admin`select l::text as line from raphael_private.audit_log l`),
    );
    for (const personal of [alice, account.id, "alice-at-oura", "Ring of Alice", "oura", "61.25"]) {
      assert.ok(!text.includes(personal), `${personal} is in the audit log`);
    }
  });
});

Deno.test("a read and its line are of one transaction: both, or neither", async () => {
  await withReaders(async ({ admin, db }) => {
    const access = { ...as(await addPerson(admin)), action: "metrics.list" };
    const reading = readAs<readonly [readonly [{ xid: string }], unknown, unknown]>(
      db,
      access,
      (sql) => [
        sql<[{ xid: string }]>`select pg_current_xact_id()::xid::text as xid`,
        sql`select from raphael.readings limit 1`,
        sql`select pg_sleep(0.5)`,
      ],
    );
    while ((await sleeping(admin)).length === 0);
    assert.deepEqual(await lines(admin), [], "nobody sees it before the read is over");
    const [[{ xid }]] = await reading;
    assert.equal((await lines(admin))[0]?.xmin, xid);

    const failing = readAs(db, access, (sql) => [sql`select 1 / ${0}::int`]);
    await assert.rejects(failing, raised("22012"));
    assert.equal((await lines(admin)).length, 1);
  });
});

Deno.test("the rest of a transaction is the person's, and only that transaction", async () => {
  await withReaders(async ({ admin, db }) => {
    const alice = await addPerson(admin);
    const access = { ...as(alice), action: "metrics.list" };
    for (const read of [readAs, readOnAs]) {
      const [who] = await read<readonly [readonly object[]]>(
        db,
        access,
        (sql) => [sql`select current_user::text as role, auth.uid()::text as sub`],
      );
      assert.deepEqual(plain(who), [{ role: "authenticated", sub: alice }]);
    }
    assert.equal((await lines(admin)).length, 1, "reading on is no further access");
    const after = await Promise.all(
      [1, 2, 3].map(() =>
        db.query((sql) =>
          sql`select current_user::text as role, current_setting('request.jwt.claims', true) as claims`
        )
      ),
    );
    for (const [row] of after) {
      assert.deepEqual([row?.["role"], row?.["claims"] || ""], ["raphael_app", ""]);
    }
  });
});

Deno.test("nobody changes or takes away a line", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const access = { ...as(await addPerson(admin)), action: "metrics.list" };
    await readAs(db, access, (sql) => [sql`select 1`]);
    const changes = [
      "update raphael_private.audit_log set action = 'metrics.none'",
      "delete from raphael_private.audit_log",
      "truncate raphael_private.audit_log",
    ];
    for (const change of changes) {
      await assert.rejects(app.unsafe(change), raised("42501"));
      await assert.rejects(admin.unsafe(change), raised("42501"), "not even the superuser");
      const replica = admin.begin(async (tx) => {
        await tx`set local session_replication_role = replica`;
        await tx.unsafe(change);
      });
      await assert.rejects(replica, raised("42501"), "nor as a replica");
    }
    const others = [
      "insert into raphael_private.audit_log (user_key, action, request_id) values (1, 'a.b', 'abcdefgh')",
      "select from raphael_private.audit_log",
    ];
    for (const other of others) await assert.rejects(app.unsafe(other), raised("42501"));
    assert.equal((await lines(admin)).length, 1);
  });
});

Deno.test("the log takes nothing but metrics and span", async () => {
  await withReaders(async ({ app, admin }) => {
    const alice = await addPerson(admin);
    const record = (action: string, details: object, requestId = "request-of-a-test") =>
      app`select raphael_private.record_access(${alice}, ${action}, ${
        app.json(details as never)
      }, ${requestId})`;
    const wrong = [
      record("metrics.list", { value: 61 }),
      record("metrics.list", { metrics: ["x".repeat(9_000)] }),
      record("Metrics list of Alice", {}),
      record("metrics.list", {}, "one\\ntwo two two"),
    ];
    for (const one of wrong) await assert.rejects(one, raised("23514"));
    await record("metrics.list", { metrics: ["steps"], since: "2026-02-01" });
    assert.equal((await lines(admin)).length, 1);
  });
});

Deno.test("accesses() shows a person their own lines, page by page, and nobody else's", async () => {
  await withReaders(async ({ admin, db }) => {
    const [alice, bob] = [await addPerson(admin), await addPerson(admin)];
    const { list, accesses } = metricsUseCases({ db, now: () => UNTIL });
    for (let n = 0; n < 5; n++) {
      await list({ ...as(alice), requestId: `request-alice-${n}`, limit: 1, types: ["steps"] });
      await list({ ...as(bob), requestId: `request-bob-${n}`, limit: 1 });
    }
    const ids: string[] = [];
    let page = await accesses({ ...as(alice), limit: 2 });
    assert.equal(page.rows[0]?.action, "accesses.list", "this look is the first of them");
    for (;;) {
      for (const { requestId, action, metrics } of page.rows) {
        if (action !== "metrics.list") continue;
        ids.push(requestId);
        assert.deepEqual(metrics, ["steps"]);
      }
      if (page.nextCursor === undefined) break;
      page = await accesses({ ...as(alice), limit: 2, cursor: page.nextCursor });
    }
    assert.deepEqual(ids, [4, 3, 2, 1, 0].map((n) => `request-alice-${n}`));
    const notOurs = accesses({ ...as(alice), limit: 2, cursor: "bm9uZQ" });
    await assert.rejects(
      notOurs,
      (error) => error instanceof ProblemError && error.problem === "invalid_request",
    );
  });
});

Deno.test("a session whose person is gone reads nothing, and brings nobody back", async () => {
  await withReaders(async ({ admin, db }) => {
    const alice = await addPerson(admin);
    const cases = metricsUseCases({ db, now: () => UNTIL });
    await cases.latest(as(alice));
    await admin`delete from auth.users where id = ${alice}`;
    const refused = (error: unknown) =>
      error instanceof ProblemError && error.problem === "session_invalid";
    await assert.rejects(cases.latest(as(alice)), refused);
    await assert.rejects(cases.accesses({ ...as(alice), limit: 5 }), refused);
    await assert.rejects(cases.setPreferences({ ...as(alice), sources: null }), refused);
    await assert.rejects(cases.summaries({ ...as(alice), days: 1 }), refused);
    assert.equal((await admin`select from raphael.people`).length, 0);
    assert.equal((await lines(admin)).length, 1, "what was done stays written, of nobody");
  });
});

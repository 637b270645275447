import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { offsetIn } from "@shared/core/time.ts";
import { setAccountZone, setTimeZone } from "@shared/db/days.ts";
import type { SessionRow } from "@shared/db/records.ts";
import { batchOf, sessionOf, store, type Value } from "../support/batches.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, plain } from "../support/people.ts";
import { assertRollup } from "../support/rollup.ts";
import { readSharedJson } from "../support/shared_data.ts";

interface Day {
  readonly tz: string;
  readonly local_date: string;
  readonly start_utc: string;
  readonly end_utc: string;
  readonly seconds: number;
}

const VECTORS = readSharedJson<{ cases: readonly Day[] }>("vectors/dst_day_boundaries.json");
const DAYS = VECTORS?.cases ?? [];

/** How a reading comes by its day: what it says of itself, and which zones are known. */
const WAYS = {
  r: { own: true, person: "Pacific/Kiritimati", account: "Pacific/Kiritimati" },
  p: { own: false, person: "its", account: "Pacific/Kiritimati" },
  a: { own: false, person: null, account: "its" },
} as const;

interface Dated {
  readonly value: number;
  readonly day: string;
  readonly origin: string;
  readonly offset: number | null;
}

async function dated(admin: Sql, userId: string): Promise<Dated[]> {
  return plain(
    await admin<Dated[]>`
      select s.value, s.local_date::text as day, s.day_origin as origin, s.offset_minutes as offset
      from raphael.samples s join raphael.people p using (user_key)
      where p.user_id = ${userId} order by s.value`,
  );
}

async function linkedIn(
  { app, admin }: TestDatabase,
  zones: { readonly person?: string | null; readonly account?: string },
) {
  const userId = await addPerson(admin);
  const account = await addAccount(app, userId);
  if (zones.person) await setTimeZone(app, userId, zones.person);
  if (zones.account) await setAccountZone(app, account.id, zones.account);
  return account;
}

const at = (instant: string, seconds = 0) =>
  new Date(Date.parse(instant) + seconds * 1_000).toISOString();

for (const [origin, way] of Object.entries(WAYS)) {
  Deno.test({
    name:
      `ingest_records() puts the edges of ${DAYS.length} odd days where they belong, dated by ${origin}`,
    ignore: DAYS.length === 0,
    async fn() {
      await withDatabase(async (database) => {
        for (const { tz, local_date, start_utc, end_utc, seconds } of DAYS) {
          const zone = (name: string | null) => name === "its" ? tz : name;
          const account = await linkedIn(database, {
            person: zone(way.person),
            account: zone(way.account) ?? tz,
          });
          // A day that never was begins and ends at once, and nothing falls into it.
          const edges = seconds === 0
            ? [at(start_utc, -1), at(end_utc)]
            : [at(start_utc, -1), at(start_utc), at(end_utc, -1), at(end_utc)];
          const values = edges.map((edge, n): Value => {
            const offset = offsetIn(tz, new Date(edge));
            assert.ok(offset !== undefined);
            return { at: edge, value: 60 + n, ...(way.own ? { offsetMinutes: offset } : {}) };
          });
          await store(database.app, account, batchOf([{ id: "day", values }]));
          const rows = await dated(database.admin, account.userId);
          const what = `${tz} ${local_date}`;
          const days = rows.map(({ day }) => day);
          assert.ok((days[0] ?? "") < local_date && local_date < (days.at(-1) ?? ""), what);
          assert.deepEqual(days.slice(1, -1), edges.slice(1, -1).map(() => local_date), what);
          assert.deepEqual(
            rows.map((row) => [row.origin, row.offset]),
            edges.map((edge) => [origin, offsetIn(tz, new Date(edge))]),
            what,
          );
        }
        await assertRollup(database.admin);
      });
    },
  });
}

Deno.test("ingest_records() takes the day that the provider names, though the calendar skipped it", async () => {
  await withDatabase(async (database) => {
    const account = await linkedIn(database, { person: "Pacific/Apia" });
    const values = [
      { at: "2026-02-01T12:00:00Z", value: 60, offsetMinutes: 60, localDate: "2026-01-20" },
      { at: "2011-12-30T12:00:00Z", value: 61, localDate: "2011-12-30" },
    ];
    await store(database.app, account, batchOf([{ id: "named", values }]));
    assert.deepEqual(await dated(database.admin, account.userId), [
      { value: 60, day: "2026-01-20", origin: "d", offset: 60 },
      { value: 61, day: "2011-12-30", origin: "d", offset: null },
    ]);
    await assertRollup(database.admin);
  });
});

Deno.test("ingest_records() dates what nobody dates by UTC, and says so", async () => {
  await withDatabase(async (database) => {
    const account = await linkedIn(database, { account: "GMT+14" });
    const values = [{ at: "2026-02-01T23:59:59.999999Z", value: 60 }];
    await store(database.app, account, batchOf([{ id: "r", values }]));
    assert.deepEqual(await dated(database.admin, account.userId), [
      { value: 60, day: "2026-02-01", origin: "u", offset: null },
    ]);
  });
});

Deno.test("ingest_records() gives a night to the day of waking, and what is no night to its start", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const account = await linkedIn(database, { person: "Europe/Berlin" });
    // Clocks go from 2:00 to 3:00 in this night; it is 23:30 and 24:00 of the day before when it begins
    // and when the nap ends.
    const night = { at: "2025-03-29T22:30:00Z", durationSeconds: 6 * 3_600 };
    const nap = { at: "2025-03-29T22:00:00Z", durationSeconds: 3_599 };
    const instants = batchOf([{
      id: "night",
      values: [
        { ...night, metric: "sleep_duration", value: 300 },
        { ...nap, metric: "sleep_duration", value: 301 },
        { ...night, metric: "heart_rate_avg", value: 303 - 200 },
      ],
    }]);
    await store(app, account, instants);
    const inNewYork = { ...night, metric: "sleep_duration", value: 302, offsetMinutes: -300 };
    await store(app, account, batchOf([{ id: "travelling", values: [inNewYork] }]));
    const mean = [{ ...night, metric: "hrv_rmssd", value: 40 }];
    await store(
      app,
      account,
      batchOf([{ id: "hrv", values: mean }], { statistic: "nightly_average" }),
    );
    assert.deepEqual((await dated(admin, account.userId)).map(({ value, day }) => [value, day]), [
      [40, "2025-03-30"],
      [103, "2025-03-29"],
      [300, "2025-03-30"],
      [301, "2025-03-29"],
      [302, "2025-03-29"], // woke at 23:30 in New York
    ]);
    await assertRollup(admin);
  });
});

Deno.test("ingest_records() goes with a traveller, reading by reading", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const account = await linkedIn(database, { person: "Europe/Berlin" });
    // Breakfast in Berlin, nine hours in the air, supper in New York: one day of 30 hours.
    const values = [
      { at: "2026-02-01T07:00:00Z", value: 1_000, offsetMinutes: 60 },
      { at: "2026-02-01T23:30:00Z", value: 2_000, offsetMinutes: -300 },
      { at: "2026-02-02T04:59:00Z", value: 3_000, offsetMinutes: -300 },
      { at: "2026-02-02T05:00:00Z", value: 4_000, offsetMinutes: -300 },
      { at: "2026-02-01T23:30:00Z", value: 5_000 }, // a phone left behind: 0:30 in Berlin
    ].map((value) => ({ ...value, metric: "steps", durationSeconds: 60 }));
    await store(app, account, batchOf([{ id: "flight", values: values.slice(0, 4) }]));
    await store(
      app,
      account,
      batchOf([{ id: "phone", values: values.slice(4) }], { device: "phone" }),
    );
    assert.deepEqual((await dated(admin, account.userId)).map(({ value, day }) => [value, day]), [
      [1_000, "2026-02-01"],
      [2_000, "2026-02-01"],
      [3_000, "2026-02-01"],
      [4_000, "2026-02-02"],
      [5_000, "2026-02-02"],
    ]);
    const days = await admin`
      select d.local_date::text as day, d.total, d.hours from raphael.daily d order by 1, 2`;
    assert.deepEqual(days.map(({ day, total, hours }) => [day, total, hours]), [
      ["2026-02-01", 6_000, 1 << 8 | 1 << 18 | 1 << 23],
      ["2026-02-02", 4_000, 1 << 0],
      ["2026-02-02", 5_000, 1 << 0],
    ]);
  });
});

Deno.test("ingest_records() dates sessions as it dates their values", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const account = await linkedIn(database, { person: "America/New_York" });
    const session = (session_id: string, more: Partial<SessionRow>) =>
      sessionOf({
        session_id,
        start_at: "2026-02-01T23:00:00Z",
        end_at: "2026-02-02T04:30:00Z",
        ...more,
      });
    const sessions = [
      session("zone", {}),
      session("own", { offset_minutes: 60 }),
      session("named", { local_date: "2026-01-31" }),
      session("run", { kind: "workout", offset_minutes: 60 }),
    ];
    await store(app, account, { ...batchOf([{ id: "r" }]), sessions });
    const rows = await admin`
      select session_id as id, local_date::text as day, day_origin as origin, offset_minutes as offset
      from raphael.sessions order by 1`;
    assert.deepEqual(rows.map(({ id, day, origin, offset }) => [id, day, origin, offset]), [
      ["named", "2026-01-31", "d", null],
      ["own", "2026-02-02", "r", 60],
      ["run", "2026-02-02", "r", 60],
      ["zone", "2026-02-01", "p", -300], // woke at 23:30
    ]);
  });
});

/** `raphael.workouts`: workouts as a person reads them, with laps from whichever record told them. */
import assert from "node:assert/strict";
import type { Normalized } from "@shared/catalog/normalized.ts";
import { toBatch } from "@shared/sync/batch.ts";
import { type TestDatabase, withDatabase } from "../support/database.ts";
import { addAccount, addPerson, plain, type TestAccount } from "../support/people.ts";
import { store } from "../support/batches.ts";

const SPAN = {
  start: new Date("2026-02-01T08:00:00Z"),
  end: new Date("2026-02-01T09:00:00Z"),
};
const WORKOUT = { kind: "workout", ...SPAN, type: "cycling", hrAverage: 140 } as const;
const half = (distanceMetres: number) => ({ ...SPAN, distanceMetres });
const details = (id: string, ...laps: readonly number[]): Normalized => ({
  kind: "laps",
  ...SPAN,
  id,
  laps: laps.map(half),
});

function tell(
  { app }: TestDatabase,
  account: TestAccount,
  resource: string,
  id: string,
  ...items: readonly Normalized[]
) {
  return store(app, account, toBatch([{ id, raw: { id, items }, items }], "oura"), { resource });
}

/** Id and metres of each lap, as `userId` reads them. */
async function read({ app }: TestDatabase, userId: string) {
  const rows = await app.begin(async (tx) => {
    await tx`select set_config('role', 'authenticated', true),
                    set_config('request.jwt.claims', ${JSON.stringify({ sub: userId })}, true)`;
    return await tx<{ id: string; laps: { distanceMetres: number; end: string }[] | null }[]>`
      select session_id as id, laps from raphael.workouts order by 1`;
  });
  return rows.map((
    { id, laps },
  ) => [id, laps?.map(({ distanceMetres }) => distanceMetres) ?? null]);
}

Deno.test("workouts have the laps of their own record, times and readings as they were told", async () => {
  await withDatabase(async (database) => {
    const account = await addAccount(database.app, await addPerson(database.admin));
    await tell(database, account, "activities", "1", { ...WORKOUT, laps: [half(400), half(600)] });
    await tell(database, account, "activities", "2", WORKOUT);
    assert.deepEqual(await read(database, account.userId), [["1", [400, 600]], ["2", null]]);
    const [row] = plain(
      await database.admin`
        select laps -> 0 as lap, measures from raphael.workouts where session_id = '1'`,
    );
    assert.deepEqual(row, {
      lap: {
        start: "2026-02-01T08:00:00.000Z",
        end: "2026-02-01T09:00:00.000Z",
        distanceMetres: 400,
      },
      measures: { hrAverage: 140 },
    });
  });
});

Deno.test("laps that another record tells join their workout, whichever came first, and go with their record", async () => {
  await withDatabase(async (database) => {
    const account = await addAccount(database.app, await addPerson(database.admin));
    await tell(database, account, "activities", "1", WORKOUT);
    await tell(database, account, "activity_details", "1", details("1", 300));
    await tell(database, account, "activity_details", "2", details("2", 100, 200));
    assert.deepEqual(await read(database, account.userId), [["1", [300]]], "no workout, no laps");
    await tell(database, account, "activities", "2", WORKOUT);
    assert.deepEqual(await read(database, account.userId), [["1", [300]], ["2", [100, 200]]]);
    // Told anew, the workout keeps the laps of its details.
    await tell(database, account, "activities", "2", { ...WORKOUT, hrAverage: 150 });
    await tell(database, account, "activity_details", "1", { kind: "deletion" });
    assert.deepEqual(await read(database, account.userId), [["1", null], ["2", [100, 200]]]);
  });
});

Deno.test("laps join no other account's workout of equal id, and nobody reads another's", async () => {
  await withDatabase(async (database) => {
    const { app, admin } = database;
    const userId = await addPerson(admin);
    const [watch, bike] = [
      await addAccount(app, userId, { provider: "garmin" }),
      await addAccount(app, userId, { provider: "wahoo" }),
    ];
    await tell(database, watch, "activities", "1", WORKOUT);
    await tell(database, bike, "activity_details", "1", details("1", 300));
    assert.deepEqual(await read(database, userId), [["1", null]]);
    assert.deepEqual(await read(database, await addPerson(admin)), []);
  });
});

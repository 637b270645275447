import assert from "node:assert/strict";
import { listWorkouts } from "@shared/metrics/workouts.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { as, withReaders } from "../support/readers.ts";
import { storeSessions, workout } from "../support/sessions.ts";

Deno.test("listWorkouts() has distance, pace, power, zones and laps", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    await storeSessions(app, await addAccount(app, alice, { provider: "garmin" }), "garmin", [
      workout("2026-02-01T08:00:00Z", "2026-02-01T09:00:00Z", {
        type: "running",
        vendorType: "TRAIL_RUNNING",
        device: "Fenix 7",
        movingSeconds: 3_000,
        distanceMetres: 10_000,
        averagePowerWatts: 250,
        maximumPowerWatts: 400,
        energyKilocalories: 0,
        zoneSeconds: [60, 600, 2_340],
        offsetMinutes: -600,
        laps: [{
          start: new Date("2026-02-01T08:00:00Z"),
          end: new Date("2026-02-01T08:05:00Z"),
          distanceMetres: 1_000,
        }],
      }),
      workout("2026-02-02T08:00:00Z", "2026-02-02T08:30:00Z", { distanceMetres: 0 }),
    ]);
    const { rows: [newest, run], nextCursor } = await listWorkouts(db, { ...as(alice), limit: 10 });
    assert.equal(nextCursor, undefined);
    assert.deepEqual([newest?.durationSeconds, newest?.paceSecondsPerKilometre], [
      1_800,
      undefined,
    ]);
    assert.ok(run);
    const { id, source, ...rest } = run;
    assert.ok(id);
    assert.deepEqual([source.device, source.deviceClass], ["Fenix 7", "watch"]);
    assert.deepEqual(rest, {
      type: "running",
      vendorType: "TRAIL_RUNNING",
      start: "2026-02-01T08:00:00.000000Z",
      end: "2026-02-01T09:00:00.000000Z",
      offsetMinutes: -600,
      localDate: "2026-01-31",
      durationSeconds: 3_600,
      movingSeconds: 3_000,
      distanceMetres: 10_000,
      averagePowerWatts: 250,
      maximumPowerWatts: 400,
      energyKilocalories: 0,
      zoneSeconds: [60, 600, 2_340],
      paceSecondsPerKilometre: 300,
      laps: [{
        start: "2026-02-01T08:00:00.000Z",
        end: "2026-02-01T08:05:00.000Z",
        distanceMetres: 1_000,
      }],
    });
  });
});

Deno.test("listWorkouts() says which is the same as a better source's, and which is not", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const garmin = await addAccount(app, alice, { provider: "garmin" });
    const strava = await addAccount(app, alice, { provider: "strava" });
    await storeSessions(app, garmin, "garmin", [
      workout("2026-02-01T08:00:00Z", "2026-02-01T09:00:00Z", { id: "run" }),
    ]);
    await storeSessions(app, strava, "strava", [
      workout("2026-02-01T08:01:00Z", "2026-02-01T09:02:00Z", { id: "same" }),
      workout("2026-02-01T08:55:00Z", "2026-02-01T10:00:00Z", { id: "next" }),
    ]);
    const { rows } = await listWorkouts(db, { ...as(alice), limit: 10 });
    const [next, same, run] = rows;
    assert.equal(next?.duplicateOf, undefined);
    assert.equal(same?.duplicateOf, run?.id);
    assert.equal(run?.duplicateOf, undefined);
    const apart = await listWorkouts(db, { ...as(alice), limit: 10, provider: "strava" });
    assert.equal(apart.rows.length, 2);
  });
});

Deno.test("listWorkouts() filters, and shows a stranger nothing", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    await storeSessions(app, await addAccount(app, alice), "oura", [
      workout("2026-02-01T08:00:00Z", "2026-02-01T09:00:00Z", { type: "running" }),
      workout("2026-02-02T08:00:00Z", "2026-02-02T09:00:00Z", { type: "cycling" }),
    ]);
    const starts = async (filter: object, userId = alice) =>
      (await listWorkouts(db, { ...as(userId), limit: 10, ...filter })).rows
        .map(({ start }) => start.slice(8, 10));
    assert.deepEqual(await starts({}), ["02", "01"]);
    assert.deepEqual(await starts({ type: "running" }), ["01"]);
    assert.deepEqual(await starts({ since: new Date("2026-02-01T08:00:01Z") }), ["02"]);
    assert.deepEqual(await starts({ until: new Date("2026-02-02T08:00:00Z") }), ["01"]);
    assert.deepEqual(await starts({ provider: "garmin" }), []);
    assert.deepEqual(await starts({}, await addPerson(admin)), []);
  });
});

Deno.test("listWorkouts() pages neither repeat nor miss, while more come in", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const account = await addAccount(app, alice);
    // Three of each hour: the start alone is no place.
    const at = (n: number) => new Date(Date.UTC(2026, 1, 1, Math.floor(n / 3))).toISOString();
    const some = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => {
        const start = at(from + n);
        const end = new Date(Date.parse(start) + 600_000).toISOString();
        return workout(start, end, { id: `workout ${from + n}` });
      });
    await storeSessions(app, account, "oura", some(0, 40));
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let turn = 0; turn === 0 || cursor !== undefined; turn++) {
      const page = await listWorkouts(db, {
        ...as(alice),
        limit: 7,
        ...(cursor ? { cursor } : {}),
      });
      seen.push(...page.rows.map(({ id }) => id.replace(/^\d+-/, "")));
      cursor = page.nextCursor;
      await storeSessions(app, account, "oura", some(100 + turn, 1));
    }
    assert.equal(new Set(seen).size, seen.length);
    assert.deepEqual(
      seen.filter((id) => Number(id.split(" ")[1]) < 40).sort(),
      some(0, 40).map(({ id }) => id ?? "").sort(),
    );
  });
});

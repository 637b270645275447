import assert from "node:assert/strict";
import { latestSleep } from "@shared/metrics/sleep.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { as, type Readers, withReaders } from "../support/readers.ts";
import { sleep, storeSessions } from "../support/sessions.ts";

const NOW = new Date("2026-02-03T12:00:00Z");
const HOUR = 3_600;

async function withSleeper(use: (world: Readers & { alice: string }) => Promise<void>) {
  await withReaders(async (readers) =>
    await use({ ...readers, alice: await addPerson(readers.admin) })
  );
}

const read = ({ db, alice }: Pick<Readers, "db"> & { alice: string }, filter = {}) =>
  latestSleep(db, { ...as(alice), days: 30, ...filter }, NOW);

Deno.test("latestSleep() answers the last night with its stages, and efficiency reckoned anew", async () => {
  await withSleeper(async (world) => {
    const { app, alice } = world;
    const stages = [
      {
        stage: "awake",
        start: new Date("2026-02-02T22:00:00Z"),
        end: new Date("2026-02-02T22:30:00Z"),
      },
      {
        stage: "deep",
        start: new Date("2026-02-02T22:30:00Z"),
        end: new Date("2026-02-03T06:00:00Z"),
      },
    ] as const;
    await storeSessions(app, await addAccount(app, alice), "oura", [
      sleep("2026-02-01T22:00:00Z", "2026-02-02T06:00:00Z", { asleepSeconds: 7 * HOUR }),
      sleep("2026-02-02T22:00:00Z", "2026-02-03T06:00:00Z", {
        offsetMinutes: 60,
        asleepSeconds: 6 * HOUR,
        inBedSeconds: 8 * HOUR,
        deepSeconds: 2 * HOUR,
        efficiencyPercent: 91,
        hrMinimum: 48,
        isNap: false,
        stages,
      }),
      sleep("2026-02-03T11:00:00Z", "2026-02-03T11:30:00Z", { isNap: true, asleepSeconds: 1_200 }),
    ]);
    const { localDate, sleep: night, naps, parts, alsoSeenBy } = await read(world);
    assert.equal(localDate, "2026-02-03");
    assert.ok(night);
    const { id, source, stages: told, ...rest } = night;
    assert.ok(id);
    assert.equal(source.provider, "oura");
    assert.deepEqual(rest, {
      start: "2026-02-02T22:00:00.000000Z",
      end: "2026-02-03T06:00:00.000000Z",
      offsetMinutes: 60,
      localDate: "2026-02-03",
      isNap: false,
      inBedSeconds: 8 * HOUR,
      asleepSeconds: 6 * HOUR,
      deepSeconds: 2 * HOUR,
      hrMinimum: 48,
      efficiency: 75,
      vendorEfficiency: 91,
    });
    assert.deepEqual(told.map(({ stage }) => stage), ["awake", "deep"]);
    assert.deepEqual(naps.map(({ asleepSeconds }) => asleepSeconds), [1_200]);
    assert.deepEqual([parts, alsoSeenBy], [[], []]);
  });
});

Deno.test("latestSleep() is of the best source, and says who else saw it", async () => {
  await withSleeper(async (world) => {
    const { app, alice } = world;
    const phone = await addAccount(app, alice, { provider: "apple_health" });
    const night = ["2026-02-02T22:00:00Z", "2026-02-03T06:00:00Z"] as const;
    await storeSessions(app, phone, "apple_health", [
      sleep("2026-02-02T21:00:00Z", night[1], { device: "iPhone", asleepSeconds: 8 * HOUR }),
    ]);
    await storeSessions(app, await addAccount(app, alice), "oura", [
      sleep(...night, { asleepSeconds: 7 * HOUR }),
    ]);
    const both = await read(world);
    assert.equal(both.sleep?.source.provider, "oura");
    assert.deepEqual(
      both.alsoSeenBy.map(({ source, ...rest }) => [source.provider, rest]),
      [["apple_health", { asleepSeconds: 8 * HOUR, rule: "device_class" }]],
    );
    const apart = await read(world, { provider: "apple_health" });
    assert.equal(apart.sleep?.source.provider, "apple_health");
    assert.deepEqual(apart.alsoSeenBy, []);
  });
});

Deno.test("latestSleep() takes a night that was cut in two, and what nobody calls a nap", async () => {
  await withSleeper(async (world) => {
    const { app, alice } = world;
    await storeSessions(app, await addAccount(app, alice), "oura", [
      sleep("2026-02-02T21:00:00Z", "2026-02-03T01:00:00Z", { asleepSeconds: 4 * HOUR }),
      sleep("2026-02-03T02:00:00Z", "2026-02-03T07:00:00Z", {
        deepSeconds: HOUR,
        remSeconds: HOUR,
      }),
      sleep("2026-02-03T10:00:00Z", "2026-02-03T11:00:00Z"),
    ]);
    const { sleep: night, parts, naps } = await read(world);
    assert.deepEqual([night?.asleepSeconds, night?.efficiency], [2 * HOUR, 40]);
    assert.deepEqual(parts.map(({ asleepSeconds }) => asleepSeconds), [4 * HOUR]);
    assert.equal(naps.length, 1);
    assert.deepEqual([naps[0]?.asleepSeconds, naps[0]?.efficiency], [undefined, undefined]);
  });
});

Deno.test("latestSleep() answers nothing of nobody, of another, or of long ago", async () => {
  await withSleeper(async (world) => {
    const { app, admin, alice } = world;
    await storeSessions(app, await addAccount(app, alice), "oura", [
      sleep("2026-01-10T22:00:00Z", "2026-01-11T06:00:00Z"),
    ]);
    const nothing = { localDate: null, sleep: null, parts: [], naps: [], alsoSeenBy: [] };
    assert.deepEqual(await read({ ...world, alice: await addPerson(admin) }), nothing);
    assert.deepEqual(await read(world, { days: 7 }), nothing);
    assert.equal((await read(world)).localDate, "2026-01-11");
  });
});

import assert from "node:assert/strict";
import { coverage } from "@shared/metrics/coverage.ts";
import { batchOf, store } from "../support/batches.ts";
import { addAccount, addPerson } from "../support/people.ts";
import { as, withReaders } from "../support/readers.ts";

Deno.test("coverage() tells from when to when each source has each metric", async () => {
  await withReaders(async ({ app, admin, db }) => {
    const alice = await addPerson(admin);
    const oura = await addAccount(app, alice);
    const value = (metric: string, at: string) => ({ metric, at, value: 60, offsetMinutes: 120 });
    await store(
      app,
      oura,
      batchOf([{
        id: "a",
        values: [
          value("heart_rate", "2026-02-01T08:00:00Z"),
          value("heart_rate", "2026-02-01T09:00:00Z"),
          value("heart_rate", "2026-02-03T23:00:00Z"),
          value("steps", "2026-02-02T08:00:00Z"),
        ],
      }]),
    );
    const garmin = await addAccount(app, alice, { provider: "garmin" });
    await store(
      app,
      garmin,
      batchOf([{ id: "b", values: [value("steps", "2026-02-05T08:00:00Z")] }]),
    );

    const read = async (filter = {}, userId = alice) =>
      (await coverage(db, { ...as(userId), ...filter }))
        .map(({ source, firstAt, lastAt, ...rest }) => ({
          ...rest,
          provider: source.provider,
          at: [firstAt.slice(0, 16), lastAt.slice(0, 16)],
        }));
    const heart = {
      metric: "heart_rate",
      provider: "oura",
      firstDate: "2026-02-01",
      lastDate: "2026-02-04",
      at: ["2026-02-01T08:00", "2026-02-03T23:00"],
      days: 2,
    };
    const steps = (provider: string, day: number) => ({
      metric: "steps",
      provider,
      firstDate: `2026-02-0${day}`,
      lastDate: `2026-02-0${day}`,
      at: [`2026-02-0${day}T08:00`, `2026-02-0${day}T08:00`],
      days: 1,
    });
    assert.deepEqual(await read(), [heart, steps("oura", 2), steps("garmin", 5)]);
    assert.deepEqual(await read({ provider: "garmin" }), [steps("garmin", 5)]);
    assert.deepEqual(await read({ types: ["heart_rate"] }), [heart]);
    assert.deepEqual(await read({ since: "2026-02-05" }), [steps("garmin", 5)]);
    assert.deepEqual(await read({ until: "2026-02-02", types: ["steps"] }), []);
    assert.deepEqual(await read({}, await addPerson(admin)), []);
  });
});

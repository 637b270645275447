import assert from "node:assert/strict";
import apple from "@shared/providers/apple_health.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import healthConnect from "@shared/providers/health_connect.ts";
import samsung from "@shared/providers/samsung_health.ts";

const AT = { startDate: "2026-02-03T08:00:00Z", endDate: "2026-02-03T08:00:00Z" };

function upload(data: Readonly<Record<string, readonly unknown[]>>, p: object = {}) {
  return { provider: "apple", syncTimestamp: "2026-02-03T21:00:00Z", ...p, data };
}

/** What each record of an upload means: metrics as `name value`, everything else by its kind. */
function read(
  driver: ProviderDriver,
  records: readonly object[],
  p: object = {},
  receivedAt?: Date,
): readonly (readonly [id: string, ...items: readonly string[]])[] {
  const rows = records.map((row, i) => ({ id: `r${i}`, ...AT, ...row }));
  const context = receivedAt ? { receivedAt } : {};
  return driver.normalise("records", upload({ records: rows }, p), context).records
    .map(({ id, items }) => [
      id,
      ...items.map((item) =>
        item.kind === "metric"
          ? `${item.metric} ${item.value}`
          : item.kind === "quarantine"
          ? item.reason
          : item.kind
      ),
    ]);
}

Deno.test("a bad row harms none of its neighbours, and says what is wrong with it", () => {
  const good = { type: "HEART_RATE", value: 60 };
  const rows = [
    good,
    { ...good, startDate: "yesterday" },
    { ...good, startDate: "1969-12-31T23:59:59Z" },
    { ...good, endDate: "2026-02-03T07:59:59Z" },
    { ...good, zoneOffset: "+05:30:15" },
    { ...good, value: null },
    { ...good, value: "60" },
    { ...good, source: 7 },
    { ...good, id: 7 },
    good,
  ];
  const batch = healthConnect.normalise(
    "records",
    upload({ records: [null, 7, ...rows.map((row, i) => ({ id: `r${i}`, ...AT, ...row }))] }),
  );
  assert.equal(batch.unidentified, 4);
  assert.deepEqual(
    batch.records.map(({ items }) =>
      items.map((item) => item.kind === "quarantine" ? item.reason : item.kind).join()
    ),
    ["metric", "no_time", "no_time", "interval_inverted", "metric", "", "", "metric"],
  );
});

Deno.test("a time after its arrival is not believed, but for five minutes of a fast clock", () => {
  const row = [{ type: "HEART_RATE", value: 60 }];
  const received = (time: string) => read(healthConnect, row, {}, new Date(time))[0]?.[1];
  assert.equal(received("2026-02-03T07:55:00Z"), "heart_rate 60");
  assert.equal(received("2026-02-03T07:54:59Z"), "no_time");
});

Deno.test("the envelope says whose rules hold, whichever driver reads it", () => {
  const energy = [{ type: "ACTIVE_CALORIES_BURNED", value: 100, unit: "kcal" }];
  const id = "ACTIVE_CALORIES_BURNED@2026-02-03T08:00:00Z";
  assert.deepEqual(read(healthConnect, energy, { provider: "google" }), [
    ["r0", "energy_active 100"],
  ]);
  assert.deepEqual(read(healthConnect, energy, { provider: "SAMSUNG" }), [[
    id,
    "energy_total 100",
  ]]);
  assert.deepEqual(read(healthConnect, energy, { provider: null }), [["r0", "energy_active 100"]]);
  assert.deepEqual(read(samsung, energy, { provider: null }), [[id, "energy_total 100"]]);
});

Deno.test("Samsung's sums are one record an hour, and the newest upload is its newest version", () => {
  const steps = (id: string, value: number, syncTimestamp: string) =>
    samsung.normalise(
      "records",
      upload({ records: [{ id, ...AT, type: "STEP_COUNT", value }] }, {
        provider: "samsung",
        syncTimestamp,
      }),
    ).records[0];
  const first = steps("a", 100, "2026-02-03T09:00:00Z");
  const second = steps("b", 140, "2026-02-03T10:00:00Z");
  assert.equal(first?.id, second?.id);
  assert.deepEqual(second?.version, new Date("2026-02-03T10:00:00Z"));
  assert.ok((first?.version ?? 0) < (second?.version ?? 0));
});

Deno.test("what needs a consent of its own is not kept, not even raw", () => {
  const rows = ["SexualActivity", "CervicalMucusQuality", "OvulationTestResult"]
    .map((name) => ({ type: `HKCategoryTypeIdentifier${name}`, value: 1 }));
  assert.deepEqual(read(apple, rows), []);
});

Deno.test("parseDeletions() names the record of each section", () => {
  const { link } = apple;
  assert.ok(link.kind === "bridge");
  const ids = [
    { id: "1", type: "HKQuantityTypeIdentifierStepCount" },
    { id: "2", type: "HKCategoryTypeIdentifierSleepAnalysis" },
    { id: "3", type: "HKWorkoutTypeIdentifier" },
    { id: "4", type: "SLEEP" },
    { id: "5", type: "EXERCISE_SESSION" },
    { id: "6", type: "STEP_COUNT" },
  ];
  assert.deepEqual(
    link.parseDeletions({ provider: "apple", ids }).map((one) => Object.values(one).join(" ")),
    ["records 1", "sleep 2", "workouts 3", "sleep 4", "workouts 5", "records 6"],
  );
  for (const body of [null, {}, { ids: [{ id: "" }] }, { ids: [{ id: 7, type: "x" }] }]) {
    assert.throws(() => link.parseDeletions(body), { name: "ProviderError" });
  }
});

const NIGHT = { zoneOffset: "+01:00", source: { deviceModel: "Watch" } };

function nights(driver: ProviderDriver, sleep: readonly object[]) {
  return driver.normalise("sleep", upload({ sleep })).records;
}

Deno.test("a gap of two hours is within a sleep, and a longer one ends it", () => {
  const stage = (id: string, from: string, to: string) => ({
    ...NIGHT,
    id,
    stage: "light",
    startDate: `2026-02-03T${from}:00Z`,
    endDate: `2026-02-03T${to}:00Z`,
  });
  const early = stage("a", "00:00", "01:00");
  const ids = (...rows: readonly object[]) => nights(apple, rows).map(({ id }) => id);
  assert.deepEqual(ids(early, stage("b", "03:00", "04:00")), ["a"]);
  assert.deepEqual(ids(early, stage("b", "03:01", "04:00")), ["a", "b"]);
  assert.deepEqual(ids(stage("b", "03:00", "04:00"), early), ["a"]);
  // Of one parent, however long the person lay awake.
  const parent = { parentId: "p" };
  assert.deepEqual(ids({ ...early, ...parent }, { ...stage("b", "05:00", "06:00"), ...parent }), [
    "p",
  ]);
  // Another device is another source.
  assert.deepEqual(ids(early, { ...stage("b", "00:30", "01:00"), source: { deviceModel: "B" } }), [
    "a",
    "b",
  ]);
});

Deno.test("a stored record replays by itself: a row, or the stages of a night", () => {
  const sleep = [{ ...NIGHT, id: "a", stage: "deep", ...AT, endDate: "2026-02-03T09:00:00Z" }];
  const [night] = nights(apple, sleep);
  assert.deepEqual(apple.normalise("sleep", night?.raw).records[0]?.items, night?.items);
  const row = { id: "r", ...AT, type: "HKQuantityTypeIdentifierBodyMass", value: 70 };
  assert.equal(apple.normalise("records", row).records[0]?.items.length, 1);
});

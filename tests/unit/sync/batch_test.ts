import assert from "node:assert/strict";
import type { Normalized } from "@shared/catalog/normalized.ts";
import { beatsPerMinute, count } from "@shared/catalog/units.ts";
import { measure, rate } from "@shared/providers/kit/measure.ts";
import { toBatch, tombstone } from "@shared/sync/batch.ts";

const AT = { start: new Date("2026-02-01T00:00:00Z") };
const HOUR = { ...AT, end: new Date("2026-02-01T01:00:00Z"), offsetMinutes: 0 };

function record(id: string, ...items: readonly Normalized[]) {
  return { id, raw: { id }, items };
}

Deno.test("toBatch() says each source once, and marks what must not mix", () => {
  const { sources, samples } = toBatch([
    record("a", ...measure("heart_rate", beatsPerMinute(60), { ...AT, device: "ring" })),
    record("b", ...measure("heart_rate", beatsPerMinute(61), { ...AT, device: "ring" })),
    record("c", ...measure("steps", count(0), { ...HOUR, dailyTotal: true })),
    record("d", ...rate("sleep_score", 80, [0, 100], AT)),
    record("e", ...rate("strain_score", 14, "open_ended", AT)),
  ], "oura");
  assert.deepEqual(samples.map(({ record, source, value }) => [record, source, value]), [
    [0, 0, 60],
    [1, 0, 61],
    [2, 1, 0],
    [3, 2, 80],
    [4, 3, 14],
  ]);
  assert.deepEqual(
    sources.map((
      { ordinal, device, daily_total, scale, device_class },
    ) => [ordinal, device, daily_total, scale, device_class]),
    [
      [0, "ring", false, "", "ring"],
      [1, "", true, "", "ring"],
      [2, "", false, "0..100", "ring"],
      [3, "", false, "open_ended", "ring"],
    ],
  );
});

Deno.test("toBatch() keeps zero as a value and null as no clock, and spans in seconds", () => {
  const { samples } = toBatch([
    record(
      "a",
      ...measure("steps", count(0), HOUR),
      ...measure("heart_rate", beatsPerMinute(60), AT),
    ),
  ], "oura");
  assert.deepEqual(
    samples.map(({ value, duration_s, offset_minutes }) => [value, duration_s, offset_minutes]),
    [
      [0, 3_600, 0],
      [60, 0, null],
    ],
  );
});

Deno.test("toBatch() lets nothing of a deleted record through, and names each reason of doubt once", () => {
  const batch = toBatch([
    record("gone", { kind: "deletion" }, ...measure("heart_rate", beatsPerMinute(60), AT)),
    record(
      "doubtful",
      { kind: "quarantine", reason: "sentinel" },
      { kind: "quarantine", reason: "implausible" },
      { kind: "quarantine", reason: "sentinel" },
    ),
  ], "oura");
  assert.deepEqual(batch.samples, []);
  assert.deepEqual(batch.records.map(({ deleted, quarantine }) => [deleted, quarantine]), [
    [true, null],
    [false, ["sentinel", "implausible"]],
  ]);
  const { records, samples } = tombstone("gone");
  assert.deepEqual([records[0]?.id, records[0]?.deleted, samples.length], ["gone", true, 0]);
});

Deno.test("toBatch() leaves the day to the database, unless the provider names one that there is", () => {
  const sleep = {
    kind: "sleep",
    start: new Date("2026-02-01T21:00:00Z"),
    end: new Date("2026-02-02T05:00:00Z"),
    offsetMinutes: 60,
    asleepSeconds: 25_200,
  } as const;
  const { sessions, samples } = toBatch([
    record("night", sleep),
    record("other", { ...sleep, id: "own", localDate: "2026-02-09" }),
    record("mistaken", { ...sleep, localDate: "2026-02-30" }),
  ], "oura");
  assert.deepEqual(
    sessions.map((
      { record, session_id, local_date, measures },
    ) => [record, session_id, local_date, measures]),
    [
      [0, "night", null, { asleepSeconds: 25_200 }],
      [1, "own", "2026-02-09", { asleepSeconds: 25_200 }],
      [2, "mistaken", null, { asleepSeconds: 25_200 }],
    ],
  );
  assert.deepEqual(
    samples.map(({ record, metric, value, local_date }) => [record, metric, value, local_date]),
    [
      [0, "sleep_duration", 420, null],
      [1, "sleep_duration", 420, "2026-02-09"],
      [2, "sleep_duration", 420, null],
    ],
  );
});

Deno.test("toBatch() passes nothing on that is out of the catalog's range, and says so", () => {
  const run = { kind: "workout", ...HOUR, hrAverage: 900, distanceMetres: 10_000 } as const;
  const { records, samples, sessions } = toBatch([
    record("derived", run),
    record("measured", ...measure("heart_rate", beatsPerMinute(19), AT)),
    record("edge", ...measure("heart_rate", beatsPerMinute(20), AT)),
    record("none", ...measure("heart_rate", beatsPerMinute(NaN), AT)),
  ], "strava");
  assert.deepEqual(records.map(({ quarantine }) => quarantine), [
    ["implausible"],
    ["implausible"],
    null,
    ["implausible"],
  ]);
  assert.deepEqual(samples.map(({ metric }) => metric), [
    "workout_duration",
    "workout_distance",
    "heart_rate",
  ]);
  assert.equal(sessions[0]?.measures["hrAverage"], 900, "what was said stays with the session");
});

Deno.test("toBatch() keeps a workout's laps beside its measures, and those that another record tells by the workout's id", () => {
  const lap = { ...HOUR, distanceMetres: 1_000 };
  const workout = { kind: "workout", ...HOUR, type: "running", hrAverage: 140 } as const;
  const { sessions, samples } = toBatch([
    record("run", { ...workout, laps: [lap] }),
    record("ride", workout),
    record("details", { kind: "laps", ...HOUR, id: "ride", laps: [lap, lap] }),
  ], "strava");
  assert.deepEqual(
    sessions.map(({ kind, session_id, type, measures, laps }) => [
      kind,
      session_id,
      type,
      measures,
      laps?.length ?? null,
    ]),
    [
      ["workout", "run", "running", { hrAverage: 140 }, 1],
      ["workout", "ride", "running", { hrAverage: 140 }, null],
      ["laps", "ride", null, {}, 2],
    ],
  );
  assert.deepEqual(sessions[0]?.laps, [lap]);
  assert.ok(samples.every(({ record }) => record < 2), "laps are no metrics");
});

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
  ]);
  assert.deepEqual(samples.map(({ record, source, value }) => [record, source, value]), [
    [0, 0, 60],
    [1, 0, 61],
    [2, 1, 0],
    [3, 2, 80],
    [4, 3, 14],
  ]);
  assert.deepEqual(
    sources.map(({ ordinal, device, daily_total, scale }) => [ordinal, device, daily_total, scale]),
    [
      [0, "ring", false, ""],
      [1, "", true, ""],
      [2, "", false, "0..100"],
      [3, "", false, "open_ended"],
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
  ]);
  assert.deepEqual(
    samples.map(({ value, duration_s, offset_minutes }) => [value, duration_s, offset_minutes]),
    [
      [0, 3_600, 0],
      [60, null, null],
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
  ]);
  assert.deepEqual(batch.samples, []);
  assert.deepEqual(batch.records.map(({ deleted, quarantine }) => [deleted, quarantine]), [
    [true, null],
    [false, ["sentinel", "implausible"]],
  ]);
  const { records, samples } = tombstone("gone");
  assert.deepEqual([records[0]?.id, records[0]?.deleted, samples.length], ["gone", true, 0]);
});

Deno.test("toBatch() keeps a sleep whole on the day of waking, and derives its metrics", () => {
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
  ]);
  assert.deepEqual(
    sessions.map((
      { record, session_id, local_date, measures },
    ) => [record, session_id, local_date, measures]),
    [
      [0, "night", "2026-02-02", { asleepSeconds: 25_200 }],
      [1, "own", "2026-02-09", { asleepSeconds: 25_200 }],
    ],
  );
  assert.deepEqual(samples.map(({ record, metric, value }) => [record, metric, value]), [
    [0, "sleep_duration", 420],
    [1, "sleep_duration", 420],
  ]);
});

Deno.test("toBatch() keeps a workout's laps beside its measures, and those that another record tells by the workout's id", () => {
  const lap = { ...HOUR, distanceMetres: 1_000 };
  const workout = { kind: "workout", ...HOUR, type: "running", hrAverage: 140 } as const;
  const { sessions, samples } = toBatch([
    record("run", { ...workout, laps: [lap] }),
    record("ride", workout),
    record("details", { kind: "laps", ...HOUR, id: "ride", laps: [lap, lap] }),
  ]);
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

import assert from "node:assert/strict";
import type { SleepSession, Workout } from "@shared/catalog/normalized.ts";
import { deriveMetrics } from "@shared/sync/derive.ts";

const WHEN = {
  start: new Date("2026-02-01T22:00:00Z"),
  end: new Date("2026-02-02T06:00:00Z"),
  offsetMinutes: 60,
} as const;

const of = (item: SleepSession | Workout) =>
  Object.fromEntries(deriveMetrics(item).map(({ metric, value }) => [metric, value]));

Deno.test("deriveMetrics() reads a night in the catalog's units, over its span", () => {
  const night: SleepSession = {
    kind: "sleep",
    ...WHEN,
    asleepSeconds: 25_200,
    remSeconds: 5_400,
    efficiencyPercent: 88,
    hrvRmssd: 42,
    latencySeconds: 0,
  };
  assert.deepEqual(of(night), {
    sleep_duration: 420,
    sleep_rem: 90,
    sleep_latency: 0,
    sleep_efficiency: 88,
    hrv_rmssd: 42,
  });
  const [first] = deriveMetrics(night);
  assert.deepEqual([first?.start, first?.end, first?.offsetMinutes], [WHEN.start, WHEN.end, 60]);
  const [named] = deriveMetrics({ ...night, localDate: "2026-02-03" });
  assert.deepEqual([first?.localDate, named?.localDate], [undefined, "2026-02-03"]);
});

Deno.test("deriveMetrics() marks means over the session, so that they never mix with instants", () => {
  const night: SleepSession = { kind: "sleep", ...WHEN, hrvRmssd: 42, hrMinimum: 48 };
  const statistics = deriveMetrics(night).map(({ metric, statistic }) => [metric, statistic]);
  assert.deepEqual(statistics, [["sleep_hr_min", undefined], ["hrv_rmssd", "nightly_average"]]);
});

Deno.test("deriveMetrics() reads a workout, and leaves out what is absent", () => {
  const run: Workout = {
    kind: "workout",
    ...WHEN,
    type: "running",
    durationSeconds: 3_600,
    distanceMetres: 10_000,
    energyKilocalories: 640,
    hrAverage: 140,
  };
  assert.deepEqual(of(run), {
    workout_duration: 3_600,
    workout_distance: 10_000,
    workout_energy: 640,
    heart_rate_avg: 140,
  });
});

Deno.test("deriveMetrics() takes the span for a workout that does not say how long it was", () => {
  assert.deepEqual(of({ kind: "workout", ...WHEN }), { workout_duration: 28_800 });
});

/** Answers of `metrics`: the source of their types and of docs/openapi.json; no function loads them. */
export * from "./metrics_answers/accesses.ts";
export * from "./metrics_answers/coverage.ts";
export * from "./metrics_answers/glucose.ts";
export * from "./metrics_answers/preferences.ts";
export * from "./metrics_answers/readings.ts";
export * from "./metrics_answers/series.ts";
export * from "./metrics_answers/sleep.ts";
export * from "./metrics_answers/summary.ts";
export * from "./metrics_answers/workouts.ts";

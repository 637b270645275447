/** Contracts of the function `metrics`: what is asked, and how it is answered. */
export * from "./metrics/accesses.ts";
export * from "./metrics/coverage.ts";
export * from "./metrics/glucose.ts";
export type { MetricSelection } from "./metrics/parameters.ts";
export * from "./metrics/preferences.ts";
export * from "./metrics/readings.ts";
export * from "./metrics/series.ts";
export * from "./metrics/sleep.ts";
export * from "./metrics/summary.ts";
export * from "./metrics/workouts.ts";
export { told, toldPage } from "./told.ts";

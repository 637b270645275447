import type { Database } from "../db/client.ts";
import { listAccesses } from "./accesses.ts";
import { coverage } from "./coverage.ts";
import { latestGlucose } from "./glucose.ts";
import { readPreferences, setPreferences } from "./preferences.ts";
import { latestMetrics, listMetrics } from "./query.ts";
import { series } from "./series.ts";
import { latestSleep } from "./sleep.ts";
import { dailySummaries } from "./summary.ts";
import { listWorkouts } from "./workouts.ts";

type Asked<F extends (db: Database, asked: never, now: Date) => unknown> = Parameters<F>[1];

/** What a person may ask of their own numbers. */
export function metricsUseCases({ db, now }: { readonly db: Database; readonly now: () => Date }) {
  return {
    list: (ask: Asked<typeof listMetrics>) => listMetrics(db, ask),
    latest: (ask: Asked<typeof latestMetrics>) => latestMetrics(db, ask),
    glucose: (ask: Asked<typeof latestGlucose>) => latestGlucose(db, ask, now()),
    sleep: (ask: Asked<typeof latestSleep>) => latestSleep(db, ask, now()),
    workouts: (ask: Asked<typeof listWorkouts>) => listWorkouts(db, ask),
    summaries: (ask: Asked<typeof dailySummaries>) => dailySummaries(db, ask),
    series: (ask: Asked<typeof series>) => series(db, ask),
    coverage: (ask: Asked<typeof coverage>) => coverage(db, ask),
    preferences: (who: Asked<typeof readPreferences>) => readPreferences(db, who),
    setPreferences: (ask: Asked<typeof setPreferences>) => setPreferences(db, ask),
    accesses: (ask: Asked<typeof listAccesses>) => listAccesses(db, ask),
  };
}

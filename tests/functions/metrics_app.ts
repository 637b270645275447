import type {
  AccessRecord,
  Coverage,
  Glucose,
  MetricOfDay,
  MetricRow,
  Preferences,
  Series,
  Sleep,
  Workout,
} from "@shared/api/metrics.ts";
import { createApp } from "../../functions/metrics/app.ts";
import { httpRuntime } from "./http_runtime.ts";

export const ROW: MetricRow = {
  id: "17",
  metric: "heart_rate",
  value: 61,
  unit: "bpm",
  ts: "2026-01-01T08:00:00.123456Z",
  source: "oura",
  sourceId: 3,
  localDate: "2026-01-01",
  dailyTotal: false,
};

const SOURCE = {
  id: 3,
  provider: "oura",
  device: "Ring 4",
  deviceClass: "ring",
  dailyTotal: false,
};
const SHARE = { source: SOURCE, value: 9_000, counted: 9_000, readings: 24 };

const METRICS: readonly MetricOfDay[] = [
  {
    metric: "energy_active",
    value: 400,
    unit: "kcal",
    aggregate: "sum",
    low: 0,
    high: 40,
    receipt: { rule: "only_source", winner: SHARE, losers: [] },
  },
  {
    metric: "glucose",
    value: 110,
    unit: "mg/dL",
    aggregate: "avg",
    low: 70,
    high: 180,
    receipt: { rule: "only_source", winner: SHARE, losers: [] },
  },
  {
    metric: "sleep_duration",
    value: 450,
    unit: "min",
    aggregate: "sum",
    low: 450,
    high: 450,
    receipt: { rule: "only_source", winner: SHARE, losers: [] },
  },
  {
    metric: "steps",
    value: 9_000,
    unit: "count",
    aggregate: "sum",
    low: 1,
    high: 700,
    receipt: {
      rule: "person_order",
      winner: SHARE,
      losers: [{ ...SHARE, counted: 0, rule: "person_order", overlapHours: 12 }],
    },
  },
];

const GLUCOSE: Glucose = {
  unit: "mg/dL",
  latest: { value: 110, ts: ROW.ts, localDate: "2026-01-01", sourceId: 3 },
  readings: [],
  stats: null,
  period: { since: "2025-12-18T08:00:00.000Z", until: "2026-01-01T08:00:00.000Z" },
  sources: [SOURCE],
};

const SLEEP: Sleep = {
  localDate: "2026-01-01",
  sleep: {
    id: "1-2",
    source: SOURCE,
    start: ROW.ts,
    end: ROW.ts,
    localDate: "2026-01-01",
    inBedSeconds: 100,
    asleepSeconds: 90,
    efficiency: 90,
    stages: [{ stage: "deep", start: ROW.ts, end: ROW.ts }],
  },
  parts: [],
  naps: [],
  alsoSeenBy: [{ source: SOURCE, rule: "recency" }],
};

const WORKOUT: Workout = {
  id: "1-2",
  source: SOURCE,
  type: "running",
  start: ROW.ts,
  end: ROW.ts,
  localDate: "2026-01-01",
  durationSeconds: 60,
  distanceMetres: 200,
  paceSecondsPerKilometre: 300,
  zoneSeconds: [1, 2],
  duplicateOf: "3-4",
};

const SERIES: Series = {
  resolution: "1h",
  series: [{
    metric: "steps",
    unit: "count",
    aggregate: "sum",
    ts: ["2026-01-01T08:00:00Z"],
    value: [1],
    readings: [1],
    source: [3],
  }],
  sources: [SOURCE],
};

const COVERAGE: Coverage = {
  metric: "steps",
  source: SOURCE,
  firstDate: "2026-01-01",
  lastDate: "2026-01-01",
  firstAt: ROW.ts,
  lastAt: ROW.ts,
  days: 1,
};

const ACCESS: AccessRecord = {
  id: "1",
  ts: ROW.ts,
  action: "metrics.list",
  metrics: ["steps"],
  requestId: "request-0",
};

export const PREFERENCES: Preferences = {
  timeZone: "Europe/Berlin",
  sources: { all: [{ provider: "oura" }], categories: {}, metrics: {} },
};

type Asked = Record<string, unknown>;

/** The app over a port that answers what is given, and keeps what it was asked. */
export function metricsApp(nextCursor?: string) {
  const asked: Asked[] = [];
  const rows = [ROW];
  const keep = <T>(answer: T) => (ask: object) => {
    asked.push({ ...ask });
    return Promise.resolve(answer);
  };
  const page = nextCursor ? { nextCursor } : {};
  const days = [{ date: "2026-03-01", metrics: METRICS }];
  const app = createApp({
    ...httpRuntime(),
    metrics: {
      list: keep({ rows, ...page }),
      latest: keep({ rows }),
      glucose: keep(GLUCOSE),
      sleep: keep(SLEEP),
      workouts: keep({ rows: [WORKOUT], ...page }),
      summaries: keep({ timeZone: "Europe/Berlin", today: "2026-03-01", days }),
      series: keep(SERIES),
      coverage: keep([COVERAGE]),
      preferences: keep(PREFERENCES),
      setPreferences: keep(PREFERENCES),
      accesses: keep({ rows: [ACCESS], ...page }),
    },
  });
  return { app, asked, rows };
}

/** What was asked, without who asked. */
export const questions = (asked: readonly Asked[]) =>
  asked.map(({ claims: _, requestId: __, ...question }) => question);

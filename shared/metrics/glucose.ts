import { convert } from "../catalog/units.ts";
import { METRICS } from "../catalog/metrics.ts";
import { HOUR, MINUTE, SECOND } from "../core/time.ts";
import { readAs, readOnAs } from "../db/as_user.ts";
import type { Database } from "../db/client.ts";
import {
  type GlucoseDayRow,
  type GlucoseReadingRow,
  readGlucose,
  readGlucoseDays,
} from "../db/glucose.ts";
import { type PersonRow, readPerson } from "../db/person.ts";
import { latestReadings, type Reading } from "../db/readings.ts";
import { type GlucoseDay, glucoseStatistics } from "./glucose_statistics.ts";
import { type Judge, judgeOf, type SourceRef } from "./person.ts";
import { rank, type Ranking } from "./ranking.ts";
import { accessOf, type Asked } from "./asked.ts";

type Unit = "mg/dL" | "mmol/L";

export interface GlucoseAsked extends Omit<Asked, "types"> {
  /** Length of the period, which ends now. */
  readonly hours: number;
  readonly unit: Unit;
  /** In mg/dL. */
  readonly thresholds: Readonly<Record<"veryLow" | "low" | "high" | "veryHigh", number>>;
  /** Single readings at the most. */
  readonly limit: number;
}

type Answers = readonly [
  readonly [PersonRow],
  readonly GlucoseDayRow[],
  readonly Reading[],
  readonly GlucoseReadingRow[],
];

/** A sensor's readings and their statistics, each day of its best source. */
export async function latestGlucose(db: Database, asked: GlucoseAsked, now: Date) {
  // To the minute, so that an answer can be the same as the one before.
  const until = new Date(Math.ceil(now.getTime() / MINUTE) * MINUTE);
  const span = { since: new Date(until.getTime() - asked.hours * HOUR), until };
  const filter = { ...asked, ...span };
  const access = accessOf("metrics.glucose", { ...filter, types: ["glucose"] });
  const [[person], rows, [newestOfAll], newest] = await readAs<Answers>(db, access, (sql) => [
    readPerson(sql),
    readGlucoseDays(sql, filter),
    latestReadings(sql, { ...asked, metrics: ["glucose"] }),
    readGlucose(sql, filter),
  ]);
  const latest = newestOfAll ? toRow(newestOfAll) : undefined;
  const judge = judgeOf(person);
  const { category } = METRICS.glucose;
  const best = bestOfDays(rows, judge, judge.ranking({ code: "glucose", category }));
  // The newest of all sources are those of the best where no day has another.
  const readings = best.length === rows.length
    ? newest
    : (await readOnAs<readonly [readonly GlucoseReadingRow[]]>(
      db,
      asked,
      (sql) => [readGlucose(sql, { ...filter, only: best })],
    ))[0];
  const used = new Set(
    [...readings, ...latest ? [latest] : [], ...best].map(({ sourceId }) => sourceId),
  );
  return {
    unit: asked.unit,
    latest: latest ? toReading(latest, asked.unit) : null,
    readings: readings.map((reading) => toReading(reading, asked.unit)),
    stats: statisticsOf(best, asked, latest),
    period: { since: span.since.toISOString(), until: span.until.toISOString() },
    sources: [...used].sort((a, b) => a - b).map((id): SourceRef => judge.ref(id)),
  };
}

function bestOfDays(
  rows: readonly GlucoseDayRow[],
  judge: Judge,
  ranking: Ranking,
): readonly GlucoseDayRow[] {
  const days = Map.groupBy(rows, ({ date }) => date);
  return [...days.values()].flatMap((day) => {
    const spans = day.map((row) => ({
      row,
      source: judge.source(row.sourceId),
      lastAt: row.lastAt,
    }));
    const [best] = rank(spans, ranking).spans;
    return best ? [best.row] : [];
  });
}

function statisticsOf(
  best: readonly GlucoseDayRow[],
  { hours, unit, thresholds }: GlucoseAsked,
  latest: GlucoseReadingRow | undefined,
) {
  const stats = glucoseStatistics(best.map(toDay), hours * HOUR / SECOND);
  if (!stats || !latest) return null;
  const { count, days, sd, cv } = stats;
  const share = (percent: number) => round(percent, 2);
  return {
    latest: inUnit(latest.value, unit),
    avg: inUnit(stats.mean, unit),
    min: inUnit(stats.min, unit),
    max: inUnit(stats.max, unit),
    count,
    days,
    sd: sd === undefined ? null : inUnit(sd, unit),
    cv: cv === undefined ? null : share(cv),
    gmi: share(stats.gmi),
    timeInRange: {
      veryLow: share(stats.veryLow),
      low: share(stats.low),
      inRange: share(stats.inRange),
      high: share(stats.high),
      veryHigh: share(stats.veryHigh),
      thresholds: {
        veryLow: shown(thresholds.veryLow, unit),
        low: shown(thresholds.low, unit),
        high: shown(thresholds.high, unit),
        veryHigh: shown(thresholds.veryHigh, unit),
      },
    },
    sensorActive: share(stats.sensorActive),
  };
}

function toDay(row: GlucoseDayRow): GlucoseDay {
  return {
    n: row.n,
    mean: row.mean,
    squares: row.variance * row.n,
    low: row.low,
    high: row.high,
    below: { veryLow: row.belowVeryLow, low: row.belowLow },
    above: { high: row.aboveHigh, veryHigh: row.aboveVeryHigh },
    ...(row.pace === null ? {} : { pace: row.pace }),
  };
}

function toRow({ localDate, sourceId, start, value, offsetMinutes }: Reading): GlucoseReadingRow {
  return { date: localDate, sourceId: Number(sourceId), at: start, value, offsetMinutes };
}

function toReading({ date, sourceId, at, value, offsetMinutes }: GlucoseReadingRow, unit: Unit) {
  return {
    value: inUnit(value, unit),
    ts: at,
    localDate: date,
    ...(offsetMinutes === null ? {} : { offsetMinutes }),
    sourceId,
  };
}

/** To a hundredth: no sensor is finer. */
function inUnit(mgdl: number, unit: Unit): number {
  return round(unit === "mg/dL" ? mgdl : convert(mgdl, "mg/dL", "mmol/L glucose"), 2);
}

/** A threshold as people write it: 70 mg/dL are 3.9 mmol/L. */
function shown(mgdl: number, unit: Unit): number {
  return unit === "mg/dL" ? round(mgdl, 2) : round(convert(mgdl, "mg/dL", "mmol/L glucose"), 1);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

import { METRIC_CODES, type MetricCode, METRICS } from "../catalog/metrics.ts";
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../core/bytes.ts";
import { ProblemError } from "../core/problems.ts";
import { localDateOf, SECOND } from "../core/time.ts";
import { asUser, type UserClaims } from "../db/as_user.ts";
import type { Database } from "../db/client.ts";
import { latestReadings, listReadings, type Reading, type ReadingKey } from "../db/readings.ts";

/** A value as the API answers it. */
export interface MetricRow {
  readonly id: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** ISO 8601 with microseconds. */
  readonly ts: string;
  readonly end?: string;
  /** Slug of the provider. */
  readonly source: string;
  readonly via?: string;
  readonly deviceId?: string;
  readonly offsetMinutes?: number;
  /** The person's calendar day: of waking for a sleep, of the start for anything else. */
  readonly localDate: string;
  readonly dailyTotal: boolean;
}

export interface MetricQuery {
  readonly claims: UserClaims;
  /** Catalog codes; absent means all. */
  readonly types?: readonly string[];
  /** Groups of which a source's day answers with the first code that has rows. */
  readonly firstPresent?: readonly (readonly string[])[];
  readonly since?: Date;
  readonly until?: Date;
  readonly provider?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** A person's values, newest first, and the cursor of the next page where there is one. */
export async function listMetrics(
  db: Database,
  query: MetricQuery,
): Promise<{ rows: MetricRow[]; nextCursor?: string }> {
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const readings = await asUser(db, query.claims, (sql) =>
    listReadings(sql, {
      metrics: query.types ?? METRIC_CODES,
      limit: query.limit + 1,
      ...(query.firstPresent ? { firstPresent: query.firstPresent } : {}),
      ...(query.since ? { since: query.since } : {}),
      ...(query.until ? { until: query.until } : {}),
      ...(query.provider ? { provider: query.provider } : {}),
      ...(after ? { after } : {}),
    }));
  const page = readings.slice(0, query.limit);
  const last = page.at(-1);
  return {
    rows: page.map(toRow),
    ...(readings.length > query.limit && last ? { nextCursor: writeCursor(last) } : {}),
  };
}

/** The newest value of each metric. */
export async function latestMetrics(
  db: Database,
  query: Pick<MetricQuery, "claims" | "types" | "firstPresent" | "provider">,
): Promise<{ rows: MetricRow[] }> {
  const readings = await asUser(db, query.claims, (sql) =>
    latestReadings(sql, {
      metrics: query.types ?? METRIC_CODES,
      ...(query.firstPresent ? { firstPresent: query.firstPresent } : {}),
      ...(query.provider ? { provider: query.provider } : {}),
    }));
  return { rows: readings.map(toRow) };
}

function toRow(r: Reading): MetricRow {
  const start = new Date(r.start);
  const end = r.durationSeconds === null
    ? undefined
    : new Date(start.getTime() + r.durationSeconds * SECOND);
  // SAFETY: the database's catalog is generated from METRICS.
  const { category } = METRICS[r.metric as MetricCode];
  const day = category === "sleep" && end ? end : start;
  return {
    id: [r.recordId, r.metricId, r.sourceId, start.getTime()].join("-"),
    metric: r.metric,
    value: r.value,
    unit: r.unit,
    ts: r.start,
    ...(end ? { end: end.toISOString() } : {}),
    source: r.provider,
    ...(r.via ? { via: r.via } : {}),
    ...(r.device ? { deviceId: r.device } : {}),
    ...(r.offsetMinutes === null ? {} : { offsetMinutes: r.offsetMinutes }),
    localDate: localDateOf(day, r.offsetMinutes ?? 0),
    dailyTotal: r.dailyTotal,
  };
}

/** A cursor is a place, not a permission: row security binds it to whoever sends it. */
function writeCursor(r: Reading): string {
  return toBase64Url(utf8(JSON.stringify([r.start, r.metricId, r.sourceId, r.recordId])));
}

const START = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const ID = /^\d{1,18}$/;

function readCursor(cursor: string): ReadingKey {
  let parts: unknown;
  try {
    parts = JSON.parse(fromUtf8(fromBase64Url(cursor)));
  } catch {
    parts = undefined;
  }
  if (Array.isArray(parts) && parts.length === 4) {
    const [start, metricId, sourceId, recordId] = parts.map(String);
    if (
      start && START.test(start) && !Number.isNaN(Date.parse(start)) && metricId &&
      /^\d{1,4}$/.test(metricId) && sourceId && /^\d{1,9}$/.test(sourceId) && recordId &&
      ID.test(recordId)
    ) return { start, metricId, sourceId, recordId };
  }
  throw new ProblemError("invalid_request", "Cannot read cursor: it is not one of ours");
}

import type { Sql } from "./client.ts";
import { columnsOf } from "./columns.ts";

/** A provider's record, as `ingest_records` takes it. */
export interface RecordRow {
  readonly ordinal: number;
  readonly id: string;
  readonly version: string | null;
  readonly deleted: boolean;
  readonly raw: unknown;
  readonly quarantine: readonly string[] | null;
}

export interface SourceRow {
  readonly ordinal: number;
  readonly device: string;
  readonly statistic: string;
  readonly entry: string;
  readonly daily_total: boolean;
  readonly estimated: boolean;
  readonly scale: string;
  readonly device_class: string;
}

export interface SampleRow {
  /** Ordinal of its `RecordRow`: a batch may hold one id twice. */
  readonly record: number;
  readonly metric: string;
  /** Since 1970, in milliseconds and fractions of them. */
  readonly start_ms: number;
  /** Ordinal of a `SourceRow`. */
  readonly source: number;
  readonly value: number;
  /** 0 for an instant. */
  readonly duration_s: number;
  /** Null where the reading has none: then the person's zone dates it, or the account's. */
  readonly offset_minutes: number | null;
  /** The day that the provider names, which no offset can change. */
  readonly local_date: string | null;
}

export interface SessionRow {
  /** Ordinal of its `RecordRow`. */
  readonly record: number;
  /** `laps`: of the workout whose `session_id` it names. */
  readonly kind: "sleep" | "workout" | "laps";
  readonly session_id: string;
  readonly source: number;
  readonly start_at: string;
  readonly end_at: string;
  readonly offset_minutes: number | null;
  readonly local_date: string | null;
  readonly type: string | null;
  readonly is_nap: boolean | null;
  readonly measures: Readonly<Record<string, unknown>>;
  readonly stages: readonly unknown[] | null;
  readonly laps: readonly unknown[] | null;
}

export interface Batch {
  readonly records: readonly RecordRow[];
  readonly sources: readonly SourceRow[];
  readonly samples: readonly SampleRow[];
  readonly sessions: readonly SessionRow[];
}

/** What was told of one resource of an account. */
export interface Told {
  readonly resource: string;
  readonly observedAt: string;
  readonly batch: Batch;
  /** How many days the provider's terms let the raw records be kept; absent: without limit. */
  readonly rawDays?: number | undefined;
}

/** Who writes: the account, as it was when the writer looked. */
export interface Writer {
  readonly accountId: string;
  readonly generation: number;
}

export interface Ingested {
  /** Records that were not as they are. */
  readonly changed: number;
  /** Samples written for them. */
  readonly stored: number;
  /** Samples out of the catalog's range: none, as long as `toBatch` made the batch. */
  readonly refused: number;
}

/**
 * Stores an account's batches; newest (version, observedAt) wins. Throws `accountClosed` where the account
 * is disconnected or was linked anew since `generation`.
 */
export async function ingest(
  sql: Sql,
  { accountId, generation }: Writer,
  told: readonly Told[],
): Promise<Ingested> {
  const c = columnsOf(told);
  // As text: the driver would quote and escape each number of an array by itself.
  const [row] = await sql<[Ingested]>`
    select changed, stored, refused
    from raphael_private.ingest_records(
      ${accountId}, ${generation}, ${c.resources}, ${c.observed}::text[]::timestamptz[], ${c.keepDays}::text::int[],
      ${c.recordTold}::text::int[], ${c.recordIds}::text::json, ${c.versions}::text::timestamptz[],
      ${c.deleted}::text::boolean[], ${c.payloads}::text::json, ${c.doubts}::text::text[],
      ${c.recordMetrics}::text::text[], ${c.firsts}::text::float8[], ${c.lasts}::text::float8[],
      ${c.sources}::text::json, ${c.metrics},
      ${c.seriesRecord}::text::int[], ${c.seriesMetric}::text::int[], ${c.seriesSource}::text::int[],
      ${c.seriesDuration}::text::int[], ${c.seriesOffset}::text::smallint[], ${c.seriesDate}::text::date[],
      ${c.sampleSeries}::text::int[], ${c.starts}::text::float8[], ${c.values}::text::float8[],
      ${c.sessions}::text::json
    )`;
  return row;
}

import type { Sql } from "./client.ts";

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
}

export interface SampleRow {
  /** Ordinal of its `RecordRow`: a batch may hold one id twice. */
  readonly record: number;
  readonly metric: string;
  readonly start_at: string;
  /** Ordinal of a `SourceRow`. */
  readonly source: number;
  readonly value: number;
  readonly duration_s: number | null;
  readonly offset_minutes: number | null;
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
  readonly local_date: string;
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

/**
 * Stores a batch; newest (version, observedAt) wins. Throws `accountClosed` where the account is
 * disconnected or was linked anew since `generation`.
 */
export async function ingest(
  sql: Sql,
  p: { accountId: string; generation: number; resource: string; observedAt: string; batch: Batch },
): Promise<{ changed: number; stored: number }> {
  const { records, sources, samples, sessions } = p.batch;
  // SAFETY: rows are plain JSON values; postgres.js wants an index signature that interfaces lack.
  const json = (rows: readonly unknown[]) => sql.json(rows as never);
  const [row] = await sql<[{ changed: number; stored: number }]>`
    select changed, stored
    from raphael_private.ingest_records(
      ${p.accountId}, ${p.generation}, ${p.resource}, ${p.observedAt}::text::timestamptz,
      ${json(records)}, ${json(sources)}, ${json(samples)}, ${json(sessions)}
    )`;
  return row;
}

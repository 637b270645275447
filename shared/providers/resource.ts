import type { z } from "zod";
import type { MetricCode } from "../catalog/metrics.ts";
import type { Normalized } from "../catalog/normalized.ts";
import type { Ask } from "./driver.ts";

/** A record's identity: the upsert key, and its version where the provider gives one. */
export interface RecordRef {
  readonly id: string;
  /** The provider's `updated_at` or the like; absent where it has none (never mix per resource). */
  readonly version?: Date;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next?: string | undefined;
  /** The body was no list, so it was taken for one row by itself: then the row must have an id. */
  readonly bare?: boolean;
}

/** One collection a provider serves: how to ask for it, what comes back, what it means. */
export interface Resource<Row = unknown, M extends MetricCode = MetricCode> {
  /** Names cursor, job and raw record: `sleep`. Never changes once shipped. */
  readonly name: string;
  /** Every metric that `normalise` may yield by itself; sessions' metrics are derived from sessions. */
  readonly produces: readonly M[];
  /** Sessions that `normalise` may yield. */
  readonly sessions?: readonly ("sleep" | "workout")[];
  /** The OAuth scope without which asking is pointless. */
  readonly scope?: string;
  /** Names the provider has for it: `GET /v2/usercollection/sleep`, a webhook type, a push key. */
  readonly aliases: readonly string[];
  /** Longest window that one request may span, where it is not the driver's `history.pageDays`. */
  readonly pageDays?: number;
  /** How often to ask where no webhook tells; absent where one does. */
  readonly poll?: Poll;
  /** Absent when the data is only ever pushed. */
  request?(ask: Ask): Request;
  /** One record by the provider's id, for webhooks that name it. */
  requestOne?(ask: Ask & { readonly recordId: string }): Request;
  /** The provider's envelope in, rows out; also takes one bare row. Rows keep fields we do not know. */
  readonly page: z.ZodType<Page<Row>>;
  /** The row's identity; nothing where it has none (then it is quarantined). */
  record(row: Row): RecordRef | undefined;
  /** Pure: the same row gives the same items. */
  normalise(row: Row): Iterable<Normalized<M>>;
}

export interface Poll {
  readonly everyMinutes: number;
  /** How far back each poll reads again, because records arrive late and change. */
  readonly trailingHours: number;
}

/** A record as it arrived, and what it means. */
export interface NormalizedRecord {
  readonly id: string;
  readonly version?: Date;
  readonly raw: unknown;
  readonly items: readonly Normalized[];
}

export interface MetricBatch {
  readonly resource: string;
  readonly records: readonly NormalizedRecord[];
  /** Rows that could not be identified: counted, not stored. */
  readonly unidentified: number;
  /** Checkpoint: hand back as `cursor` to resume after this batch. */
  readonly next?: string;
}

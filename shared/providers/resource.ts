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

/** What a payload does not say of itself; absent is unknown, and a driver then makes nothing up. */
export interface NormaliseContext {
  /** When it reached us: the time of a record that carries none (WHOOP's body measurement). */
  readonly receivedAt?: Date;
  /** The person's IANA zone, for local times without an offset (Polar). */
  readonly timeZone?: string;
  /** The record that the rows belong to (`Resource.within`): a stream begins when its activity does. */
  readonly parent?: unknown;
  /** What the envelope says of all its rows (`Page.about`). */
  readonly about?: unknown;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** What the envelope says of all rows (a unit, a device): `record` and `normalise` get it. */
  readonly about?: unknown;
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
  /** Days back that are worth asking for, where fewer than the driver's: each may cost a request. */
  readonly historyDays?: number;
  /** How often to ask where no webhook tells; absent where one does. */
  readonly poll?: Poll;
  /** Absent when the data is only ever pushed. */
  request?(ask: Ask): Request;
  /** One record by the provider's id, for webhooks that name it. */
  requestOne?(ask: Ask & { readonly recordId: string }): Request;
  /**
   * The resource whose record of the same id these rows belong to: it is fetched first and becomes
   * `context.parent`. Such a resource has `requestOne` and is asked for after each new parent.
   */
  readonly within?: string;
  /** Statuses that mean "nothing there" and are an empty page: Strava's 404 for a manual activity's streams. */
  readonly emptyStatuses?: readonly number[];
  /** The provider's envelope in, rows out; also takes one bare row. Rows keep fields we do not know. */
  readonly page: z.ZodType<Page<Row>>;
  /** The next page's mark where no answer holds it: pages that the caller counts (Strava). */
  next?(page: Page<Row>, ask: Ask): string | undefined;
  /** The row's identity; nothing where it has none (then it is quarantined). */
  record(row: Row, context: NormaliseContext): RecordRef | undefined;
  /** Pure: the same row and context give the same items. */
  normalise(row: Row, context: NormaliseContext): Iterable<Normalized<M>>;
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

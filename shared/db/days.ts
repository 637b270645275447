import type { Sql } from "./client.ts";

/**
 * The zone that a person chooses, null for none; true where it changed: enqueue `metrics.redate` in the
 * same transaction. Throws where the database knows no such zone.
 */
export async function setTimeZone(sql: Sql, userId: string, zone: string | null): Promise<boolean> {
  const [row] = await sql<[{ changed: boolean }]>`
    select raphael_private.set_time_zone(${userId}, ${zone}) as changed`;
  return row.changed;
}

/**
 * The zone of the provider's profile; one that the database does not know is left out. True where it
 * changed and there are readings of before: enqueue `metrics.redate` in the same transaction.
 */
export async function setAccountZone(sql: Sql, accountId: string, zone: string): Promise<boolean> {
  const [row] = await sql<[{ changed: boolean }]>`
    select raphael_private.set_account_zone(${accountId}, ${zone}) as changed`;
  return row.changed;
}

/** A place in the order of the samples' index; bigint and time as text. */
export interface SamplePlace {
  readonly metricId: number;
  readonly startAt: string;
  readonly sourceId: number;
  readonly recordId: string;
}

/** Before all samples, and behind them. */
export const FIRST: SamplePlace = {
  metricId: -1,
  startAt: "-infinity",
  sourceId: 0,
  recordId: "0",
};
export const LAST: SamplePlace = { ...FIRST, metricId: 32_767 };

/** Dates a person's sessions by the zones as they are; how many that changed. */
export async function redateSessions(sql: Sql, userId: string): Promise<number> {
  const [row] = await sql<[{ changed: number }]>`
    select raphael_private.redate_sessions(${userId}) as changed`;
  return row.changed;
}

/** The person's sample that is `count` after a place; nothing where they end before. */
export async function samplePlace(
  sql: Sql,
  userId: string,
  after: SamplePlace,
  count: number,
): Promise<SamplePlace | undefined> {
  const [row] = await sql<SamplePlace[]>`
    select metric_id as "metricId", start_at::text as "startAt", source_id as "sourceId",
           record_id::text as "recordId"
    from raphael_private.sample_place(
      ${userId}, ${after.metricId}::smallint, ${after.startAt}::text::timestamptz, ${after.sourceId},
      ${after.recordId}, ${count - 1}
    )`;
  return row;
}

/** Dates a person's samples behind one place up to another by the zones as they are; how many changed. */
export async function redateSamples(
  sql: Sql,
  userId: string,
  from: SamplePlace,
  to: SamplePlace,
): Promise<number> {
  const [row] = await sql<[{ changed: number }]>`
    select raphael_private.redate_samples(
      ${userId}, ${from.metricId}::smallint, ${from.startAt}::text::timestamptz, ${from.sourceId}, ${from.recordId},
      ${to.metricId}::smallint, ${to.startAt}::text::timestamptz, ${to.sourceId}, ${to.recordId}
    ) as changed`;
  return row.changed;
}

import type { Sql } from "../db/client.ts";
import { ingest, type Ingested, type Told, type Writer } from "../db/records.ts";

/** From here on a statement gains nothing by more rows. */
const MOST_SAMPLES = 5_000;

interface Waiting {
  readonly writer: Writer;
  readonly told: Told[];
  /** `resource/id` of each record: of one that comes again the second statement decides by what it finds. */
  readonly records: Set<string>;
  samples: number;
  readonly done: Promise<Ingested>;
}

/** What waits in each transaction for the end of this turn. */
const waiting = new WeakMap<Sql, Waiting[]>();

/**
 * Stores what one job's effect tells of an account, together with what the effects of other jobs tell of
 * it in the same transaction and turn: a statement for ten small pages costs little more than for one.
 * Answers what the statement came to. Throws as `ingest` does.
 */
export function ingestTogether(tx: Sql, writer: Writer, told: Told): Promise<Ingested> {
  const all = waiting.get(tx) ?? [];
  waiting.set(tx, all);
  const records = told.batch.records.map(({ id }) => `${told.resource}/${id}`);
  const samples = told.batch.samples.length;
  const open = all.find((one) =>
    one.writer.accountId === writer.accountId && one.writer.generation === writer.generation &&
    one.samples + samples <= MOST_SAMPLES &&
    !records.some((record) => one.records.has(record))
  );
  if (open) {
    open.told.push(told);
    open.samples += samples;
    for (const record of records) open.records.add(record);
    return open.done;
  }
  const batches = [told];
  const done = Promise.resolve().then(() => {
    waiting.delete(tx);
    return ingest(tx, writer, batches);
  });
  all.push({ writer, told: batches, records: new Set(records), samples, done });
  return done;
}

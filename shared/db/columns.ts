import type { SampleRow, SessionRow, SourceRow, Told } from "./records.ts";

/** A batch as `ingest_records` takes it: texts of JSON and of arrays. */
export interface Columns {
  readonly records: string;
  readonly sources: string;
  /** Codes; records and series name them by their place, from 1. */
  readonly metrics: string[];
  readonly series: string;
  /** Of each sample its series, start in seconds since 1970, and value. */
  readonly sampleSeries: string;
  readonly starts: string;
  readonly values: string;
  readonly sessions: string;
}

/** What a run of samples has in common: said once, where a row each said it half a million times. */
interface Series {
  readonly ordinal: number;
  readonly record: number;
  readonly metric: number;
  readonly source: number;
  readonly duration_s: number;
  readonly offset_minutes: number | null;
  readonly local_date: string | null;
}

/** Where a record's samples are, so that they are found again through the samples' one index. */
interface Reach {
  readonly metrics: Set<number>;
  first: number;
  last: number;
}

/** Batches of one account as one: what a later one calls its first record comes after the earlier's last. */
export function columnsOf(told: readonly Told[]): Columns {
  const metrics = new Map<string, number>();
  const sources = new Map<string, SourceRow>();
  const reaches = new Map<number, Reach>();
  const records: object[] = [];
  const sessions: SessionRow[] = [];
  const series: Series[] = [];
  const sampleSeries: number[] = [];
  const starts: number[] = [];
  const values: number[] = [];

  for (const { resource, observedAt, batch } of told) {
    const shift = records.length;
    const sourceOf = merge(sources, batch.sources);
    let previous: SampleRow | undefined;
    for (const sample of batch.samples) {
      const start = sample.start_ms / 1_000;
      const record = shift + sample.record;
      const known = reach(reaches, record, start);
      if (!previous || !isSameSeries(previous, sample)) {
        const { duration_s, offset_minutes, local_date } = sample;
        const metric = metrics.get(sample.metric) ?? metrics.size + 1;
        metrics.set(sample.metric, metric);
        known.metrics.add(metric);
        series.push({
          ordinal: series.length,
          record,
          metric,
          source: sourceOf(sample.source),
          duration_s,
          offset_minutes,
          local_date,
        });
      }
      previous = sample;
      sampleSeries.push(series.length - 1);
      starts.push(start);
      values.push(sample.value);
    }
    for (const session of batch.sessions) {
      const [record, source] = [shift + session.record, sourceOf(session.source)];
      sessions.push({ ...session, record, source });
    }
    for (const one of batch.records) {
      const ordinal = shift + one.ordinal;
      const { metrics = [], ...bounds } = reaches.get(ordinal) ?? {};
      records.push({
        ...one,
        ordinal,
        resource,
        observed_at: observedAt,
        metrics: [...metrics],
        ...bounds,
      });
    }
  }
  return {
    records: JSON.stringify(records),
    sources: JSON.stringify([...sources.values()]),
    metrics: [...metrics.keys()],
    series: JSON.stringify(series),
    sampleSeries: arrayOf(sampleSeries),
    starts: arrayOf(starts),
    values: arrayOf(values),
    sessions: JSON.stringify(sessions),
  };
}

/** Adds a batch's sources to those of all; answers what its ordinals became. */
function merge(
  all: Map<string, SourceRow>,
  sources: readonly SourceRow[],
): (ordinal: number) => number {
  const ordinals = new Map(sources.map(({ ordinal, ...row }) => {
    const key = JSON.stringify(row);
    const known = all.get(key) ?? { ordinal: all.size, ...row };
    all.set(key, known);
    return [ordinal, known.ordinal];
  }));
  return (ordinal) => ordinals.get(ordinal) ?? -1;
}

function isSameSeries(a: SampleRow, b: SampleRow): boolean {
  return a.record === b.record && a.metric === b.metric && a.source === b.source &&
    a.duration_s === b.duration_s && a.offset_minutes === b.offset_minutes &&
    a.local_date === b.local_date;
}

function reach(reaches: Map<number, Reach>, record: number, start: number): Reach {
  const known = reaches.get(record);
  if (!known) {
    const fresh = { metrics: new Set<number>(), first: start, last: start };
    reaches.set(record, fresh);
    return fresh;
  }
  if (start < known.first) known.first = start;
  if (start > known.last) known.last = start;
  return known;
}

const arrayOf = (numbers: readonly number[]) => `{${numbers.join(",")}}`;

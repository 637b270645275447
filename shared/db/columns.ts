import type { RecordRow, SampleRow, SessionRow, SourceRow, Told } from "./records.ts";

/**
 * Batches of one account as `ingest_records` takes them: columns, each as the text of an array. A row each
 * as JSON took three times as long on both sides.
 */
export interface Columns {
  /** What was told: resource, when it was observed, how many days raw records may be kept. */
  readonly resources: string[];
  readonly observed: string[];
  readonly keepDays: string;
  /** Of each record: which of the above (from 1), its id, version, … */
  readonly recordTold: string;
  readonly recordIds: string;
  readonly versions: string;
  readonly deleted: string;
  readonly payloads: string;
  readonly doubts: string;
  /** … and where its samples are, so that they are found again through the samples' one index. */
  readonly recordMetrics: string;
  readonly firsts: string;
  readonly lasts: string;
  readonly sources: string;
  /** Codes; records and series name them by their place, from 1. */
  readonly metrics: string[];
  /** What a run of samples has in common, said once: record and source by their place, from 1. */
  readonly seriesRecord: string;
  readonly seriesMetric: string;
  readonly seriesSource: string;
  readonly seriesDuration: string;
  readonly seriesOffset: string;
  readonly seriesDate: string;
  /** Of each sample: its series (from 1), start in seconds since 1970, and value. */
  readonly sampleSeries: string;
  readonly starts: string;
  readonly values: string;
  readonly sessions: string;
}

/** A record that stands, and the reach of its samples. */
interface Standing {
  readonly place: number;
  readonly told: number;
  readonly row: RecordRow;
  readonly metrics: Set<number>;
  first: number;
  last: number;
}

export function columnsOf(told: readonly Told[]): Columns {
  const records: Standing[] = [];
  const metrics = new Map<string, number>();
  const sources = new Map<string, SourceRow>();
  const sessions: SessionRow[] = [];
  const series: (SampleRow & { readonly of: Standing; readonly code: number })[] = [];
  const sampleSeries: number[] = [];
  const starts: number[] = [];
  const values: number[] = [];

  for (const [index, { batch }] of told.entries()) {
    const standing = standingOf(batch.records, index + 1, records);
    const sourceOf = merge(sources, batch.sources);
    let previous: SampleRow | undefined;
    let of: Standing | undefined;
    for (const sample of samplesOnce(batch.samples)) {
      if (previous?.record !== sample.record) of = standing.get(sample.record);
      if (!of) continue;
      const start = sample.start_ms / 1_000;
      if (!previous || !isSameSeries(previous, sample)) {
        const code = metrics.get(sample.metric) ?? metrics.size + 1;
        metrics.set(sample.metric, code);
        of.metrics.add(code);
        series.push({ ...sample, source: sourceOf(sample.source), of, code });
      }
      previous = sample;
      if (start < of.first) of.first = start;
      if (start > of.last) of.last = start;
      sampleSeries.push(series.length);
      starts.push(start);
      values.push(sample.value);
    }
    for (const session of batch.sessions) {
      const of = standing.get(session.record);
      if (of) sessions.push({ ...session, record: of.place, source: sourceOf(session.source) });
    }
  }
  return {
    resources: told.map(({ resource }) => resource),
    observed: told.map(({ observedAt }) => observedAt),
    keepDays: array(told.map(({ rawDays }) => rawDays)),
    recordTold: array(records.map(({ told }) => told)),
    recordIds: JSON.stringify(records.map(({ row }) => row.id)),
    versions: array(records.map(({ row }) => row.version)),
    deleted: array(records.map(({ row }) => row.deleted)),
    payloads: `[${records.map(({ row }) => JSON.stringify(row.raw) ?? "null").join(",")}]`,
    doubts: array(records.map(({ row }) => row.quarantine && quoted(row.quarantine))),
    recordMetrics: array(records.map(({ metrics }) => quoted([...metrics]))),
    firsts: array(records.map(({ metrics, first }) => metrics.size > 0 ? first : null)),
    lasts: array(records.map(({ metrics, last }) => metrics.size > 0 ? last : null)),
    sources: JSON.stringify([...sources.values()]),
    metrics: [...metrics.keys()],
    seriesRecord: array(series.map(({ of }) => of.place)),
    seriesMetric: array(series.map(({ code }) => code)),
    seriesSource: array(series.map(({ source }) => source)),
    seriesDuration: array(series.map(({ duration_s }) => duration_s)),
    seriesOffset: array(series.map(({ offset_minutes }) => offset_minutes)),
    seriesDate: array(series.map(({ local_date }) => local_date)),
    sampleSeries: array(sampleSeries),
    starts: array(starts),
    values: array(values),
    sessions: JSON.stringify(sessions),
  };
}

/**
 * A batch may hold one record twice; the newest version, then the last one, stands for it. What the others
 * mean is left out. By the batch's own ordinals.
 */
function standingOf(
  rows: readonly RecordRow[],
  told: number,
  records: Standing[],
): ReadonlyMap<number, Standing> {
  const best = new Map<string, RecordRow>();
  for (const row of rows) {
    const other = best.get(row.id);
    if (!other || (row.version ?? "") >= (other.version ?? "")) best.set(row.id, row);
  }
  const standing = new Map<number, Standing>();
  for (const row of best.values()) {
    const place = records.length + 1;
    const one = { place, told, row, metrics: new Set<number>(), first: Infinity, last: -Infinity };
    records.push(one);
    standing.set(row.ordinal, one);
  }
  return standing;
}

/** An instant that a record tells twice counts once, and the later word stands. */
function samplesOnce(samples: readonly SampleRow[]): Iterable<SampleRow> {
  const latest = new Map<string, number>();
  let previous: SampleRow | undefined;
  let key = "";
  for (const sample of samples) {
    if (!previous || !isSameSeries(previous, sample)) {
      key = `${sample.record} ${sample.metric} ${sample.source}`;
    }
    previous = sample;
    // In the order of time, as providers mostly tell, nothing can be there twice.
    if (sample.start_ms <= (latest.get(key) ?? -Infinity)) {
      return new Map(
        samples.map((one) => [[one.record, one.metric, one.source, one.start_ms].join(" "), one]),
      ).values();
    }
    latest.set(key, sample.start_ms);
  }
  return samples;
}

/** Adds a batch's sources to those of all; answers at which place each stands then. */
function merge(
  all: Map<string, SourceRow>,
  sources: readonly SourceRow[],
): (ordinal: number) => number {
  const places = new Map(sources.map(({ ordinal, ...row }) => {
    const key = JSON.stringify(row);
    const known = all.get(key) ?? { ordinal: all.size + 1, ...row };
    all.set(key, known);
    return [ordinal, known.ordinal];
  }));
  return (ordinal) => places.get(ordinal) ?? 0;
}

function isSameSeries(a: SampleRow, b: SampleRow): boolean {
  return a.record === b.record && a.metric === b.metric && a.source === b.source &&
    a.duration_s === b.duration_s && a.offset_minutes === b.offset_minutes &&
    a.local_date === b.local_date;
}

/** Text of an array: numbers, times without a space, our own words. */
const array = (elements: readonly (string | number | boolean | null | undefined)[]) =>
  `{${elements.map((one) => one ?? "null").join(",")}}`;

/** An array as an element of one. */
const quoted = (elements: readonly (string | number)[]) => `"{${elements.join(",")}}"`;

import { deviceClass } from "../catalog/device_classes.ts";
import { METRICS } from "../catalog/metrics.ts";
import type {
  Metric,
  Normalized,
  Provenance,
  QuarantineReason,
  SleepSession,
  When,
  Workout,
  WorkoutLaps,
} from "../catalog/normalized.ts";
import { isLocalDate, SECOND } from "../core/time.ts";
import type { Batch, RecordRow, SampleRow, SessionRow, SourceRow } from "../db/records.ts";
import type { NormalizedRecord } from "../providers/resource.ts";
import { deriveMetrics } from "./derive.ts";

interface Named extends Pick<RecordRow, "ordinal" | "id"> {
  /** Why parts of it are not believed. */
  readonly reasons: Set<QuarantineReason>;
}

/**
 * Rows of what a provider's records mean; values that say where they come from share a source. `service`
 * is the slug of the provider, or of the service behind an aggregator. What is out of the catalog's range
 * is not passed on, and its record says so.
 */
export function toBatch(records: readonly NormalizedRecord[], service: string): Batch {
  const sources = new Map<string, SourceRow>();
  const samples: SampleRow[] = [];
  const sessions: SessionRow[] = [];

  function sourceOf(p: Provenance, scale = ""): number {
    const row = {
      device: p.device ?? "",
      statistic: p.statistic ?? "",
      entry: p.entry ?? "",
      daily_total: p.dailyTotal ?? false,
      estimated: p.estimated ?? false,
      scale,
      device_class: deviceClass(p.device ?? "", service),
    };
    const key = JSON.stringify(row);
    const known = sources.get(key);
    if (known) return known.ordinal;
    const ordinal = sources.size;
    sources.set(key, { ordinal, ...row });
    return ordinal;
  }

  function add(record: Named, item: Normalized): void {
    switch (item.kind) {
      case "metric":
        if (!isPlausible(item)) return void record.reasons.add("implausible");
        samples.push(sample(record, item.metric, item.value, item, sourceOf(item)));
        return;
      case "score":
        samples.push(
          sample(record, item.score, item.value, item, sourceOf({}, scaleName(item.scale))),
        );
        return;
      case "sleep":
      case "workout":
        sessions.push(session(record, item, sourceOf(item.device ? { device: item.device } : {})));
        for (const derived of deriveMetrics(item)) add(record, derived);
        return;
      case "laps":
        sessions.push(session(record, item, sourceOf({})));
        return;
      case "quarantine":
        return void record.reasons.add(item.reason);
      // What is no measurement stays in the raw record.
      case "auto_activity":
      case "menstrual_cycle":
      case "deletion":
        return;
    }
  }

  const rows = records.map(({ id, version, raw, items }, ordinal): RecordRow => {
    const deleted = items.some((item) => item.kind === "deletion");
    const reasons = new Set<QuarantineReason>();
    for (const item of items) {
      if (!deleted || item.kind === "quarantine") add({ ordinal, id, reasons }, item);
    }
    return {
      ordinal,
      id,
      version: version?.toISOString() ?? null,
      deleted,
      raw,
      quarantine: reasons.size > 0 ? [...reasons] : null,
    };
  });
  return { records: rows, sources: [...sources.values()], samples, sessions };
}

/** A tombstone, for a record that a webhook calls deleted. */
export function tombstone(recordId: string): Batch {
  const record = {
    ordinal: 0,
    id: recordId,
    version: null,
    deleted: true,
    raw: null,
    quarantine: null,
  };
  return { records: [record], sources: [], samples: [], sessions: [] };
}

/** False for what is no number too. */
function isPlausible({ metric, value }: Metric): boolean {
  const [low, high] = METRICS[metric].plausible;
  return value >= low && value <= high;
}

function sample(
  record: Named,
  metric: string,
  value: number,
  at: When,
  source: number,
): SampleRow {
  const start = at.start.getTime();
  return {
    record: record.ordinal,
    metric,
    start_ms: start,
    source,
    value,
    duration_s: at.end ? Math.round((at.end.getTime() - start) / SECOND) : 0,
    offset_minutes: at.offsetMinutes ?? null,
    local_date: namedDay(at),
  };
}

type Session = SleepSession | Workout | WorkoutLaps;

function session(record: Named, item: Session, source: number): SessionRow {
  const { kind, id, start, end, offsetMinutes, localDate: _, ...rest } = item;
  const { stages, laps, isNap, type, device: __, ...measures } = rest as
    & Partial<SleepSession>
    & Partial<Workout>;
  return {
    record: record.ordinal,
    kind,
    session_id: id ?? record.id,
    source,
    start_at: start.toISOString(),
    end_at: end.toISOString(),
    offset_minutes: offsetMinutes ?? null,
    local_date: namedDay(item),
    type: type ?? null,
    is_nap: isNap ?? null,
    measures,
    stages: stages ?? null,
    laps: laps ?? null,
  };
}

/** A day that the calendar does not have is a mistake of the provider's: the offset tells it then. */
function namedDay({ localDate }: When): string | null {
  return localDate !== undefined && isLocalDate(localDate) ? localDate : null;
}

function scaleName(scale: readonly [number, number] | "open_ended"): string {
  return scale === "open_ended" ? scale : `${scale[0]}..${scale[1]}`;
}

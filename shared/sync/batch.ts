import type {
  Normalized,
  Provenance,
  SleepSession,
  Workout,
  WorkoutLaps,
} from "../catalog/normalized.ts";
import { localDateOf } from "../core/time.ts";
import type { Batch, RecordRow, SampleRow, SessionRow, SourceRow } from "../db/records.ts";
import type { NormalizedRecord } from "../providers/resource.ts";
import { deriveMetrics } from "./derive.ts";

type Named = Pick<RecordRow, "ordinal" | "id">;

/** Rows of what a provider's records mean; values that say where they come from share a source. */
export function toBatch(records: readonly NormalizedRecord[]): Batch {
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
      // What is no measurement stays in the raw record.
      case "auto_activity":
      case "menstrual_cycle":
      case "deletion":
      case "quarantine":
        return;
    }
  }

  const rows = records.map((record, ordinal): RecordRow => {
    const deleted = record.items.some((item) => item.kind === "deletion");
    if (!deleted) { for (const item of record.items) add({ ordinal, id: record.id }, item); }
    const reasons = record.items.flatMap((item) => item.kind === "quarantine" ? [item.reason] : []);
    return {
      ordinal,
      id: record.id,
      version: record.version?.toISOString() ?? null,
      deleted,
      raw: record.raw,
      quarantine: reasons.length > 0 ? [...new Set(reasons)] : null,
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

function sample(
  record: Named,
  metric: string,
  value: number,
  at: { start: Date; end?: Date; offsetMinutes?: number },
  source: number,
): SampleRow {
  return {
    record: record.ordinal,
    metric,
    start_at: at.start.toISOString(),
    source,
    value,
    duration_s: at.end ? Math.round((at.end.getTime() - at.start.getTime()) / 1_000) : null,
    offset_minutes: at.offsetMinutes ?? null,
  };
}

type Session = SleepSession | Workout | WorkoutLaps;

function session(record: Named, item: Session, source: number): SessionRow {
  const { kind, id, start, end, offsetMinutes, localDate, ...rest } = item;
  const { stages, laps, isNap, type, device: _, ...measures } = rest as
    & Partial<SleepSession>
    & Partial<Workout>;
  const lived = kind === "sleep" ? end : start;
  return {
    record: record.ordinal,
    kind,
    session_id: id ?? record.id,
    source,
    start_at: start.toISOString(),
    end_at: end.toISOString(),
    offset_minutes: offsetMinutes ?? null,
    local_date: localDate ?? localDateOf(lived, offsetMinutes ?? 0),
    type: type ?? null,
    is_nap: isNap ?? null,
    measures,
    stages: stages ?? null,
    laps: laps ?? null,
  };
}

function scaleName(scale: readonly [number, number] | "open_ended"): string {
  return scale === "open_ended" ? scale : `${scale[0]}..${scale[1]}`;
}

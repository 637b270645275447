import { ingest } from "@shared/db/records.ts";
import type {
  Batch,
  Ingested,
  RecordRow,
  SampleRow,
  SessionRow,
  SourceRow,
} from "@shared/db/records.ts";
import type { Sql } from "@shared/db/client.ts";
import type { TestAccount } from "./people.ts";

const PLAIN: SourceRow = {
  ordinal: 0,
  device: "",
  statistic: "",
  entry: "",
  daily_total: false,
  estimated: false,
  scale: "",
  device_class: "",
};

export interface Value {
  readonly at: string;
  readonly value: number;
  readonly metric?: string;
  readonly offsetMinutes?: number;
  readonly durationSeconds?: number;
  /** The day that the provider names. */
  readonly localDate?: string;
}

/** One record and its values; `version` and `deleted` as the provider says. */
export interface Told extends Partial<Pick<RecordRow, "version" | "deleted" | "quarantine">> {
  readonly id: string;
  readonly values?: readonly Value[];
}

/** Records as `toBatch` makes them, of one source. */
export function batchOf(told: readonly Told[], source: Partial<SourceRow> = {}): Batch {
  return {
    records: told.map(({ id, values, ...rest }, ordinal) => ({
      ordinal,
      id,
      version: null,
      deleted: false,
      raw: { values: values ?? [] },
      quarantine: null,
      ...rest,
    })),
    sources: [{ ...PLAIN, ...source }],
    samples: told.flatMap(({ values = [] }, ordinal) =>
      values.map((value) => sample(ordinal, value))
    ),
    sessions: [],
  };
}

function sample(record: number, value: Value): SampleRow {
  return {
    record,
    metric: value.metric ?? "heart_rate",
    start_ms: milliseconds(value.at),
    source: 0,
    value: value.value,
    duration_s: value.durationSeconds ?? 0,
    offset_minutes: value.offsetMinutes ?? null,
    local_date: value.localDate ?? null,
  };
}

/** A night of the batch's first record and source, woken from at 06:00 UTC; no day of its own. */
export function sessionOf(told: Partial<SessionRow> = {}): SessionRow {
  return {
    record: 0,
    kind: "sleep",
    session_id: "night",
    source: 0,
    start_at: "2026-01-31T22:00:00Z",
    end_at: "2026-02-01T06:00:00Z",
    offset_minutes: null,
    local_date: null,
    type: null,
    is_nap: null,
    measures: {},
    stages: null,
    laps: null,
    ...told,
  };
}

/** With microseconds, which a Date does not keep. */
function milliseconds(at: string): number {
  const [, micros = "0"] = /\.\d{3}(\d{3})Z$/.exec(at) ?? [];
  return Date.parse(at) + Number(micros) / 1_000;
}

/** Stores what an account told of one resource, as observed at `observedAt`. */
export async function store(
  sql: Sql,
  account: TestAccount,
  batch: Batch,
  p: { readonly observedAt?: string; readonly resource?: string } = {},
): Promise<Ingested> {
  const { observedAt = "2026-03-01T00:00:00Z", resource = "heartrate" } = p;
  const { id: accountId, generation } = account;
  return { ...await ingest(sql, { accountId, generation }, [{ resource, observedAt, batch }]) };
}

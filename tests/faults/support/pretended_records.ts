import { MINUTE } from "@shared/core/time.ts";
import type { SessionRow } from "@shared/db/records.ts";
import type { Told, Value } from "../../support/batches.ts";
import { random } from "./plan.ts";

/**
 * Records of a provider that changes its mind: corrected, deleted and made again, period by period. What
 * a record is at a time follows from the seed alone, so a million of them need no memory.
 */
export interface Provider {
  readonly seed: number;
  /** Whether its copies carry a version: the start of the period. */
  readonly versioned: boolean;
  readonly deleted: number;
}

/** What the provider says of a record at a time. */
export interface Statement extends Told {
  readonly session?: Pick<SessionRow, "kind" | "start_at" | "end_at" | "offset_minutes">;
}

export const START = Date.UTC(2026, 2, 1);
const PERIOD = 24 * 60 * MINUTE;
const METRICS = ["heart_rate", "steps", "sleep_duration", "hrv_rmssd"] as const;
const DURATIONS = [0, 0, 900, 7 * 3_600];
const OFFSETS = [60, -300, 345, 840];
export const DAYS = 20;

export const iso = (ms: number) => new Date(ms).toISOString();

/** The same for the same seed, record and period. */
function randomOf({ seed }: Provider, record: number, period: number): () => number {
  return random(seed ^ Math.imul(record + 1, 0x9e3779b1) ^ Math.imul(period + 1, 0x85ebca6b));
}

export function statement(provider: Provider, record: number, at: number): Statement {
  const period = Math.floor((at - START) / PERIOD);
  const next = randomOf(provider, record, period);
  const pick = <T>(from: readonly T[]) => from[Math.floor(next() * from.length)] as T;
  const id = String(record);
  const version = provider.versioned ? iso(START + period * PERIOD) : null;
  // Who says that it is gone may know no version of it: a webhook does not, a list of changes does.
  if (next() < provider.deleted) {
    return { id, version: next() < 0.5 ? null : version, deleted: true, values: [] };
  }
  const values: Value[] = [];
  // Records of one number in sixteen share their instants, and each keeps its own for itself.
  const first = START - DAYS * PERIOD + (record % 4_096) * 7 * MINUTE;
  for (let n = Math.floor(next() * 5); n > 0; n--) {
    const own = next();
    values.push({
      metric: pick(METRICS),
      at: iso(first + n * 3 * MINUTE),
      // Eighths, so that sums are the same in any order.
      value: 20 + Math.floor(next() * 640) / 8,
      durationSeconds: pick(DURATIONS),
      ...(own < 0.6 ? { offsetMinutes: pick(OFFSETS) } : {}),
      ...(own > 0.9 ? { localDate: iso(first).slice(0, 10) } : {}),
    });
  }
  const session = record % 8 === 0
    ? {
      kind: pick(["sleep", "workout"] as const),
      start_at: iso(first),
      end_at: iso(first + (1 + Math.floor(next() * 9)) * 60 * MINUTE),
      offset_minutes: next() < 0.5 ? pick(OFFSETS) : null,
    }
    : undefined;
  return { id, version, deleted: false, values, ...(session ? { session } : {}) };
}

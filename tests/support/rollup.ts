import assert from "node:assert/strict";
import type { Sql } from "postgres";

/** A sample as it is stored; instants in microseconds. */
export interface StoredSample {
  readonly person: number;
  readonly metric: number;
  readonly source: number;
  readonly day: string;
  readonly at: number;
  readonly value: number;
  readonly duration: number;
  readonly offset: number | null;
}

/** A row of the rollup, or what it should be. */
export interface DayRow {
  readonly n: number;
  readonly total: number;
  readonly low: number;
  readonly high: number;
  readonly last: number;
  readonly first_at: number;
  readonly last_at: number;
  readonly hours: number;
}

const HOUR_US = 3_600_000_000;
const MICROS = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint::float8`;

export async function storedSamples(admin: Sql): Promise<StoredSample[]> {
  return await admin.unsafe<StoredSample[]>(`
    select user_key as person, metric_id as metric, source_id as source, local_date::text as day, value,
           ${MICROS("start_at")} as at, duration_s as duration, offset_minutes as offset
    from raphael.samples`);
}

/** The rollup that follows from samples, by the plainest of rules. */
export function rollUp(samples: Iterable<StoredSample>): Map<string, DayRow> {
  const groups = new Map<string, StoredSample[]>();
  for (const one of samples) {
    const key = [one.person, one.metric, one.day, one.source].join(" ");
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return new Map([...groups].map(([key, group]) => [key, dayOf(group)]));
}

function dayOf(group: readonly StoredSample[]): DayRow {
  const values = group.map(({ value }) => value);
  const starts = group.map(({ at }) => at);
  const last_at = starts.reduce((a, b) => Math.max(a, b));
  return {
    n: group.length,
    total: values.reduce((a, b) => a + b),
    low: values.reduce((a, b) => Math.min(a, b)),
    high: values.reduce((a, b) => Math.max(a, b)),
    last: group.filter(({ at }) => at === last_at).map(({ value }) => value)
      .reduce((a, b) => Math.max(a, b)),
    first_at: starts.reduce((a, b) => Math.min(a, b)),
    last_at,
    hours: group.map(hoursOf).reduce((a, b) => a | b),
  };
}

/** Hour by hour of the local day: does the value touch it? */
function hoursOf({ day, at, duration, offset }: StoredSample): number {
  const midnight = Date.parse(`${day}T00:00:00Z`) * 1_000;
  const start = at + (offset ?? 0) * 60_000_000 - midnight;
  const end = start + duration * 1_000_000;
  let hours = 0;
  for (let hour = 0; hour < 24; hour++) {
    // What lies outside of its day, named by the provider, counts at the day's near end.
    const from = hour === 0 ? -Infinity : hour * HOUR_US;
    const to = hour === 23 ? Infinity : (hour + 1) * HOUR_US;
    const touches = duration === 0 ? start >= from && start < to : start < to && end > from;
    if (touches) hours |= 1 << hour;
  }
  return hours;
}

/** The rollup as it is stored, by the same keys. */
export async function storedDays(admin: Sql): Promise<Map<string, DayRow>> {
  const rows = await admin.unsafe<(DayRow & { key: string })[]>(`
    select concat_ws(' ', user_key, metric_id, local_date, source_id) as key, n, total, low, high, last, hours,
           ${MICROS("first_at")} as first_at, ${MICROS("last_at")} as last_at
    from raphael.daily`);
  return new Map(rows.map(({ key, ...row }) => [key, row]));
}

/** Days that differ from what their samples come to; sums may differ in their last bits alone. */
export function differentDays(
  stored: ReadonlyMap<string, DayRow>,
  expected: ReadonlyMap<string, DayRow>,
): string[] {
  const keys = new Set([...stored.keys(), ...expected.keys()]);
  return [...keys].filter((key) => {
    const [a, b] = [stored.get(key), expected.get(key)];
    if (!a || !b) return true;
    const { total, ...rest } = a;
    const { total: sum, ...others } = b;
    return Math.abs(total - sum) > 1e-9 * Math.max(1, Math.abs(sum)) ||
      Object.entries(rest).some(([name, value]) => value !== others[name as keyof typeof others]);
  });
}

/** Fails where the rollup is not what the samples come to; how many days that were. */
export async function assertRollup(admin: Sql): Promise<number> {
  const [stored, expected] = [await storedDays(admin), rollUp(await storedSamples(admin))];
  const [first] = differentDays(stored, expected);
  if (first !== undefined) assert.deepEqual(stored.get(first), expected.get(first), first);
  return expected.size;
}

/** What is ingested: heart rates every five minutes, a record for each 250 of them, as Oura sends them. */
import { MINUTE } from "@shared/core/time.ts";
import type { NormalizedRecord } from "@shared/providers/resource.ts";

/** Samples of one statement: a page of a sync, or pages merged. */
export const BATCH = 5_000;
const OF_A_RECORD = 250;
/** People take turns, as their jobs do. */
export const PEOPLE = 40;
const FIRST = Date.UTC(2026, 0, 1);

export interface Page {
  readonly person: number;
  readonly records: readonly NormalizedRecord[];
}

/** One value, for those that store values and no records. */
export interface Value {
  readonly person: number;
  readonly at: Date;
  readonly bpm: number;
}

/** The `n`th page of all; each person's follow each other without a gap. */
export function page(n: number): Page {
  const person = n % PEOPLE;
  const turn = Math.floor(n / PEOPLE);
  const records: NormalizedRecord[] = [];
  for (let r = 0; r < BATCH / OF_A_RECORD; r++) {
    const first = turn * BATCH + r * OF_A_RECORD;
    const values = Array.from({ length: OF_A_RECORD }, (_, i) => valueOf(person, first + i));
    records.push({
      id: `p${person}-${first}`,
      raw: {
        data: values.map(({ at, bpm }) => ({
          bpm,
          source: "awake",
          timestamp: at.toISOString(),
        })),
      },
      items: values.map(({ at, bpm }) => ({
        kind: "metric",
        metric: "heart_rate",
        value: bpm,
        unit: "bpm",
        start: at,
        offsetMinutes: 60,
      })),
    });
  }
  return { person, records };
}

/** The values of a page in the same order. */
export function valuesOf({ person, records }: Page): Value[] {
  return records.flatMap(({ items }) =>
    items.flatMap((item) =>
      item.kind === "metric" ? [{ person, at: item.start, bpm: item.value }] : []
    )
  );
}

function valueOf(person: number, n: number): Value {
  return { person, at: new Date(FIRST + n * 5 * MINUTE), bpm: 55 + (n * 7 + person * 13) % 60 };
}

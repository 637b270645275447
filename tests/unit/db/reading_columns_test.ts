import assert from "node:assert/strict";
import { type ReadingColumns, readingsOf } from "@shared/db/reading_columns.ts";

const AT = [
  "2026-03-01T00:00:00.000000Z",
  "2026-02-28T23:59:59.999999Z",
  "2026-02-28T09:05:07.000012Z",
  "1969-12-31T23:59:59.500001Z",
  "1970-01-01T00:00:00.000000Z",
];
/** From text, by whole milliseconds and what is left of microseconds. */
const microsOf = (at: string) =>
  Date.parse(`${at.slice(0, 23)}Z`) * 1_000 + Number(at.slice(23, 26));
const list = (values: readonly unknown[]) => `{${values.join(",")}}`;
const all = <T>(value: T) => AT.map(() => value);

const COLUMNS: ReadingColumns = {
  metricIds: list(all(7)),
  values: list([1, -0.5, 1e21, 3, 4]),
  starts: list(AT.map(microsOf)),
  durations: list([0, 60, 0, 0, 0]),
  offsets: list(["NULL", 60, -300, 0, "NULL"]),
  dates: list(all("2026-03-01")),
  sourceIds: list([1, 2, 1, 1, 1]),
  recordIds: list(AT.map((_, n) => n)),
  metrics: { 7: "glucose" },
  sources: {
    1: { provider: "dexcom", via: null, device: "G7", dailyTotal: false },
    2: { provider: "terra", via: "garmin", device: "", dailyTotal: true },
  },
};

Deno.test("readingsOf() writes instants as the database does, to the microsecond and before 1970", () => {
  assert.deepEqual(readingsOf([COLUMNS]).map(({ start }) => start), AT);
});

Deno.test("readingsOf() puts to each reading its own words, and tells what is not known", () => {
  const [first, second, third] = readingsOf([COLUMNS]);
  assert.deepEqual([first?.metric, first?.unit, first?.provider], ["glucose", "mg/dL", "dexcom"]);
  assert.deepEqual([second?.provider, second?.via, second?.dailyTotal], ["terra", "garmin", true]);
  assert.deepEqual([first?.durationSeconds, second?.durationSeconds], [null, 60]);
  assert.deepEqual([first?.offsetMinutes, third?.offsetMinutes, third?.value], [null, -300, 1e21]);
});

Deno.test("readingsOf() is none of nothing, and refuses a source without a name", () => {
  assert.deepEqual(readingsOf([{ ...COLUMNS, metricIds: null }]), []);
  assert.throws(() => readingsOf([{ ...COLUMNS, sources: {} }]), /no name/);
});

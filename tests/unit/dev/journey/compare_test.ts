import assert from "node:assert/strict";
import { compare, type Row } from "../../../../dev/journey/compare.ts";
import type { Fact } from "../../../../dev/sandbox/ledger.ts";

const NIGHT: Fact = {
  provider: "oura",
  person: "demo",
  externalUserId: "u",
  resource: "sleep",
  recordId: "r1",
  metric: "sleep_duration",
  value: 480,
  start: "2026-03-01T22:00:00.000Z",
  end: "2026-03-02T06:00:00.000Z",
  identifiedBy: "instant",
  reading: "certain",
};
const NIGHT_ROW: Row = {
  metric: "sleep_duration",
  value: 480,
  unit: "min",
  ts: "2026-03-01T22:00:00.000000Z",
  end: "2026-03-02T06:00:00.000Z",
  source: "oura",
  localDate: "2026-03-02",
};
const STEPS: Fact = {
  ...NIGHT,
  resource: "daily_activity",
  recordId: "r2",
  metric: "steps",
  value: 8_500,
  start: "2026-03-01T00:00:00.000Z",
  localDate: "2026-03-01",
  identifiedBy: "day",
};
const STEPS_ROW: Row = {
  ...NIGHT_ROW,
  metric: "steps",
  value: 8_500,
  unit: "count",
  ts: "2026-02-28T22:00:00.000000Z",
  end: "2026-03-01T22:00:00.000Z",
  localDate: "2026-03-01",
};

const differences = (rows: readonly Row[], facts: readonly Fact[]) =>
  compare(rows, facts).differences;

Deno.test("compare() finds rows and facts equal, by instant or by the person's day", () => {
  assert.deepEqual(compare([NIGHT_ROW, STEPS_ROW], [STEPS, NIGHT]), { equal: 2, differences: [] });
  assert.deepEqual(differences([NIGHT_ROW], [{ ...NIGHT, provider: "oura-eu" }]), []);
});

Deno.test("compare() tells a wrong value, unit, time or end", () => {
  assert.match(differences([{ ...NIGHT_ROW, value: 481 }], [NIGHT]).join(), /481.*not 480/);
  assert.match(differences([{ ...NIGHT_ROW, unit: "s" }], [NIGHT]).join(), /unit s, not min/);
  assert.match(
    differences([{ ...NIGHT_ROW, end: "2026-03-02T06:00:01.000Z" }], [NIGHT]).join(),
    /until/,
  );
  const moved = differences([{ ...NIGHT_ROW, ts: "2026-03-01T22:00:01.000000Z" }], [NIGHT]);
  assert.equal(moved.length, 2);
  assert.match(moved.join(), /never sent.*is missing/s);
  assert.equal(differences([{ ...STEPS_ROW, localDate: "2026-03-02" }], [STEPS]).length, 2);
});

Deno.test("compare() wants each fact once: neither lost nor doubled, nor another's", () => {
  assert.match(differences([], [NIGHT]).join(), /oura sleep_duration .*is missing/);
  assert.match(differences([NIGHT_ROW, NIGHT_ROW], [NIGHT]).join(), /never sent/);
  assert.match(differences([{ ...NIGHT_ROW, source: "terra" }], [NIGHT]).join(), /never sent/);
  assert.deepEqual(differences([NIGHT_ROW, NIGHT_ROW], [NIGHT, { ...NIGHT, recordId: "r9" }]), []);
});

Deno.test("compare() lets a possible fact be absent, and never wrong", () => {
  const possible: Fact = { ...NIGHT, reading: "possible" };
  assert.deepEqual(differences([], [possible]), []);
  assert.deepEqual(differences([NIGHT_ROW], [possible]), []);
  assert.equal(differences([{ ...NIGHT_ROW, value: 1 }], [possible]).length, 1);
});

Deno.test("compare() takes a certain fact before a possible one of the same value", () => {
  assert.deepEqual(differences([NIGHT_ROW], [{ ...NIGHT, reading: "possible" }, NIGHT]), []);
});

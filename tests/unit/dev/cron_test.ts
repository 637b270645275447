import assert from "node:assert/strict";
import { parseSchedule } from "../../../dev/cron.ts";

function due(schedule: string, ...instants: readonly string[]): readonly boolean[] {
  const parsed = parseSchedule(schedule);
  assert.ok(parsed?.kind === "fields", schedule);
  return instants.map((instant) => parsed.matches(new Date(instant)));
}

Deno.test("parseSchedule() knows every field's star, list, range and step", () => {
  assert.deepEqual(due("* * * * *", "2026-03-01T00:00:00Z"), [true]);
  assert.deepEqual(
    due("*/5 * * * *", "2026-03-01T10:55:30Z", "2026-03-01T10:56:00Z"),
    [true, false],
  );
  assert.deepEqual(
    due("7,9 3-5/2 * 3 *", "2026-03-01T05:09:00Z", "2026-03-01T04:09:00Z", "2026-04-01T05:09:00Z"),
    [true, false, false],
  );
});

Deno.test("parseSchedule() takes either day where both are restricted, and both Sundays", () => {
  // 2026-03-01 is a Sunday, 2026-03-13 a Friday.
  assert.deepEqual(due("0 0 13 * 0", "2026-03-01T00:00:00Z", "2026-03-13T00:00:00Z"), [true, true]);
  assert.deepEqual(due("0 0 * * 7", "2026-03-01T00:00:00Z", "2026-03-13T00:00:00Z"), [true, false]);
  assert.deepEqual(due("0 0 13 * *", "2026-03-01T00:00:00Z"), [false]);
});

Deno.test("parseSchedule() reads seconds as pg_cron does: 1 to 59", () => {
  assert.deepEqual(parseSchedule("30 seconds"), { kind: "seconds", every: 30 });
  assert.equal(parseSchedule("0 seconds"), undefined);
  assert.equal(parseSchedule("60 seconds"), undefined);
});

Deno.test("parseSchedule() refuses what is no schedule", () => {
  for (const text of ["", "* * * *", "60 * * * *", "5-1 * * * *", "*/0 * * * *", "x * * * *"]) {
    assert.equal(parseSchedule(text), undefined, text);
  }
});

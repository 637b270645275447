import assert from "node:assert/strict";
import { dayOf, dayTotal, instant, localTime, offsetOf, span } from "@shared/providers/kit/when.ts";

Deno.test("instant() keeps the offset that was written, and makes none up", () => {
  assert.deepEqual(instant("2026-02-03T08:00:00+01:00"), {
    start: new Date("2026-02-03T07:00:00Z"),
    offsetMinutes: 60,
  });
  assert.deepEqual(instant("2026-02-03T08:00:00", "2026-02-03"), {
    start: new Date("2026-02-03T08:00:00Z"),
    localDate: "2026-02-03",
  });
  for (const text of [null, undefined, "", "2026-02-03", "soon"]) {
    assert.equal(instant(text), undefined);
  }
});

Deno.test("span() is nothing without either end, and keeps the offset of its start", () => {
  assert.deepEqual(span("2026-02-03T23:00:00-05:00", "2026-02-04T07:00:00-04:00"), {
    start: new Date("2026-02-04T04:00:00Z"),
    end: new Date("2026-02-04T11:00:00Z"),
    offsetMinutes: -300,
  });
  assert.equal(span("2026-02-03T23:00:00Z", null), undefined);
  assert.equal(span(undefined, "2026-02-03T23:00:00Z"), undefined);
});

Deno.test("dayOf() and dayTotal() begin at the person's midnight", () => {
  assert.deepEqual(dayOf("2026-02-03", -480), {
    start: new Date("2026-02-03T08:00:00Z"),
    localDate: "2026-02-03",
    offsetMinutes: -480,
  });
  assert.deepEqual(dayTotal("2026-02-28"), {
    start: new Date("2026-02-28T00:00:00Z"),
    end: new Date("2026-03-01T00:00:00Z"),
    localDate: "2026-02-28",
    dailyTotal: true,
  });
});

Deno.test("offsetOf() reads what a time was written with", () => {
  assert.equal(offsetOf("2026-02-03T08:00:00+05:45"), 345);
  assert.equal(offsetOf("2026-02-03T08:00:00"), undefined);
  assert.equal(offsetOf(null), undefined);
});

Deno.test("localTime() reads a person's own clock, and makes nothing of a clock it does not know", () => {
  assert.deepEqual(localTime("2026-02-03T08:00", "Europe/Berlin", "2026-02-03"), {
    start: new Date("2026-02-03T07:00:00Z"),
    offsetMinutes: 60,
    localDate: "2026-02-03",
  });
  assert.equal(localTime("2026-02-03T08:00", undefined), undefined);
  assert.equal(localTime("2026-02-03T08:00", "Europe/Nowhere"), undefined);
  assert.equal(localTime(null, "UTC"), undefined);
  assert.deepEqual(localTime("2026-02-03T08:00:00+02:00", undefined), {
    start: new Date("2026-02-03T06:00:00Z"),
    offsetMinutes: 120,
  });
});

import assert from "node:assert/strict";
import { type MetricRule, needsPieces, type SourceDay } from "@shared/metrics/truth.ts";
import { day, hours, piece, ranking, source, told } from "./days.ts";

const SLEEP: MetricRule = { kind: "session", aggregate: "sum" };
const WATCH = source(2, { device: "Apple Watch", deviceClass: "watch" });
const RING = source(3, { provider: "oura", device: "Ring 4", deviceClass: "ring" });

Deno.test("resolve() counts a session that two devices saw once, and one that the other missed", () => {
  const night = {
    from: Date.parse("2026-03-01T22:00:00Z"),
    to: Date.parse("2026-03-02T06:00:00Z"),
  };
  const nap = { from: Date.parse("2026-03-02T13:00:00Z"), to: Date.parse("2026-03-02T13:30:00Z") };
  const days: readonly SourceDay[] = [
    day(RING, { n: 1, total: 450, hours: hours(22) }),
    day(WATCH, { n: 2, total: 460, hours: hours(13, 22) }),
  ];
  // Half past ten: another hour than the ring's, and the same night.
  const late = night.from + 90 * 60_000;
  const pieces = [
    piece(RING.id, night.from, 450, night.to),
    piece(WATCH.id, late, 430, night.to),
    piece(WATCH.id, nap.from, 30, nap.to),
  ];
  const order = ranking([{ provider: "oura" }]);
  assert.ok(needsPieces(SLEEP, days, order));
  assert.deepEqual(told(SLEEP, days, order, pieces), [
    480,
    "person_order",
    [3, 450, 450],
    [2, 460, 30],
  ]);
  assert.deepEqual(told(SLEEP, days, ranking(), pieces), [
    460,
    "device_class",
    [2, 460, 460],
    [3, 450, 0],
  ]);
});

Deno.test("resolve() lets what lost take no time from what comes after it", () => {
  const run = (id: number) => source(id, { provider: `app_${id}` });
  const days = [1, 2, 3].map((id) => day(run(id), { total: 10, lastAt: 100 - id, hours: 1 }));
  // The second meets the first; the third meets the second alone.
  const pieces = [piece(1, 0, 10, 60), piece(2, 50, 10, 100), piece(3, 90, 10, 95)];
  assert.deepEqual(told(SLEEP, days, ranking(), pieces), [
    20,
    "recency",
    [1, 10, 10],
    [2, 10, 0],
    [3, 10, 10],
  ]);
});

Deno.test("resolve() of sessions that are gone goes by the hours of their day", () => {
  const nights = [
    day(RING, { total: 450, hours: hours(22) }),
    day(WATCH, { total: 30, hours: hours(13) }),
  ];
  assert.deepEqual(told(SLEEP, nights, ranking(), []), [
    480,
    "device_class",
    [2, 30, 30],
    [3, 450, 450],
  ]);
});

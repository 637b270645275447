import assert from "node:assert/strict";
import { positionOf, rank } from "@shared/metrics/ranking.ts";
import { day, ranking, source } from "./days.ts";

const PHONE = source(1, { device: "iPhone", deviceClass: "phone" });
const WATCH = source(2, { device: "Apple Watch", deviceClass: "watch" });
const RING = source(3, { provider: "oura", device: "Ring 4", deviceClass: "ring" });

const at = (hour: number) => Date.parse(`2026-03-01T${String(hour).padStart(2, "0")}:00:00Z`);
const ids = (ranked: ReturnType<typeof rank>) => ranked.spans.map(({ source }) => source.id);

Deno.test("rank() goes by the person's order, then by class, then by who was heard last", () => {
  const spans = [
    day(PHONE, { lastAt: at(20) }),
    day(WATCH, { lastAt: at(8) }),
    day(RING, { lastAt: at(9) }),
  ];
  const byClass = rank(spans, ranking());
  assert.deepEqual([ids(byClass), byClass.rules], [[2, 3, 1], ["device_class", "device_class"]]);
  const ordered = rank(spans, ranking([{ provider: "oura" }]));
  assert.deepEqual([ids(ordered), ordered.rules], [[3, 2, 1], ["person_order", "person_order"]]);
  const another = source(4, { provider: "garmin", deviceClass: "watch" });
  const recent = rank([...spans, day(another, { lastAt: at(9) })], ranking());
  assert.deepEqual([ids(recent), recent.rules], [
    [4, 2, 3, 1],
    ["recency", "device_class", "device_class"],
  ]);
});

Deno.test("rank() gives the same answer whatever order the rows come in", () => {
  const spans = [PHONE, WATCH, RING, source(4), source(5, { provider: "polar" })]
    .map((of) => day(of, {}));
  const first = ids(rank(spans, ranking()));
  for (let turn = 0; turn < spans.length; turn++) {
    spans.push(...spans.splice(0, 1));
    assert.deepEqual(ids(rank(spans, ranking())), first);
    assert.deepEqual(ids(rank(spans.toReversed(), ranking())), first);
  }
});

Deno.test("rank() keeps what one device says together, and judges it by how it was made", () => {
  const garmin = (id: number, p: Partial<typeof PHONE>) =>
    source(id, { provider: "garmin", device: "Fenix", deviceClass: "watch", ...p });
  const spans = [
    day(garmin(11, { statistic: "minimum" }), { lastAt: at(23) }),
    day(garmin(12, { estimated: true }), { lastAt: at(23) }),
    day(garmin(13, { entry: "manual" }), { lastAt: at(23) }),
    day(garmin(14, {}), { lastAt: at(1) }),
    day(garmin(15, { dailyTotal: true }), { lastAt: at(0) }),
    day(garmin(16, { statistic: "nightly_average" }), { lastAt: at(6) }),
    // Heard later than some of Garmin's and earlier than others: still behind all of them.
    day(source(17, { provider: "polar", deviceClass: "watch" }), { lastAt: at(12) }),
  ];
  const ranked = rank(spans, ranking());
  assert.deepEqual(ids(ranked), [15, 14, 13, 16, 11, 12, 17]);
  assert.deepEqual(ranked.rules, [...Array(5).fill("own_daily_total"), "recency"]);
  assert.deepEqual(rank(spans.slice(0, 4), ranking()).rules, ["method", "method", "method"]);
});

Deno.test("positionOf() takes the entry that says most, and nothing for a stranger", () => {
  const order = [
    { provider: "apple_health" },
    { provider: "terra", via: "garmin" },
    { provider: "apple_health", device: "iPhone" },
  ];
  assert.equal(positionOf(WATCH, order), 0);
  assert.equal(positionOf(PHONE, order), 2);
  assert.equal(positionOf(source(9, { provider: "terra", via: "garmin" }), order), 1);
  assert.equal(positionOf(source(9, { provider: "terra", via: "fitbit" }), order), Infinity);
  assert.equal(positionOf(RING, order), Infinity);
});

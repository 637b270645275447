import assert from "node:assert/strict";
import {
  addDays,
  DAY,
  HOUR,
  instantIn,
  localDateOf,
  MINUTE,
  offsetIn,
  parseInstant,
  parseOffset,
  splitNewestFirst,
  startOfLocalDate,
} from "@shared/core/time.ts";

/** Instant and offset as one line, to compare at a glance. */
function read(text: string): string | undefined {
  const time = parseInstant(text);
  return time && `${time.instant.toISOString()} ${time.offsetMinutes ?? "none"}`;
}

Deno.test("parseInstant() reads times as providers write them", () => {
  const cases: readonly (readonly [text: string, expected: string])[] = [
    ["2026-03-01T07:30:00Z", "2026-03-01T07:30:00.000Z 0"],
    ["2026-03-01T07:30:00z", "2026-03-01T07:30:00.000Z 0"],
    ["2026-03-01T07:30:00+02:00", "2026-03-01T05:30:00.000Z 120"],
    ["2026-03-01T07:30:00-0330", "2026-03-01T11:00:00.000Z -210"],
    ["2026-03-01T07:30:00+14", "2026-02-28T17:30:00.000Z 840"],
    ["2026-03-01T07:30:00+05:45", "2026-03-01T01:45:00.000Z 345"],
    ["2026-03-01T07:30:00-06:59:58", "2026-03-01T14:30:00.000Z -420"],
    ["2026-03-01T07:30", "2026-03-01T07:30:00.000Z none"],
    ["2026-03-01 07:30:00", "2026-03-01T07:30:00.000Z none"],
    ["2026-3-1T7:30:00", "2026-03-01T07:30:00.000Z none"],
    ["2026-03-01T07:30:00.123456789Z", "2026-03-01T07:30:00.123Z 0"],
    ["2026-03-01T07:30:00,5Z", "2026-03-01T07:30:00.500Z 0"],
    ["2026-03-01T07:30:00.29Z", "2026-03-01T07:30:00.290Z 0"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z 0"],
    [" 2026-03-01T07:30:00 +0200 ", "2026-03-01T05:30:00.000Z 120"],
  ];
  for (const [text, expected] of cases) assert.equal(read(text), expected, text);
});

Deno.test("parseInstant() keeps the milliseconds that binary fractions lose", () => {
  // 0.57 * 1000 is 569.99…: rounding down must not take a millisecond away.
  for (let ms = 0; ms < 1_000; ms++) {
    const text = `2026-03-01T07:30:00.${String(ms).padStart(3, "0")}Z`;
    assert.equal(parseInstant(text)?.instant.toISOString(), text);
  }
});

Deno.test("parseInstant() gives nothing for what is no time", () => {
  const bad = [
    "",
    "now",
    "2026-03-01",
    "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T12:60:00Z",
    "2026-01-01T12:00:61Z",
    "2026-01-01T12:00:00+19:00",
    "2026-01-01T12:00:00+02:60",
    "2026-01-01T12:00:00 CET",
    "1709280000",
    "2026-01-01T12:00:00Z; drop table",
  ];
  for (const text of bad) assert.equal(read(text), undefined, text);
});

Deno.test("parseInstant() takes a leap second as the second after it", () => {
  assert.equal(read("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00.000Z 0");
});

Deno.test("parseOffset() reads every shape and refuses the impossible", () => {
  assert.equal(parseOffset("Z"), 0);
  assert.equal(parseOffset("+0530"), 330);
  assert.equal(parseOffset("-09:30"), -570);
  assert.equal(parseOffset("+18:00"), 1080);
  for (const bad of ["+18:01", "+2", "2", "+ab", "", "+02:60", "+02:00:60"]) {
    assert.equal(parseOffset(bad), undefined, bad);
  }
  assert.ok(Object.is(parseOffset("-00:00"), 0));
});

Deno.test("localDateOf() and startOfLocalDate() meet at the person's midnight", () => {
  const late = new Date("2026-03-01T23:30:00Z");
  assert.equal(localDateOf(late), "2026-03-01");
  assert.equal(localDateOf(late, 60), "2026-03-02");
  assert.equal(localDateOf(new Date("2026-03-01T02:00:00Z"), -180), "2026-02-28");
  for (const offset of [-720, -210, 0, 345, 840]) {
    const midnight = startOfLocalDate("2026-03-01", offset);
    assert.equal(localDateOf(midnight, offset), "2026-03-01");
    assert.equal(localDateOf(new Date(midnight.getTime() - 1), offset), "2026-02-28");
  }
});

Deno.test("addDays() counts calendar days over months, leap days and years", () => {
  assert.equal(addDays("2026-12-31", 1), "2027-01-01");
  assert.equal(addDays("2024-02-28", 1), "2024-02-29");
  assert.equal(addDays("2026-03-01", -1), "2026-02-28");
  assert.equal(addDays("2026-03-29", 0), "2026-03-29");
});

Deno.test("splitNewestFirst() covers the window without gap or overlap, newest first", () => {
  const from = new Date("2026-01-01T00:00:00Z");
  const to = new Date(from.getTime() + 65 * DAY + 7 * HOUR + MINUTE);
  const pieces = splitNewestFirst({ from, to }, 30);
  assert.equal(pieces.length, 3);
  assert.deepEqual(pieces[0]?.to, to);
  assert.deepEqual(pieces.at(-1)?.from, from);
  for (const [i, piece] of pieces.entries()) {
    assert.ok(piece.from < piece.to);
    assert.ok(piece.to.getTime() - piece.from.getTime() <= 30 * DAY);
    const older = pieces[i + 1];
    if (older) assert.deepEqual(older.to, piece.from);
  }
  assert.deepEqual(splitNewestFirst({ from, to: from }, 30), []);
});

Deno.test("splitNewestFirst() refuses pieces that would never end", () => {
  const window = { from: new Date(0), to: new Date(DAY) };
  for (const days of [0, -1, NaN]) {
    assert.throws(() => splitNewestFirst(window, days), /Cannot split window/);
  }
});

Deno.test("instantIn() reads a zone's clock on ordinary days and on those when it changes", () => {
  const cases: readonly (readonly [zone: string, local: string, expected: string])[] = [
    ["UTC", "2026-02-03T08:00", "2026-02-03T08:00:00.000Z 0"],
    ["Europe/Berlin", "2026-02-03T08:00", "2026-02-03T07:00:00.000Z 60"],
    ["Europe/Berlin", "2026-07-03T00:00", "2026-07-02T22:00:00.000Z 120"],
    ["Asia/Kathmandu", "2026-07-03T08:00", "2026-07-03T02:15:00.000Z 345"],
    // 02:30 came twice: the first is summer's.
    ["Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00.000Z 120"],
    ["Europe/Berlin", "2026-10-25T03:30", "2026-10-25T02:30:00.000Z 60"],
    // 02:30 never was: half past two of winter is half past three of summer.
    ["Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30:00.000Z 120"],
    ["Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59:00.000Z 60"],
    ["Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00.000Z 660"],
    ["America/New_York", "2026-02-03T08:00:00+01:00", "2026-02-03T07:00:00.000Z 60"],
  ];
  for (const [zone, local, expected] of cases) {
    const read = instantIn(zone, local);
    assert.equal(`${read?.instant.toISOString()} ${read?.offsetMinutes}`, expected, local);
  }
  assert.equal(instantIn("Europe/Nowhere", "2026-02-03T08:00"), undefined);
  assert.equal(instantIn("UTC", "soon"), undefined);
  assert.equal(offsetIn("", new Date(0)), undefined);
});

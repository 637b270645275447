import assert from "node:assert/strict";
import { toBase64Url, utf8 } from "@shared/core/bytes.ts";
import { ProblemError } from "@shared/core/problems.ts";
import {
  BIGINT,
  INT,
  readCursor,
  SMALLINT,
  START,
  TEXT,
  writeCursor,
} from "@shared/metrics/cursor.ts";

const PARTS = [START, SMALLINT, INT, BIGINT, TEXT] as const;
const GOOD = ["2026-02-28T23:59:59.999999Z", "32767", "2147483647", "1".repeat(18), "run «7» \n"];

Deno.test("readCursor() gives back what writeCursor() wrote, to the last of each range", () => {
  assert.deepEqual(readCursor(writeCursor(GOOD), PARTS), GOOD);
});

Deno.test("readCursor() refuses what the database would call an error of ours", () => {
  const changes: readonly [place: number, part: unknown][] = [
    [0, "2026-02-30T00:00:00.000000Z"],
    [0, "2026-13-01T00:00:00.000000Z"],
    [0, "0000-01-01T00:00:00.000000Z"],
    [0, "2026-02-28T24:00:00.000000Z"],
    [0, "2026-02-28T00:00:00Z"],
    [1, "32768"],
    [1, "-1"],
    [2, "2147483648"],
    [2, "1e3"],
    [3, "1".repeat(19)],
    [3, ""],
    [4, "a\u0000b"],
  ];
  const refused = (cursor: string) =>
    assert.throws(
      () => readCursor(cursor, PARTS),
      (error) => error instanceof ProblemError && error.problem === "invalid_request",
      cursor,
    );
  for (const [place, part] of changes) {
    refused(toBase64Url(utf8(JSON.stringify(GOOD.with(place, part as string)))));
  }
  refused(writeCursor(GOOD.slice(1)));
  refused(writeCursor([...GOOD, "more"]));
  for (const text of ["", "{}", "null", "[", '"x"']) refused(toBase64Url(utf8(text)));
  refused("%");
});

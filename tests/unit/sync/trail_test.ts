import assert from "node:assert/strict";
import { follow, readTrail, type Trail, writeTrail } from "@shared/sync/trail.ts";

/** How many of `cursors` are followed before one of them is refused. */
function followed(cursors: Iterable<string>): number {
  let trail: Trail | undefined;
  let count = 0;
  for (const next of cursors) {
    trail = follow(trail, next);
    if (!trail) return count;
    assert.deepEqual(readTrail(writeTrail(trail)), trail);
    assert.equal(trail.cursor, next);
    count++;
  }
  return count;
}

function* circle(before: number, length: number): Generator<string, void> {
  for (let i = 0; i < before; i++) yield `before-${i}`;
  for (let i = 0; true; i++) yield `round-${i % length}`;
}

Deno.test("follow() goes on while cursors are new, and no further than 10,000 pages", () => {
  const fresh = (count: number) => Array.from({ length: count }, (_, i) => String(i));
  assert.equal(followed(fresh(9_999)), 9_999);
  assert.equal(followed(fresh(20_000)), 10_000);
});

Deno.test("follow() finds a circle of any length, wherever it begins", () => {
  for (const before of [0, 1, 2, 7, 100]) {
    for (const length of [1, 2, 3, 10, 365]) {
      const pages = followed(circle(before, length));
      assert.ok(pages < 4 * (before + length), `${before} then ${length}: ${pages} pages`);
    }
  }
});

Deno.test("follow() refuses a page that names itself at once", () => {
  const trail = follow(undefined, "a");
  assert.equal(follow(trail, "a"), undefined);
});

Deno.test("readTrail() takes nothing but what writeTrail() wrote", () => {
  for (const text of ["page-2", "{}", '{"cursor":"a"}', "null"]) {
    assert.throws(() => readTrail(text));
  }
});

import assert from "node:assert/strict";
import { follow, readTrail, type Trail, writeTrail } from "@shared/providers/trail.ts";

interface Page {
  readonly next: string;
  readonly ids: readonly string[];
}

const recordsOf = (ids: readonly string[]) => ids.map((id) => ({ id, raw: {}, items: [] }));

/** How many of `pages` are followed before one of them is refused. */
function followed(pages: Iterable<Page>): number {
  let trail: Trail | undefined;
  let count = 0;
  for (const { next, ids } of pages) {
    trail = follow(trail, { next, records: recordsOf(ids) });
    if (!trail) return count;
    assert.deepEqual(readTrail(writeTrail(trail)), trail);
    assert.equal(trail.cursor, next);
    count++;
  }
  return count;
}

function* circle(before: number, length: number): Generator<Page, void> {
  for (let i = 0; i < before; i++) yield { next: `before-${i}`, ids: [] };
  for (let i = 0; true; i++) yield { next: `round-${i % length}`, ids: [] };
}

function counted(ids: (i: number) => readonly string[], count: number): readonly Page[] {
  return Array.from({ length: count }, (_, i) => ({ next: String(i), ids: ids(i) }));
}

Deno.test("follow() goes on while cursors are new, and no further than 10,000 pages", () => {
  assert.equal(followed(counted(() => [], 9_999)), 9_999);
  assert.equal(followed(counted(() => [], 20_000)), 10_000);
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
  assert.equal(followed([{ next: "a", ids: [] }, { next: "a", ids: [] }]), 1);
});

Deno.test("follow() takes the same records twice, and not a third time in a row", () => {
  assert.equal(followed(counted(() => ["1", "2"], 9)), 2);
  assert.equal(followed(counted((i) => [i % 3 === 2 ? "other" : "same"], 9)), 9);
  assert.equal(followed(counted(() => [], 9)), 9);
});

Deno.test("readTrail() takes nothing but what writeTrail() wrote", () => {
  for (const text of ["page-2", "{}", '{"cursor":"a"}', "null"]) {
    assert.throws(() => readTrail(text));
  }
});

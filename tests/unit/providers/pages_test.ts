import assert from "node:assert/strict";
import { type Place, readPlace, step, writePlace } from "@shared/providers/pages.ts";

/** Reads page after page, each mark through the job's cursor; how many were read, and whether they end. */
function walk(
  nextOf: (mark: string | undefined, read: number) => string | undefined,
  first?: string,
) {
  let place: Place | undefined;
  let asked = first;
  for (let read = 1;; read++) {
    const next = nextOf(asked, read);
    if (next === undefined) return { read, ends: true };
    const after = step(place, asked, next);
    if (!after) return { read, ends: false };
    place = readPlace(writePlace(after));
    asked = place.next;
  }
}

Deno.test("step() lets pages go on that end, however they are called", () => {
  for (const pages of [1, 2, 3, 17, 1_000]) {
    const numbered = walk((_, read) => read < pages ? `p${read + 1}` : undefined);
    assert.deepEqual(numbered, { read: pages, ends: true });
  }
  const named = walk((_, read) => read < 9 ? `token"${read}\\\u0000` : undefined, "of a webhook");
  assert.deepEqual(named, { read: 9, ends: true });
});

Deno.test("step() sees pages that go round within three times their number, and pages without end", () => {
  for (let before = 0; before <= 20; before++) {
    for (let circle = 1; circle <= 20; circle++) {
      const { read, ends } = walk((_, n) => {
        const at = n <= before ? n : before + (n - before) % circle;
        return `p${at}`;
      });
      assert.equal(ends, false);
      assert.ok(read <= 3 * (before + circle) + 1, `${read} pages of ${before} + ${circle}`);
    }
  }
  assert.deepEqual(walk((_, read) => `random ${read}`), { read: 10_000, ends: false });
  assert.deepEqual(walk((mark) => mark, "of a webhook"), { read: 1, ends: false });
  assert.deepEqual(walk(() => "of a webhook", "of a webhook"), { read: 1, ends: false });
});

Deno.test("readPlace() takes nothing but what writePlace() wrote", () => {
  const place = { next: "a", read: 3, mark: "b" };
  assert.deepEqual(readPlace(writePlace(place)), place);
  for (const text of ["p3", "null", "3", "[]", '["a",3]', '["a","3","b"]', '[1,3,"b"]', "{}"]) {
    assert.throws(() => readPlace(text));
  }
});

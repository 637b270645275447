import assert from "node:assert/strict";
import { ProblemError } from "@shared/core/problems.ts";
import { createGroupCommit, type GroupCommitOptions } from "@shared/webhooks/group_commit.ts";

interface Commit {
  readonly items: readonly string[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

class OfItem extends Error {}

/** A store whose commits the test ends, one after the other. */
function store(options: Partial<GroupCommitOptions<string>> = {}) {
  const commits: Commit[] = [];
  const add = createGroupCommit<string>({
    commit: (items) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      commits.push({ items, resolve, reject });
      return promise;
    },
    mayBeOneItems: (error) => error instanceof OfItem,
    sizeOf: (item) => item.length,
    group: { items: 3, bytes: 10 },
    held: { items: 6, bytes: 20 },
    ...options,
  });
  return { commits, add };
}

/** What became of a promise by now. */
function watch(promise: Promise<void>) {
  const seen = { state: "waits", error: undefined as unknown };
  promise.then(() => seen.state = "stored", (error) => {
    seen.state = "failed";
    seen.error = error;
  });
  return seen;
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("createGroupCommit() commits a lone item at once, and those that came meanwhile together", async () => {
  const { commits, add } = store();
  const a = watch(add("a"));
  assert.deepEqual(commits.map(({ items }) => items), [["a"]], "no timer, no turn of the loop");
  const rest = ["b", "c", "d", "e"].map((item) => watch(add(item)));
  await settled();
  assert.equal(commits.length, 1, "one commit at a time");
  assert.equal(a.state, "waits");
  commits[0]?.resolve();
  await settled();
  assert.equal(a.state, "stored");
  assert.deepEqual(commits[1]?.items, ["b", "c", "d"]);
  assert.deepEqual(rest.map(({ state }) => state), ["waits", "waits", "waits", "waits"]);
  commits[1]?.resolve();
  await settled();
  assert.deepEqual(rest.map(({ state }) => state), ["stored", "stored", "stored", "waits"]);
  assert.deepEqual(commits[2]?.items, ["e"]);
  commits[2]?.resolve();
  await settled();
  assert.equal(rest[3]?.state, "stored");
  watch(add("f"));
  assert.deepEqual(commits[3]?.items, ["f"], "an empty line starts anew");
});

Deno.test("createGroupCommit() keeps a group below its bytes, and takes a larger item by itself", async () => {
  const { commits, add } = store();
  for (const item of ["a", "bbbbbb", "cccc", "d", "eeeeeeeeeeee"]) watch(add(item).catch(() => {}));
  // 1 + 6 + 4 + 1 = 12 of 20: the last, of 12, is too much.
  commits[0]?.resolve();
  await settled();
  assert.deepEqual(commits[1]?.items, ["bbbbbb", "cccc"]);
  commits[1]?.resolve();
  await settled();
  assert.deepEqual(commits[2]?.items, ["d"]);
  watch(add("ffffffffffff"));
  watch(add("g"));
  commits[2]?.resolve();
  await settled();
  assert.deepEqual(commits[3]?.items, ["ffffffffffff"]);
});

Deno.test("createGroupCommit() refuses what is over its limits, and takes again what fits", async () => {
  const { commits, add } = store();
  const first = watch(add("a"));
  for (let n = 0; n < 5; n++) watch(add("b"));
  const overItems = watch(add("c"));
  await settled();
  assert.equal(overItems.state, "failed");
  assert.ok(overItems.error instanceof ProblemError);
  assert.equal(overItems.error.problem, "unavailable");
  assert.ok((overItems.error.retryAfter ?? 0) > 0);
  commits[0]?.resolve();
  await settled();
  assert.equal(first.state, "stored");
  // 5 are held now: of one byte each, so that 16 more are one too many.
  const overBytes = watch(add("d".repeat(16)));
  const fits = watch(add("e".repeat(15)));
  await settled();
  assert.deepEqual([overBytes.state, fits.state], ["failed", "waits"]);
  commits[1]?.resolve();
  await settled();
  commits[2]?.resolve();
  await settled();
  commits[3]?.resolve();
  await settled();
  assert.equal(fits.state, "stored");
  assert.ok(!commits.some(({ items }) => items.includes("c") || items.includes("d".repeat(16))));
});

Deno.test("createGroupCommit() tries each by itself where one may be to blame", async () => {
  const tried: (readonly string[])[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const { add } = store({
    commit: async (items) => {
      tried.push(items);
      if (tried.length === 1) await gate;
      if (items.includes("bad")) throw new OfItem();
    },
  });
  const all = ["a", "b", "bad", "c", "d"].map((item) => watch(add(item)));
  open();
  await settled();
  assert.deepEqual(tried, [["a"], ["b", "bad", "c"], ["b"], ["bad"], ["c"], ["d"]]);
  assert.deepEqual(all.map(({ state }) => state), [
    "stored",
    "stored",
    "failed",
    "stored",
    "stored",
  ]);
  assert.ok(all[2]?.error instanceof OfItem);
});

Deno.test("createGroupCommit() fails a group together where the place is lost, and goes on", async () => {
  const { commits, add } = store();
  watch(add("a"));
  const group = ["b", "c", "d"].map((item) => watch(add(item)));
  commits[0]?.resolve();
  await settled();
  const lost = new Error("lost");
  commits[1]?.reject(lost);
  await settled();
  assert.deepEqual(group.map(({ error }) => error), [lost, lost, lost]);
  assert.equal(commits.length, 2, "nothing was tried again");
  const next = watch(add("e"));
  commits[2]?.resolve();
  await settled();
  assert.equal(next.state, "stored");
  const room = Array.from({ length: 6 }, () => watch(add("f")));
  await settled();
  assert.deepEqual(
    room.map(({ state }) => state),
    Array(6).fill("waits"),
    "all room is free again",
  );
});

Deno.test("createGroupCommit() stops trying one by one where the place is lost in between", async () => {
  const { commits, add } = store();
  watch(add("a"));
  const group = ["b", "c", "d"].map((item) => watch(add(item)));
  commits[0]?.resolve();
  await settled();
  commits[1]?.reject(new OfItem());
  await settled();
  commits[2]?.resolve();
  await settled();
  commits[3]?.reject(new Error("lost"));
  await settled();
  assert.deepEqual(group.map(({ state }) => state), ["stored", "failed", "failed"]);
  assert.deepEqual(commits.map(({ items }) => items.join("")), ["a", "bcd", "b", "c"]);
});

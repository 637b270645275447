import assert from "node:assert/strict";
import { z } from "zod";
import { listOf, oneOrMany } from "@shared/providers/kit/page.ts";

const row = z.looseObject({ id: z.string() });
const page = listOf(row, { rows: "body.rows", next: "body.next" });

Deno.test("listOf() takes an envelope, an array, one row and nothing", () => {
  const one = { id: "1", more: { kept: true } };
  assert.deepEqual(page.parse({ body: { rows: [one], next: "n" } }), { rows: [one], next: "n" });
  assert.deepEqual(page.parse([one]), { rows: [one] });
  assert.deepEqual(page.parse(one), { rows: [one], bare: true });
  assert.deepEqual(page.parse(undefined), { rows: [] });
});

Deno.test("listOf() takes an answer without a list for an empty one where lists are left out", () => {
  const sparse = listOf(row, { rows: "rows", next: "next", sparse: true });
  assert.deepEqual(sparse.parse({}), { rows: [] });
  assert.deepEqual(sparse.parse({ next: "n" }), { rows: [], next: "n" });
  assert.deepEqual(sparse.parse({ rows: [{ id: "1" }] }), { rows: [{ id: "1" }] });
  assert.deepEqual(sparse.parse({ id: "1" }), { rows: [{ id: "1" }], bare: true });
  for (const body of [{ error: "x" }, [7], null]) assert.ok(!sparse.safeParse(body).success);
  assert.ok(!page.safeParse({}).success);
});

Deno.test("listOf() has a next page only where the envelope names one", () => {
  for (const next of [null, undefined, "", false, {}]) {
    assert.deepEqual(page.parse({ body: { rows: [], next } }), { rows: [] });
  }
  assert.equal(page.parse({ body: { rows: [], next: 2 } }).next, "2");
});

Deno.test("listOf() says where a row does not fit", () => {
  const pathsOf = (body: unknown) =>
    page.safeParse(body).error?.issues.map(({ path }) => path.join("."));
  assert.deepEqual(pathsOf({ body: { rows: [{ id: "1" }, { id: 2 }] } }), ["body.rows.1.id"]);
  assert.deepEqual(pathsOf([{ id: 2 }]), ["0.id"]);
  assert.deepEqual(pathsOf({ id: 2 }), ["id"]);
  assert.deepEqual(pathsOf({ body: { rows: "none" } }), ["body.rows"]);
  assert.deepEqual(pathsOf(null), [""]);
});

Deno.test("listOf() hands on what the envelope says of all rows, and takes one row in the list's place", () => {
  const about = z.object({ unit: z.string() });
  const units = listOf(z.looseObject({ id: z.string() }), { rows: "data", about });
  const rows = [{ id: "1" }];
  assert.deepEqual(units.parse({ unit: "mmol", data: rows }), { rows, about: { unit: "mmol" } });
  assert.deepEqual(units.parse({ data: rows }), { rows });
  assert.deepEqual(units.parse({ data: { id: "1" } }), { rows });
});

Deno.test("oneOrMany() reads a body alone as a list of one", () => {
  const events = oneOrMany(z.object({ id: z.number() }));
  assert.deepEqual(events.parse({ id: 1 }), [{ id: 1 }]);
  assert.deepEqual(events.parse([{ id: 1 }, { id: 2 }]), [{ id: 1 }, { id: 2 }]);
  assert.equal(events.safeParse([[{ id: 1 }]]).success, false);
});

import assert from "node:assert/strict";
import { insertSorted, providerFrom, registrations } from "../../../tools/provider.ts";
import { filesFor, nameOf, pascal } from "../../../tools/provider/templates.ts";

Deno.test("insertSorted() keeps a list in order, and what is around it", () => {
  const text = "x\n  b,\n  d,\ny";
  assert.equal(insertSorted(text, /^ {2}\w,$/, "  a,"), "x\n  a,\n  b,\n  d,\ny");
  assert.equal(insertSorted(text, /^ {2}\w,$/, "  c,"), "x\n  b,\n  c,\n  d,\ny");
  assert.equal(insertSorted(text, /^ {2}\w,$/, "  e,"), "x\n  b,\n  d,\n  e,\ny");
  assert.throws(() => insertSorted(text, /^nothing$/, "e"), /Cannot register/);
});

Deno.test("providerFrom() takes a slug, and writes over nothing", () => {
  assert.deepEqual(providerFrom(["blue_band"], () => false), {
    slug: "blue_band",
    name: "Blue Band",
  });
  assert.equal(providerFrom(["blue_band", "BLUE"], () => false).name, "BLUE");
  for (const args of [[], ["Blue"], ["../x"], ["a"], ["blue-band"], ["blue", "a", "b"]]) {
    assert.throws(() => providerFrom(args, () => false), /Cannot begin/, args.join());
  }
  assert.throws(() => providerFrom(["oura"], (path) => path.endsWith("oura.ts")), /exists/);
});

Deno.test("a new provider is files of its own and a line in each list", () => {
  const provider = { slug: "blue_band", name: nameOf("blue_band") };
  assert.equal(pascal(provider.slug), "BlueBand");
  assert.deepEqual(filesFor(provider).map(([path]) => path), [
    "shared/providers/blue_band.ts",
    "tests/fixtures/blue_band/days.json",
    "tests/fixtures/blue_band/days.expected.json",
    "tests/fixtures/blue_band/paging.json",
    "tests/fixtures/blue_band/person.json",
    "dev/sandbox/blue_band/app.ts",
  ]);
  const root = new URL("../../../", import.meta.url);
  const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
  const lines = registrations(provider, read).flatMap(([path, text]) => {
    const before = new Set(read(path).split("\n"));
    return text.split("\n").filter((line) => !before.has(line)).map((line) => `${path}: ${line}`);
  });
  assert.equal(lines.length, 7);
  for (const line of lines) assert.match(line, /blue_band/);
  // A service that is known by name already is not named twice.
  assert.equal(registrations({ slug: "coros", name: "COROS" }, read).length, 4);
});

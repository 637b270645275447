import assert from "node:assert/strict";
import { mutationsOf } from "../../../tools/mutate/lines.ts";
import { filesOf } from "../../../tools/mutate/mutant.ts";

const SOURCE = `import { z } from "zod";
const timed = {
  at: z.string(),
  unit: maybeText,
};
const REGIONS = {
  us: "https://us.example",
};
const TABLE = {
  a: "one",
  b: "two",
  c: "two",
};
const row = z.looseObject({
  steps: z.number(),
  name: z.string(),
});
export const things = resource({
  name: "things",
  produces: ["steps", "distance"],
  request: ({ window }) =>
    get(window, {
      from: window.from,
      to: window.to,
    }),
  *normalise(row) {
    yield* measure("steps", count(row.steps), at);
    yield* measure("distance", metres(row.far), at);
    yield {
      kind: "workout",
      type: sportOf(row.sport),
    };
  },
});
async function subscribe(
  ctx: DriverContext,
): Promise<void> {
  await call({
    url: ctx.url,
  });
}
`;

function changed(source: string): readonly string[] {
  const before = SOURCE.split("\n");
  const after = source.split("\n");
  return after.filter((line) => !before.includes(line)).map((line) => line.trim());
}

Deno.test("mutationsOf() deletes each mapping and exchanges it with the next, and leaves the rest alone", () => {
  const mutations = mutationsOf(SOURCE);
  assert.deepEqual(mutations.map(({ line, kind }) => `${line} ${kind}`), [
    "10 delete",
    "10 swap",
    "11 delete",
    "12 delete",
    "27 delete",
    "27 swap",
    "28 delete",
    "31 delete",
  ]);
  const [deleted, swapped] = mutations;
  assert.equal(deleted?.was, 'a: "one",');
  assert.ok(!deleted.source.includes('a: "one"') && deleted.source.includes('b: "two"'));
  assert.deepEqual(changed(swapped?.source ?? ""), ['a: "two",', 'b: "one",']);
  assert.deepEqual(changed(mutations[5]?.source ?? ""), [
    'yield* measure("distance", count(row.steps), at);',
    'yield* measure("steps", metres(row.far), at);',
  ]);
});

Deno.test("filesOf() finds the files of a driver, and none of the engine", () => {
  assert.deepEqual(filesOf("dexcom"), ["dexcom.ts"]);
  const files = filesOf("health_connect");
  assert.ok(files.includes("mobile_sdk_android.ts") && files.includes("mobile_sdk_sleep.ts"));
  assert.ok(!files.includes("define.ts") && !files.includes("resource.ts"));
});

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

const STATEMENTS = `function* meaningOf(row, at) {
  if (row.dose) yield* measure("insulin_delivery", insulinUnits(row.dose), at);
  else yield* glucose(row, at);
  yield* rate("sleep_score", row.score, [0, 100], {
    ...at,
    vendorName: "sleep_score",
  });
  yield* measure(
    "spo2",
    percent(row.oxygen),
    at,
  );
  for (const one of row.list) yield* each(one);
  switch (row.kind) {
    case "steps":
      return yield* measure("steps", count(row.value), at);
  }
}
const TABLE = [
  values("heartrate", "heart_rate", beatsPerMinute),
  values("water", "water_intake", millilitres),
  named("height", (row, at) =>
    measure("height", metres(row.value), {
      ...at,
      entry: "manual",
    })),
];
`;

Deno.test("mutationsOf() finds a mapping in a statement of any form, and leaves a program without it", () => {
  const mutations = mutationsOf(STATEMENTS);
  const left = (line: number) =>
    mutations.find((one) => one.line === line && one.kind === "delete")?.source.split("\n");
  assert.deepEqual(mutations.map(({ line, kind }) => `${line} ${kind}`), [
    "2 delete",
    "3 delete",
    "4 delete",
    "4 swap",
    "6 delete",
    "8 delete",
    "13 delete",
    "16 delete",
    "20 delete",
    "20 swap",
    "21 delete",
    "21 swap",
    "22 delete",
    "23 delete",
    "25 delete",
  ]);
  assert.equal(left(2)?.[1], "  if (row.dose) ;");
  assert.equal(left(3)?.[2], "  else ;");
  assert.deepEqual(left(4)?.slice(3, 5), ["  ;", "  yield* measure("]);
  assert.equal(left(13)?.[12], "  for (const one of row.list) ;");
  assert.equal(left(16)?.[15], "      return ;");
  assert.deepEqual(left(23)?.slice(21, 24), ['  named("height", (row, at) =>', "    []),", "];"]);
  const swapped = mutations.find(({ line, kind }) => line === 20 && kind === "swap")?.source ?? "";
  assert.match(swapped, /values\("heartrate", "water_intake", beatsPerMinute\)/);
});

Deno.test("filesOf() finds the files of a driver, and none of the engine", () => {
  assert.deepEqual(filesOf("dexcom"), ["dexcom.ts"]);
  const files = filesOf("health_connect");
  assert.ok(files.includes("mobile_sdk_android.ts") && files.includes("mobile_sdk_sleep.ts"));
  assert.ok(!files.includes("define.ts") && !files.includes("resource.ts"));
});

import assert from "node:assert/strict";
import { METRIC_CODES } from "@shared/catalog/metrics.ts";
import { SETTINGS } from "@shared/config/settings.ts";
import { outputs, stale } from "../../../tools/generate.ts";
import { markdownTable } from "../../../tools/generate/output.ts";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const textOf = (ending: string) => outputs().find(({ path }) => path.endsWith(ending))?.text ?? "";

Deno.test("outputs() are what the tree holds: else run `deno task generate`", () => {
  assert.deepEqual(stale(outputs(), read), []);
});

Deno.test("stale() names changed and missing files alone", () => {
  const files = [
    { path: "same", text: "1" },
    { path: "changed", text: "1" },
    { path: "missing", text: "1" },
  ];
  const tree: Record<string, string> = { same: "1", changed: "2" };
  assert.deepEqual(stale(files, (path) => tree[path]), ["changed", "missing"]);
});

Deno.test("outputs() hold every metric, setting and problem once", () => {
  const sql = textOf("metric_catalog_rows.sql");
  for (const code of METRIC_CODES) assert.equal(sql.split(`('${code}',`).length, 2, code);
  const env = textOf(".env.example");
  for (const name of Object.keys(SETTINGS.shape)) {
    assert.equal(env.split(`\n# ${name}=`).length, 2, name);
  }
});

Deno.test("outputs() of the environment set nothing when copied, and describe every setting", () => {
  const env = textOf(".env.example");
  assert.ok(env.split("\n").every((line) => line === "" || line.startsWith("#")));
  for (const [name, schema] of Object.entries(SETTINGS.shape)) {
    assert.ok(schema.meta()?.description, name);
  }
});

Deno.test("markdownTable() keeps a cell in its cell", () => {
  assert.equal(
    markdownTable(["a", "b"], [["x|y", "1\n2"]]),
    "| a | b |\n| --- | --- |\n| x\\|y | 1 2 |\n",
  );
});

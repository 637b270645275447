import assert from "node:assert/strict";
import { resultOf, type StepResult, totalsLine } from "../../../tools/ok/totals.ts";

const step = { name: "step", seconds: 1 };
const counts = ({ passed, failed, skipped }: StepResult) => [passed, failed, skipped];

Deno.test("resultOf() counts a step without tests as one", () => {
  assert.deepEqual(counts(resultOf(step, "Checked 9 files\n", 0)), [1, 0, 0]);
  assert.deepEqual(counts(resultOf(step, "", 1)), [0, 1, 0]);
});

Deno.test("resultOf() takes the last line of a step that counts", () => {
  const output = "1 passed, 0 failed\nnoise\n12 passed, 3 failed, 4 skipped\n";
  assert.deepEqual(counts(resultOf(step, output, 1)), [12, 3, 4]);
});

Deno.test("resultOf() believes the exit status over a friendly last line", () => {
  assert.deepEqual(counts(resultOf(step, "12 passed, 0 failed\n", 1)), [12, 1, 0]);
});

Deno.test("totalsLine() sums the steps, and speaks of skipped ones only where there are some", () => {
  const results = [resultOf(step, "12 passed, 0 failed\n", 0), resultOf(step, "", 0)];
  assert.equal(totalsLine(results), "13 passed, 0 failed");
  const skipping = resultOf(step, "1 passed, 2 failed, 3 skipped", 1);
  assert.equal(totalsLine([...results, skipping]), "14 passed, 2 failed, 3 skipped");
});

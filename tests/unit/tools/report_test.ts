import assert from "node:assert/strict";
import { lastLine, sum, tally } from "../../../tools/test/report.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="4" failures="1" errors="1" time="0.1">
  <testsuite name="./a_test.ts" tests="4" disabled="1" errors="1" failures="1">
    <testcase name="a() ok" classname="./a_test.ts" time="0.001">
    </testcase>
    <testcase name="b() &lt;bad&gt;" classname="./a_test.ts" time="0.001">
      <failure message="boom">Error: boom &amp; \x1b[31mred\x1b[0m</failure>
    </testcase>
    <testcase name="c() late" classname="./a_test.ts" time="0">
      <error message="Cancelled"/>
    </testcase>
    <testcase name="d() skipped" classname="./a_test.ts" time="0">
      <skipped/>
    </testcase>
  </testsuite>
</testsuites>`;

Deno.test("tally() counts passed, failed, cancelled and skipped cases", () => {
  const { passed, failed, skipped } = tally(REPORT, 1, "run");
  assert.deepEqual({ passed, failed, skipped }, { passed: 1, failed: 2, skipped: 1 });
});

Deno.test("tally() repeats a failure readably", () => {
  assert.deepEqual(tally(REPORT, 1, "run").failures[0], {
    where: "run: ./a_test.ts b() <bad>",
    what: "Error: boom & red",
  });
});

Deno.test("tally() counts a run that broke outside of its tests as failed", () => {
  assert.equal(tally("<testsuites></testsuites>", 1, "run").failed, 1);
  assert.equal(tally(undefined, 137, "run").failed, 1);
  assert.equal(tally("<testsuites></testsuites>", 0, "run").failed, 0);
});

Deno.test("lastLine() names skipped tests only where there are any", () => {
  assert.equal(
    lastLine(sum([tally(REPORT, 1, "a"), tally(REPORT, 1, "b")])),
    "2 passed, 4 failed, 2 skipped",
  );
  assert.equal(lastLine({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
});

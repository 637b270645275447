import assert from "node:assert/strict";
import { startStack, withStateDir } from "./support/stack_process.ts";

Deno.test("start --once links, syncs and reads as the demo person, all equal to the ledger", async () => {
  await withStateDir(async (options) => {
    const { process, output } = startStack(["--once", ...options]);
    const { code } = await process.status;
    const { stdout, stderr } = await output;
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.match(stdout, /\b[1-9]\d{3,} equal, 0 different/);
    for (const step of ["Oura history fetched", "webhook turned into metrics", "Dexcom polled"]) {
      assert.match(stdout, new RegExp(`ok +${step}`));
    }
  });
});

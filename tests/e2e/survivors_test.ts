/** Decision 19: what is made for one request or statement is gone with the next small collection. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { withDatabase } from "../support/database.ts";

const SCRIPT = fileURLToPath(new URL("./support/survivors.ts", import.meta.url));
const FLAGS = "--v8-flags=--expose-gc,--no-incremental-marking";
/** kB each. */
const MOST = 4;
/** Of 24 jobs, which are 30 kB, and the three statements of their life. */
const MOST_OF_A_CLAIM = 12;

Deno.test("nothing of a webhook, a statement's answer or a job outlives small collections", async () => {
  await withDatabase(async ({ appUrl }) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-lock", "--no-check", "--quiet", "--allow-all", FLAGS, SCRIPT, appUrl],
      env: { NO_COLOR: "1" },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(code, 0, text(stderr));
    const { literal, driver, statement, webhook, claim } = JSON.parse(text(stdout));
    // Controls: without care each leaves all that it saw.
    assert.ok(literal > 2 * MOST && driver > 2 * MOST, text(stdout));
    assert.ok(statement < MOST && webhook < MOST, text(stdout));
    assert.ok(claim < MOST_OF_A_CLAIM, text(stdout));
  });
});

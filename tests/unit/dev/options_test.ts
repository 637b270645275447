import assert from "node:assert/strict";
import { parseOptions } from "../../../dev/options.ts";

Deno.test("parseOptions() defaults to the ports that Supabase uses", () => {
  const { port, dbPort, sandboxPort, stateDir, once, json } = parseOptions([], {});
  assert.deepEqual(
    { port, dbPort, sandboxPort, stateDir, once, json },
    {
      port: 54321,
      dbPort: 54322,
      sandboxPort: 54330,
      stateDir: ".local",
      once: false,
      json: false,
    },
  );
});

Deno.test("parseOptions() reads every option, and the database from the environment", () => {
  const options = parseOptions(
    ["--once", "--json", "--port", "0", "--db-port=1", "--sandbox-port", "2"],
    { DATABASE_URL: "postgres://x" },
  );
  assert.equal(options.databaseUrl, "postgres://x");
  assert.deepEqual([options.port, options.dbPort, options.sandboxPort], [0, 1, 2]);
  assert.ok(options.once && options.json);
});

Deno.test("parseOptions() refuses in one line what it does not know", () => {
  for (const args of [["--colour"], ["--port", "many"], ["--port", "70000"], ["word"]]) {
    assert.throws(() => parseOptions(args, {}), /^StackFailure: Cannot read [^\n]+$/, String(args));
  }
});

Deno.test("parseOptions() never empties a database that is not its own", () => {
  assert.throws(
    () => parseOptions(["--fresh"], { DATABASE_URL: "postgres://x" }),
    /never empties/,
  );
});

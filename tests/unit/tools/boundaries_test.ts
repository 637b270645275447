import assert from "node:assert/strict";
import { type SourceFile, violations } from "../../../tools/boundaries/check.ts";

function file(path: string, ...targets: readonly string[]): SourceFile {
  return { path, text: "", imports: targets.map((target, i) => ({ line: i + 1, target })) };
}

function written(path: string, text: string): SourceFile {
  return { path, text, imports: [] };
}

/** Pairs of a file and an import that the house's table allows. */
const ALLOWED: readonly (readonly [path: string, target: string])[] = [
  ["shared/core/crypto.ts", "node:crypto"],
  ["shared/core/envelope.ts", "shared/core/bytes.ts"],
  ["shared/catalog/metrics.ts", "shared/core/time.ts"],
  ["shared/providers/oura.ts", "npm:zod"],
  ["shared/providers/oura.ts", "shared/providers/kit/oauth2.ts"],
  ["shared/providers/kit/oauth2.ts", "npm:oauth4webapi"],
  ["shared/jobs/kinds.ts", "npm:zod"],
  ["shared/jobs/runner.ts", "shared/db/jobs.ts"],
  ["shared/db/client.ts", "npm:postgres"],
  ["shared/sync/pull.ts", "shared/db/records.ts"],
  ["shared/webhooks/process.ts", "shared/sync/batch.ts"],
  ["shared/http/auth.ts", "npm:jose"],
  ["shared/http/app.ts", "npm:hono/cors"],
  ["shared/config.ts", "shared/providers/driver.ts"],
  ["shared/runtime.ts", "shared/config.ts"],
  ["functions/connect/app.ts", "functions/connect/routes.ts"],
  ["functions/connect/app.ts", "shared/connections/begin.ts"],
  ["dev/gateway.ts", "shared/providers/mod.ts"],
  ["tests/unit/core/json_test.ts", "shared/core/json.ts"],
  ["tools/generate.ts", "deno.json"],
];

/** … and pairs that it does not, each a mistake somebody could make. */
const REFUSED: readonly (readonly [path: string, target: string])[] = [
  ["shared/core/json.ts", "npm:zod"],
  ["shared/core/json.ts", "shared/catalog/metrics.ts"],
  ["shared/core/json.ts", "node:fs"],
  ["shared/catalog/metrics.ts", "shared/providers/driver.ts"],
  ["shared/providers/oura.ts", "shared/db/client.ts"],
  ["shared/providers/oura.ts", "shared/config.ts"],
  ["shared/providers/oura.ts", "shared/jobs/kinds.ts"],
  ["shared/providers/oura.ts", "shared/http/app.ts"],
  ["shared/providers/oura.ts", "npm:oauth4webapi"],
  ["shared/providers/oura.ts", "npm:hono"],
  ["shared/providers/kit/oauth2.ts", "shared/providers/oura.ts"],
  ["shared/jobs/kinds.ts", "shared/db/jobs.ts"],
  ["shared/jobs/runner.ts", "shared/sync/pull.ts"],
  ["shared/db/client.ts", "shared/providers/driver.ts"],
  ["shared/db/client.ts", "npm:zod"],
  ["shared/sync/pull.ts", "npm:postgres"],
  ["shared/sync/pull.ts", "npm:hono"],
  ["shared/sync/pull.ts", "shared/config.ts"],
  ["shared/sync/pull.ts", "shared/runtime.ts"],
  ["shared/http/app.ts", "npm:jose"],
  ["shared/http/app.ts", "shared/db/client.ts"],
  ["shared/api/metrics.ts", "npm:jose"],
  ["shared/config.ts", "shared/db/client.ts"],
  ["shared/runtime.ts", "functions/connect/app.ts"],
  ["functions/connect/app.ts", "functions/metrics/app.ts"],
  ["functions/connect/app.ts", "shared/db/client.ts"],
  ["functions/connect/app.ts", "npm:postgres"],
  ["shared/core/json.ts", "tests/support/database.ts"],
  ["shared/core/json.ts", "dev/ports.ts"],
  ["functions/connect/app.ts", "tools/ok.ts"],
  ["dev/sandbox/oura.ts", "shared/providers/oura.ts"],
  ["shared/unheard_of/thing.ts", "shared/core/json.ts"],
];

Deno.test("violations() lets pass what the table allows", () => {
  assert.deepEqual(violations(ALLOWED.map(([path, target]) => file(path, target))), []);
});

for (const [path, target] of REFUSED) {
  Deno.test(`violations() refuses ${target} in ${path}`, () => {
    assert.ok(violations([file(path, target)]).length > 0);
  });
}

Deno.test("violations() names file, line, import and layer", () => {
  assert.deepEqual(violations([file("shared/core/json.ts", "shared/core/bytes.ts", "npm:zod")]), [
    "shared/core/json.ts:2 imports npm:zod: not allowed for core",
  ]);
});

Deno.test("violations() sees the sandbox reach a driver through others", () => {
  const found = violations([
    file("dev/sandbox/server.ts", "dev/shared_part.ts"),
    file("dev/shared_part.ts", "shared/config.ts"),
    file("shared/config.ts", "shared/providers/driver.ts"),
  ]);
  assert.deepEqual(found, [
    "dev/sandbox/server.ts:1 reaches shared/providers/driver.ts by dev/shared_part.ts: " +
    "not allowed for sandbox",
  ]);
});

Deno.test("violations() measures files by their kind", () => {
  const lines = (n: number) => "x\n".repeat(n);
  const cases: readonly (readonly [path: string, longest: number])[] = [
    ["functions/connect/index.ts", 20],
    ["functions/connect/app.ts", 120],
    ["shared/providers/oura.ts", 260],
    ["shared/providers/kit/oauth2.ts", 250],
    ["tests/unit/x_test.ts", 250],
  ];
  for (const [path, longest] of cases) {
    assert.deepEqual(violations([written(path, lines(longest))]), []);
    assert.equal(violations([written(path, lines(longest + 1))]).length, 1, path);
  }
  const generated = `// Generated from the API's schemas.\n${lines(999)}`;
  assert.deepEqual(violations([written("tests/support/api_types.ts", generated)]), []);
});

Deno.test("violations() reads code, and neither comments nor strings", () => {
  const harmless = `/**
 * Deno is not touched here.
 */
const hook = Symbol.for("Deno.customInspect"); // not Deno
`;
  assert.deepEqual(violations([written("shared/core/secret.ts", harmless)]), []);
  const jitter = "const delaySeconds = Math.random() * 60;";
  assert.deepEqual(violations([written("shared/connections/refresh_jobs.ts", jitter)]), []);
  assert.deepEqual(violations([written("shared/core/x.ts", "\nconst a = Deno.env;\n")]), [
    "shared/core/x.ts:2 Deno is for the edges: take what you need as an argument",
  ]);
});

Deno.test("violations() refuses each forbidden piece of code", () => {
  const cases: readonly (readonly [path: string, text: string])[] = [
    ["shared/db/client.ts", "if (isLocal()) skip();"],
    ["shared/core/token.ts", "const n = Math.random();"],
    ["shared/providers/oura.ts", "console.log(row);"],
    ["shared/providers/oura.ts", "await globalThis.fetch(url);"],
    ["functions/connect/app.ts", "const body = await json() as any;"],
    ["tests/unit/x_test.ts", 'Deno.test.only("one", run);'],
  ];
  for (const [path, text] of cases) assert.equal(violations([written(path, text)]).length, 1, text);
});

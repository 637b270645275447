import assert from "node:assert/strict";
import { Secret } from "@shared/core/secret.ts";
import { createLog, describeError } from "@shared/http/log.ts";

Deno.test("createLog() writes one JSON object a line, whatever the values hold", () => {
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line), () => new Date(0));
  log("info", "request", { route: 'x\n{"level":"error"}', token: new Secret("hunter2") });
  log("warn", "long", { text: "a".repeat(50_000) });
  assert.equal(lines.length, 2);
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    event: "request",
    route: 'x\n{"level":"error"}',
    token: "[secret]",
  });
  assert.ok(lines.every((line) => !line.includes("\n") && line.length < 2_000));
});

Deno.test("describeError() names an error and its place, never its message", () => {
  const error = Object.assign(new TypeError("hunter2\nhunter3"), { code: "XX000" });
  const described = describeError(error);
  assert.equal(described["error"], "TypeError");
  assert.equal(described["code"], "XX000");
  assert.match(JSON.stringify(described["at"]), /log_test\.ts/);
  assert.ok(!JSON.stringify(described).includes("hunter"));
});

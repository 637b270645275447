import assert from "node:assert/strict";
import { asksForAttention } from "../../../dev/function_log.ts";

Deno.test("asksForAttention() shows warnings, errors and what is no line of ours", () => {
  assert.ok(!asksForAttention('{"level":"info","message":"request"}'));
  assert.ok(asksForAttention('{"level":"warn"}'));
  assert.ok(asksForAttention('{"level":"error"}'));
  assert.ok(asksForAttention("error: Uncaught (in promise) TypeError"));
  assert.ok(asksForAttention("12"));
});

import assert from "node:assert/strict";
import { ProblemError, PROBLEMS } from "@shared/core/problems.ts";

Deno.test("PROBLEMS are errors with a hint and a code the app knows", () => {
  const known = new Set([
    "CONNECTION_NOT_FOUND",
    "DATA_VALIDATION_ERROR",
    "INSUFFICIENT_PERMISSIONS",
    "INVALID_TOKEN",
    "NETWORK_ERROR",
    "PROVIDER_API_ERROR",
    "PROVIDER_NOT_CONFIGURED",
    "RATE_LIMIT_EXCEEDED",
    "TOKEN_EXPIRED",
  ]);
  for (const [name, [status, code, hint]] of Object.entries(PROBLEMS)) {
    assert.match(name, /^[a-z]+(_[a-z]+)*$/);
    assert.ok(status >= 400 && status <= 599, name);
    assert.ok(known.has(code), `${name}: ${code}`);
    assert.match(hint, /^[A-Z][^.]+$/, `${name}: one sentence without a period`);
  }
});

Deno.test("ProblemError carries its status, message and Retry-After", () => {
  const error = new ProblemError("rate_limited", "Cannot answer: too many requests", 30);
  assert.equal(error.status, 429);
  assert.equal(error.retryAfter, 30);
  assert.equal(error.name, "ProblemError");
  assert.equal(error.message, "Cannot answer: too many requests");
});

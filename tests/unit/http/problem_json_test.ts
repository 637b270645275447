import assert from "node:assert/strict";
import { ProblemError, type ProblemName, PROBLEMS } from "@shared/core/problems.ts";
import { toResponse } from "@shared/http/answer.ts";
import { problemAnswer } from "@shared/http/problem_json.ts";

const renderProblem = (error: unknown, requestId: string) =>
  toResponse(problemAnswer(error, requestId));

/** `connection-error-handler.ts` of the app knows these and no others. */
const APP_CODES = new Set([
  "TOKEN_EXPIRED",
  "INVALID_TOKEN",
  "RATE_LIMIT_EXCEEDED",
  "NETWORK_ERROR",
  "PROVIDER_API_ERROR",
  "INSUFFICIENT_PERMISSIONS",
  "DATA_VALIDATION_ERROR",
  "PROVIDER_NOT_CONFIGURED",
  "CONNECTION_NOT_FOUND",
  "SYNC_FAILED",
]);

Deno.test("problemAnswer() answers RFC 9457 with the members the app reads", async () => {
  const response = renderProblem(
    new ProblemError("state_invalid", "Cannot finish linking: state used"),
    "request-1",
  );
  assert.equal(response.status, 410);
  assert.equal(response.headers.get("content-type"), "application/problem+json; charset=utf-8");
  assert.deepEqual(await response.json(), {
    type: "urn:raphael:problem:state_invalid",
    title: "State invalid",
    status: 410,
    detail: "Cannot finish linking: state used",
    instance: "request-1",
    success: false,
    error: "Cannot finish linking: state used",
    code: "CONNECTION_NOT_FOUND",
    message: "Cannot finish linking: state used",
    hint: "Start linking again",
  });
});

Deno.test("problemAnswer() says nothing of an unexpected error", async () => {
  const secret = new Error('duplicate key value violates "tokens_pkey": (hunter2)');
  for (const error of [secret, Object.assign(secret, { code: "23505" }), "hunter2", undefined]) {
    const response = renderProblem(error, "request-1");
    assert.equal(response.status, 500);
    assert.ok(!/hunter2|tokens|23505|at file/.test(await response.text()));
  }
});

Deno.test("problemAnswer() sends away with Retry-After while the database is out of reach", async () => {
  for (
    const code of [
      "ECONNREFUSED",
      "CONNECTION_CLOSED",
      "CONNECT_TIMEOUT",
      "57P03",
      "53300",
      "08006",
    ]
  ) {
    const response = renderProblem(Object.assign(new Error("db.internal:5432"), { code }), "r");
    assert.equal(response.status, 503, code);
    assert.match(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    assert.ok(!(await response.text()).includes("db.internal"));
  }
});

Deno.test("problemAnswer() gives whole seconds to wait, and the way to sign in", () => {
  const limited = renderProblem(new ProblemError("rate_limited", "Cannot answer: x", 0.2), "r");
  assert.equal(limited.headers.get("retry-after"), "1");
  const now = renderProblem(new ProblemError("unavailable", "Cannot answer: x", 0), "r");
  assert.equal(now.headers.get("retry-after"), "1", "0 would invite a storm");
  const unsigned = renderProblem(new ProblemError("session_missing", "Cannot answer: x"), "r");
  assert.equal(unsigned.headers.get("www-authenticate"), "Bearer");
});

Deno.test("PROBLEMS speaks the app's codes in error statuses", () => {
  for (const [name, [status, code]] of Object.entries(PROBLEMS)) {
    assert.ok(status >= 400 && status < 600, name);
    assert.ok(APP_CODES.has(code), name);
    // SAFETY: a key of PROBLEMS.
    assert.equal(renderProblem(new ProblemError(name as ProblemName, "x"), "r").status, status);
  }
});

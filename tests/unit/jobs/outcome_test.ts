import assert from "node:assert/strict";
import { ProblemError } from "@shared/core/problems.ts";
import { outcomeOf } from "@shared/jobs/outcome.ts";
import { outcomeOfError } from "@shared/jobs/perform.ts";
import { ProviderError } from "@shared/providers/errors.ts";

Deno.test("outcomeOf() waits where the provider asks to, and gives up where a wait changes nothing", () => {
  assert.deepEqual(outcomeOf({ kind: "rate_limited", retryAfter: 77 }, "r"), {
    kind: "snooze",
    seconds: 77,
    reason: "r",
  });
  assert.deepEqual(outcomeOf({ kind: "unavailable", status: 502 }, "r"), {
    kind: "snooze",
    seconds: 30,
    reason: "r",
  });
  for (
    const failure of [
      { kind: "contract", issues: ["data.0.day: required"] },
      { kind: "rejected", status: 403 },
    ] as const
  ) {
    assert.deepEqual(outcomeOf(failure, "r"), {
      kind: "dead",
      errorClass: failure.kind,
      reason: "r",
    });
  }
});

Deno.test("outcomeOfError() keeps the words of our own errors, and of no others", () => {
  const known = outcomeOfError(new ProviderError("oura", { kind: "unavailable", status: 503 }));
  assert.deepEqual([known.kind, "reason" in known && known.reason], [
    "snooze",
    "Cannot call oura: unavailable with status 503",
  ]);
  const database = outcomeOfError(new ProblemError("unavailable", "Cannot reach the database", 7));
  assert.deepEqual(database, { kind: "snooze", seconds: 7, reason: "Cannot reach the database" });
  const unknown = outcomeOfError(
    Object.assign(new TypeError("secret-token in a message"), { code: "22P02" }),
  );
  assert.deepEqual(unknown, {
    kind: "retry",
    errorClass: "TypeError",
    reason: "Cannot finish job: TypeError 22P02",
  });
  assert.equal(outcomeOfError("thrown text").kind, "retry");
});

Deno.test("outcomeOfError() leaves a refused link that nobody judged for a person to see", () => {
  const outcome = outcomeOfError(new ProviderError("oura", { kind: "reauthorize", cause: "401" }));
  assert.equal(outcome.kind, "dead");
});

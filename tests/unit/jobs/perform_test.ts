import assert from "node:assert/strict";
import type { Sql } from "@shared/db/client.ts";
import type { ClaimedJob } from "@shared/db/jobs.ts";
import type { Handlers } from "@shared/jobs/handlers.ts";
import { JOB_KINDS } from "@shared/jobs/kinds.ts";
import type { Outcome } from "@shared/jobs/outcome.ts";
import { perform, type Run } from "@shared/jobs/perform.ts";

function handlersOf(handler: (job: unknown) => Promise<{ readonly kind: "done" }>): Handlers {
  // SAFETY: one handler for every kind; it reads no payload of a kind's own.
  return Object.fromEntries(JOB_KINDS.map((kind) => [kind, handler])) as unknown as Handlers;
}

const ACCOUNT = crypto.randomUUID();

function claimed(kind: string, payload: unknown): ClaimedJob {
  const createdMs = Date.now();
  return { id: "1", epoch: "1", kind, payload, cursor: null, attempt: 1, createdMs };
}

/** Runs to its end; `during` has the run in hand meanwhile. */
function outcomeOf(
  handlers: Handlers,
  job: ClaimedJob,
  during: (run: Run) => void = () => {},
): Promise<Outcome<Sql>> {
  return new Promise((resolve) => during(perform(handlers, job, resolve)));
}

Deno.test("perform() hands a handler its parsed payload, its place and a signal", async () => {
  const seen: unknown[] = [];
  const handlers = handlersOf((job) => {
    seen.push(job);
    return Promise.resolve({ kind: "done" });
  });
  const job = claimed("token.refresh", { accountId: ACCOUNT, unknown: 1 });
  await outcomeOf(handlers, { ...job, cursor: "page-2", attempt: 2 });
  await outcomeOf(handlers, job);
  const [first, second] = seen;
  assert.ok(typeof first === "object" && first && "signal" in first && "payload" in first);
  assert.ok(first.signal instanceof AbortSignal && first.signal === first.signal);
  assert.deepEqual(first.payload, { accountId: ACCOUNT });
  assert.deepEqual("cursor" in first && first.cursor, "page-2");
  assert.ok(typeof second === "object" && second && !("cursor" in second));
});

Deno.test("perform() buries what no handler can take: an unknown kind, a payload that does not fit", async () => {
  const handlers = handlersOf(() => assert.fail("must not run"));
  for (
    const [kind, payload, errorClass] of [
      ["no.such.kind", {}, "unknown_kind"],
      ["toString", {}, "unknown_kind"],
      ["token.refresh", { accountId: "not a uuid" }, "payload"],
      ["sync.pull", null, "payload"],
    ] as const
  ) {
    const outcome = await outcomeOf(handlers, claimed(kind, payload));
    assert.deepEqual([outcome.kind, "errorClass" in outcome && outcome.errorClass], [
      "dead",
      errorClass,
    ]);
  }
});

Deno.test("perform() tells a handler that its lease is lost, and turns what it throws into an outcome", async () => {
  const handlers = handlersOf((job) => {
    // SAFETY: `perform` gives every handler a signal.
    const { signal } = job as { signal: AbortSignal };
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(new Error("stopped")))
    );
  });
  const outcome = await outcomeOf(
    handlers,
    claimed("token.refresh", { accountId: ACCOUNT }),
    (run) => {
      setTimeout(() => run.stop(), 10);
    },
  );
  assert.equal(outcome.kind, "retry");
});

Deno.test("perform() gives a signal that is asked for late as it is by then", async () => {
  const gate = Promise.withResolvers<void>();
  const handlers = handlersOf(async (job) => {
    await gate.promise;
    // SAFETY: `perform` gives every handler a signal.
    (job as { signal: AbortSignal }).signal.throwIfAborted();
    return { kind: "done" };
  });
  const outcome = await outcomeOf(
    handlers,
    claimed("token.refresh", { accountId: ACCOUNT }),
    (run) => {
      run.stop();
      gate.resolve();
    },
  );
  assert.ok(outcome.kind === "retry" && outcome.errorClass === "AbortError");
});

Deno.test("perform() ends a handler that does not stop 2 s after its time was up, and not before", () => {
  let signal: AbortSignal | undefined;
  const handlers = handlersOf((job) => {
    // SAFETY: `perform` gives every handler a signal.
    signal = (job as { signal: AbortSignal }).signal;
    return new Promise(() => {});
  });
  const job = claimed("token.refresh", { accountId: ACCOUNT });
  const ends: Outcome<Sql>[] = [];
  const start = Date.now();
  const run = perform(handlers, job, (outcome) => ends.push(outcome));
  run.check(start + 59_000);
  assert.equal(signal?.aborted, false);
  run.check(start + 61_000);
  assert.equal(signal?.reason.name, "TimeoutError");
  run.check(start + 62_900);
  assert.equal(ends.length, 0);
  run.check(start + 63_000);
  run.check(start + 64_000);
  assert.deepEqual(
    ends.map((one) => "errorClass" in one && [one.kind, one.errorClass]),
    [["retry", "TimeoutError"]],
    "once",
  );
});

import assert from "node:assert/strict";
import type { ClaimedJob } from "@shared/db/jobs.ts";
import type { Handlers } from "@shared/jobs/handlers.ts";
import { JOB_KINDS } from "@shared/jobs/kinds.ts";
import { perform } from "@shared/jobs/perform.ts";

function handlersOf(handler: (job: unknown) => Promise<{ readonly kind: "done" }>): Handlers {
  // SAFETY: one handler for every kind; it reads no payload of a kind's own.
  return Object.fromEntries(JOB_KINDS.map((kind) => [kind, handler])) as unknown as Handlers;
}

const ACCOUNT = crypto.randomUUID();

function claimed(kind: string, payload: unknown): ClaimedJob {
  const createdAt = new Date();
  return { id: "1", epoch: "1", kind, payload, cursor: null, attempt: 1, createdAt };
}

const lease = () => new AbortController();

Deno.test("perform() hands a handler its parsed payload, its place and a signal", async () => {
  const seen: unknown[] = [];
  const handlers = handlersOf((job) => {
    seen.push(job);
    return Promise.resolve({ kind: "done" });
  });
  const job = claimed("token.refresh", { accountId: ACCOUNT, unknown: 1 });
  await perform(handlers, { ...job, cursor: "page-2", attempt: 2 }, lease().signal);
  await perform(handlers, job, lease().signal);
  const [first, second] = seen;
  assert.ok(typeof first === "object" && first && "signal" in first && "payload" in first);
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
    const outcome = await perform(handlers, claimed(kind, payload), lease().signal);
    assert.deepEqual([outcome.kind, "errorClass" in outcome && outcome.errorClass], [
      "dead",
      errorClass,
    ]);
  }
});

Deno.test("perform() tells a handler that its lease is lost, and turns what it throws into an outcome", async () => {
  const controller = lease();
  const handlers = handlersOf((job) => {
    // SAFETY: `perform` gives every handler a signal.
    const { signal } = job as { signal: AbortSignal };
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(new Error("stopped")))
    );
  });
  const job = claimed("token.refresh", { accountId: ACCOUNT });
  const running = perform(handlers, job, controller.signal);
  setTimeout(() => controller.abort(), 10);
  const outcome = await running;
  assert.equal(outcome.kind, "retry");
});

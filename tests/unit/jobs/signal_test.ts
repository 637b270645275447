import assert from "node:assert/strict";
import { createSignal } from "@shared/jobs/signal.ts";

Deno.test("after() misses nothing that was given since one looked", async () => {
  const signal = createSignal();
  const seen = signal.count;
  signal.give();
  await signal.after(seen);
  const next = signal.after(signal.count);
  signal.give();
  await next;
});

Deno.test("after() waits for its time at most, and all who wait are told", async () => {
  const signal = createSignal();
  await signal.after(signal.count, 5);
  assert.equal(signal.count, 0);
  const both = Promise.all([signal.after(signal.count), signal.after(signal.count, 60_000)]);
  signal.give();
  await both;
});

import assert from "node:assert/strict";
import { createPace } from "@shared/jobs/pace.ts";

const load = { concurrency: 20, running: 0, waiting: 0, unsettled: 0 };

Deno.test("room() is what can begin now, where nothing ended of late", () => {
  const pace = createPace();
  assert.equal(pace.room(load, 0), 20);
  assert.equal(pace.room({ ...load, running: 15 }, 0), 5);
  assert.equal(pace.room({ ...load, running: 20 }, 0), 0, "slow jobs are not hoarded");
});

Deno.test("room() goes ahead by what ended in the last 100 ms, to 1,000 at most and 500 a claim", () => {
  const pace = createPace();
  pace.ended(30, 1_000);
  pace.ended(10, 1_050);
  const busy = { ...load, running: 20 };
  assert.equal(pace.room(busy, 1_099), 40);
  assert.equal(pace.room(busy, 1_100), 10, "what is older does not count");
  assert.equal(pace.room(busy, 1_150), 0);
  pace.ended(10_000, 2_000);
  assert.equal(pace.room(busy, 2_000), 500);
  assert.equal(pace.room({ ...busy, waiting: 500 }, 2_000), 500);
  assert.equal(pace.room({ ...busy, waiting: 501 }, 2_000), 0);
});

Deno.test("room() claims half of what is wanted at a time", () => {
  const pace = createPace();
  pace.ended(40, 0);
  const busy = { ...load, running: 20 };
  assert.equal(pace.room({ ...busy, waiting: 21 }, 0), 0);
  assert.equal(pace.room({ ...busy, waiting: 20 }, 0), 20);
});

Deno.test("room() is none while the database lags behind the handlers", () => {
  assert.equal(createPace().room({ ...load, unsettled: 2_000 }, 0), 0);
});

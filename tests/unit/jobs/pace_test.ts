import assert from "node:assert/strict";
import { createPace } from "@shared/jobs/pace.ts";

const load = { concurrency: 20, running: 0, waiting: 0, unsettled: 0 };

Deno.test("room() is what can begin now, where nothing ended of late", () => {
  const pace = createPace();
  assert.equal(pace.room(load, 0), 20);
  assert.equal(pace.room({ ...load, running: 15 }, 0), 5);
  assert.equal(pace.room({ ...load, running: 20 }, 0), 0, "slow jobs are not hoarded");
});

Deno.test("room() goes ahead by what ended in the last 100 ms, to 4,000 at most and 2,000 a claim", () => {
  const pace = createPace();
  pace.ended(30, 1_000);
  pace.ended(10, 1_050);
  const busy = { ...load, running: 20 };
  assert.equal(pace.room(busy, 1_099), 40);
  assert.equal(pace.room(busy, 1_100), 10, "what is older does not count");
  assert.equal(pace.room(busy, 1_150), 0);
  pace.ended(10_000, 2_000);
  assert.equal(pace.room(busy, 2_000), 2_000);
  assert.equal(pace.room({ ...busy, waiting: 2_000 }, 2_000), 2_000);
  assert.equal(pace.room({ ...busy, waiting: 2_001 }, 2_000), 0);
});

Deno.test("room() takes the rate of what work there was, of 10 ms at least", () => {
  const pace = createPace();
  const busy = { ...load, running: 20 };
  pace.begun(500);
  pace.ended(20, 505);
  assert.equal(pace.room(busy, 505), 200, "20 in 5 ms");
  pace.begun(506);
  pace.ended(20, 525);
  assert.equal(pace.room(busy, 525), 160, "40 in 25 ms");
  assert.equal(pace.room(busy, 600), 40, "40 in 100 ms");
});

Deno.test("room() hoards no slow jobs because many end at once", () => {
  const pace = createPace();
  pace.begun(0);
  pace.ended(20, 10_000);
  assert.equal(pace.room({ ...load, running: 20 }, 10_000), 20);
  assert.equal(pace.room(load, 20_000), 20, "nothing is to be done any more");
  pace.begun(30_000);
  pace.ended(20, 30_002);
  assert.equal(pace.room({ ...load, running: 20 }, 30_002), 200);
});

Deno.test("room() claims half of what is wanted at a time", () => {
  const pace = createPace();
  pace.ended(40, 0);
  const busy = { ...load, running: 20 };
  assert.equal(pace.room({ ...busy, waiting: 21 }, 99), 0);
  assert.equal(pace.room({ ...busy, waiting: 20 }, 99), 20);
});

Deno.test("room() is none while the database lags behind the handlers", () => {
  assert.equal(createPace().room({ ...load, unsettled: 8_000 }, 0), 0);
});

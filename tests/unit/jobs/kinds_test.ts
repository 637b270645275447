import assert from "node:assert/strict";
import { JOBS } from "@shared/jobs/kinds.ts";

Deno.test("sync.pull's key tells two tokens of one window apart, and shows neither", () => {
  const { key } = JOBS["sync.pull"];
  const payload = {
    accountId: crypto.randomUUID(),
    resource: "hrv",
    from: "2026-02-01T00:00:00.000Z",
    to: "2026-02-01T00:01:00.000Z",
  };
  const keys = [
    key(payload),
    key({ ...payload, cursor: "token-a" }),
    key({ ...payload, cursor: "token-b" }),
  ];
  assert.equal(new Set(keys).size, 3);
  assert.equal(key({ ...payload, cursor: "token-a" }), keys[1]);
  assert.doesNotMatch(keys.join(), /token/);
});

import assert from "node:assert/strict";
import { readProviderId } from "@shared/api/provider_ids.ts";

Deno.test("readProviderId() knows the app's tiles by their own ids", () => {
  assert.deepEqual(readProviderId("oura_ring"), { provider: "oura", uiId: "oura_ring" });
  assert.deepEqual(readProviderId("libre-agg"), { provider: "abbott_libre", uiId: "libre-agg" });
  assert.deepEqual(readProviderId("oura"), { provider: "oura" });
  assert.deepEqual(readProviderId("one_nobody_wrote"), { provider: "one_nobody_wrote" });
});

Deno.test("readProviderId() tells what it does not offer from what cannot be", () => {
  assert.throws(() => readProviderId("resmed"), { problem: "provider_unsupported" });
  for (const id of ["", "__proto__", "FITBIT", "fitbit\0", "../x", "fitbit%00", "a".repeat(41)]) {
    assert.throws(() => readProviderId(id), { problem: "provider_unknown" }, id);
  }
  assert.deepEqual(readProviderId("constructor"), { provider: "constructor" });
});

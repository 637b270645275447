import assert from "node:assert/strict";
import { readProviderId } from "@shared/api/provider_ids.ts";

Deno.test("readProviderId() takes what can be an id, and knows no provider itself", () => {
  for (const id of ["oura", "libre-agg", "1up_health", "one_nobody_wrote", "constructor"]) {
    assert.equal(readProviderId(id), id);
  }
  for (const id of ["", "__proto__", "FITBIT", "fitbit\0", "../x", "fitbit%00", "a".repeat(41)]) {
    assert.throws(() => readProviderId(id), { problem: "provider_unknown" }, id);
  }
});

import assert from "node:assert/strict";
import { findProvider, PROVIDERS } from "@shared/providers/mod.ts";

function found(name: string): string | undefined {
  const provider = findProvider(name);
  return provider?.kind === "driver" ? provider.driver.slug : provider && `no ${provider.slug}`;
}

Deno.test("findProvider() knows every id the app uses, in any spelling", () => {
  for (const name of ["oura", "OURA", "oura_ring", "oura-ring", "Oura Ring"]) {
    assert.equal(found(name), "oura", name);
  }
  assert.equal(found("dexcom_cgm"), "dexcom");
  assert.deepEqual(findProvider("healthkit"), findProvider("apple_healthkit"));
  assert.deepEqual(findProvider("google-fit"), findProvider("google_health"));
});

Deno.test("findProvider() says why a known service cannot be linked", () => {
  for (const name of ["myfitnesspal", "validic", "fhir", "ble_heart_rate", "manual"]) {
    const provider = findProvider(name);
    assert.ok(provider?.kind === "unsupported" && provider.reason.length > 10, name);
  }
});

Deno.test("findProvider() finds nothing where there is nothing, object members included", () => {
  for (const name of ["", "unknown", "__proto__", "constructor", "toString", "hasOwnProperty"]) {
    assert.equal(findProvider(name), undefined, name);
  }
});

Deno.test("PROVIDERS have slugs of their own", () => {
  const slugs = PROVIDERS.map(({ slug }) => slug);
  assert.deepEqual(slugs, [...new Set(slugs)]);
  for (const slug of slugs) assert.match(slug, /^[a-z][a-z0-9_]*$/);
});

import assert from "node:assert/strict";
import { configured, slugOf, slugsOf, tileOf } from "@shared/connections/find.ts";
import { listProviders } from "@shared/connections/providers.ts";
import type { ConfiguredProvider } from "@shared/providers/configured.ts";
import { findProvider } from "@shared/providers/mod.ts";
import { KNOWN } from "@shared/providers/names.ts";

const google = findProvider("google_health");
assert.ok(google?.kind === "driver");
// SAFETY: a provider is looked up here, and nothing is called through it.
const provider = { driver: google.driver } as ConfiguredProvider;
const providers = {
  get: (slug: string) => slug === "google_health" ? provider : undefined,
  all: () => [provider],
};

Deno.test("slugOf() leads who asks for Fitbit or Google Fit to Google Health", () => {
  for (const name of ["fitbit", "FITBIT", "google_fitbit", "google_fit", "google-fit", "google"]) {
    assert.equal(slugOf(name), "google_health", name);
    assert.equal(configured(providers, name), provider);
  }
  assert.equal(slugOf("oura_ring"), "oura");
});

Deno.test("slugOf() tells a service without a driver, by its reason, from what nobody knows", () => {
  for (const { slug } of KNOWN) {
    const found = findProvider(slug);
    if (found?.kind !== "unsupported") continue;
    const message = `Cannot link ${slug}: ${found.reason}`;
    assert.throws(() => slugOf(slug), { problem: "provider_unsupported", message });
  }
  assert.throws(() => slugOf("nonesuch"), { problem: "provider_unknown" });
});

Deno.test("tileOf() keeps the name that the app asked by, where it is one of its own", () => {
  assert.equal(tileOf("oura", "oura_ring"), "oura_ring");
  assert.equal(tileOf("google_health", "fitbit"), "fitbit");
  assert.equal(tileOf("oura", "oura"), null);
});

Deno.test("slugsOf() names old links too, which end with the new", () => {
  assert.deepEqual(slugsOf("fitbit"), ["google_health", "fitbit"]);
  assert.deepEqual(slugsOf("google_health"), ["google_health"]);
});

Deno.test("listProviders() shows Fitbit by what its successor needs and gives", () => {
  const list = listProviders(providers);
  const of = (slug: string) => list.find((one) => one.slug === slug);
  assert.equal(of("fitbit")?.name, "Fitbit");
  assert.equal(of("fitbit")?.status, "available");
  assert.deepEqual(of("fitbit")?.metrics, of("google_health")?.metrics);
  assert.equal(of("oura")?.status, "not_configured");
});

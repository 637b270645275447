import assert from "node:assert/strict";
import { findProvider, PROVIDERS } from "@shared/providers/mod.ts";
import { KNOWN } from "@shared/providers/names.ts";

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
  for (const name of ["myfitnesspal", "resmed", "fhir", "ble_heart_rate", "manual"]) {
    const provider = findProvider(name);
    assert.ok(provider?.kind === "unsupported" && provider.reason.length > 10, name);
  }
  for (const name of ["abbott_libre", "human_api", "metriport", "myfitnesspal", "thryve"]) {
    const provider = findProvider(name);
    assert.ok(provider?.kind === "unsupported", name);
    assert.match(provider.source ?? "", /^https:/, name);
  }
});

/** The seed's enumeration, and every id that the app's components use. */
const SEED = [
  ..."TERRA APPLE_HEALTH GOOGLE_FIT FITBIT OURA WHOOP GARMIN WITHINGS POLAR STRAVA".split(" "),
  ..."MYFITNESSPAL SAMSUNG_HEALTH DEXCOM ABBOTT_LIBRE VALIDIC HUMAN_API METRIPORT".split(" "),
  ..."ROOK SPIKE MANUAL".split(" "),
];
const APP = [
  ..."oura_ring dexcom_cgm libre-agg FREESTYLELIBRE google-fit GOOGLE apple-health".split(" "),
  ..."apple_healthkit healthkit APPLE samsung_health health_connect healthconnect".split(" "),
  ..."android_health_connect humanapi spike_api manual_cgm_upload particle_health".split(" "),
  ..."1up_health health_gorilla zus_health smart_on_fhir smart_on_fhir_generic".split(" "),
  ..."smart_fhir fhir cms_blue_button ble_heart_rate ble_blood_pressure".split(" "),
  ..."ble_weight_scale ble_glucose_meter ble_pulse_oximeter fitabase fitrockr".split(" "),
  ..."openmhealth omron resmed ava tempdrop vital thryve".split(" "),
];

Deno.test("findProvider() knows every id of the seed and of the app", () => {
  for (const name of [...SEED, ...APP]) assert.ok(findProvider(name), name);
});

Deno.test("names of providers are one provider's each, and successors are known", () => {
  const names = KNOWN.flatMap(({ slug, aliases = [] }) => [slug, ...aliases]);
  assert.deepEqual(names, [...new Set(names)]);
  const slugs = new Set(KNOWN.map(({ slug }) => slug));
  for (const { slug, successor = slug } of KNOWN) assert.ok(slugs.has(successor), slug);
  for (const { slug } of PROVIDERS) assert.ok(slugs.has(slug), `${slug} is not in names.ts`);
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

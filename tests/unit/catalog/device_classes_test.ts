import assert from "node:assert/strict";
import { DEVICE_CLASSES, deviceClass, SERVICE_CLASSES } from "@shared/catalog/device_classes.ts";
import { PROVIDERS } from "@shared/providers/mod.ts";

Deno.test("deviceClass() recognises devices by the names that providers give them", () => {
  // As the fixtures and the providers' documents have them.
  const names = {
    "Watch7,5": "watch",
    "Galaxy Watch": "watch",
    "Pixel Watch 3": "watch",
    "garmin watch": "watch",
    "Garmin fēnix 7": "watch",
    "vívoactive 5": "watch",
    "vívosmart 5": "band",
    "SM-R960": "watch",
    "SM-R370": "band",
    "SM-Q501": "ring",
    "SM-S928B": "phone",
    "iPhone15,2": "phone",
    "Pixel 8 (com.example.steps)": "phone",
    "oura ring": "ring",
    "Galaxy Ring": "ring",
    "whoop_v2 watch": "band",
    "Polar H10": "chest_strap",
    "Polar Verity Sense": "chest_strap",
    "Polar Vantage": "watch",
    "Fitbit Charge 6": "band",
    "Fitbit Sense 2": "watch",
    "Garmin Edge 1030": "bike_computer",
    "Body Cardio": "scale",
    "Aura Sensor V2": "sleep_mat",
    "BPM Connect": "cuff",
    "Thermo": "thermometer",
    "DexcomG7": "cgm",
  };
  for (const [name, expected] of Object.entries(names)) {
    assert.equal(deviceClass(name, ""), expected, name);
  }
});

Deno.test("deviceClass() goes by the service where the name tells nothing", () => {
  assert.equal(deviceClass("", "oura"), "ring");
  assert.equal(deviceClass("SN-0042", "dexcom"), "cgm");
  assert.equal(deviceClass("Watch7,5", "apple_health"), "watch");
  assert.equal(deviceClass("", "apple_health"), "phone");
  assert.equal(deviceClass("monitoring", "nobody"), "", "a word within another is none");
});

Deno.test("each driver's readings have a class, and each class a rank of its own", () => {
  for (const { slug } of PROVIDERS) assert.ok(slug in SERVICE_CLASSES, slug);
  const ranks = Object.values(DEVICE_CLASSES).map(({ rank }) => rank);
  assert.equal(new Set(ranks).size, ranks.length);
  assert.equal(Math.max(...ranks), DEVICE_CLASSES[""].rank, "what nobody knows comes last");
});

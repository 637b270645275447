import assert from "node:assert/strict";
import { METRIC_CODES } from "@shared/catalog/metrics.ts";
import { METRIC_NAMES, metricMeaning, resolveMetricNames } from "@shared/catalog/names.ts";

/** The seed's twenty, and what each stands for here. */
const SEED = {
  HEART_RATE: ["heart_rate"],
  STEPS: ["steps"],
  CALORIES: ["energy_total", "energy_active"],
  SLEEP_DURATION: ["sleep_duration"],
  SLEEP_STAGE: ["sleep_stage"],
  HRV: ["hrv_rmssd", "hrv_sdnn"],
  OXYGEN_SAT: ["spo2"],
  RESPIRATION: ["respiratory_rate"],
  TEMPERATURE: ["body_temperature", "skin_temperature", "skin_temperature_deviation"],
  BODY_WEIGHT: ["body_weight"],
  BODY_FAT: ["body_fat_percentage"],
  GLUCOSE: ["glucose"],
  WORKOUT_DISTANCE: ["workout_distance"],
  WORKOUT_PACE: ["workout_pace"],
  WORKOUT_POWER: ["workout_power"],
  READINESS: ["readiness_score"],
  STRAIN: ["strain_score", "workout_strain"],
  RECOVERY: ["recovery_score"],
  BLOOD_PRESSURE: ["blood_pressure_systolic", "blood_pressure_diastolic"],
  SPO2: ["spo2"],
};

Deno.test("resolveMetricNames() takes every name of the seed, in any case", () => {
  for (const [name, codes] of Object.entries(SEED)) {
    assert.deepEqual(resolveMetricNames(name), codes, name);
    assert.deepEqual(resolveMetricNames(` ${name.toLowerCase()} `), codes, name);
  }
});

Deno.test("resolveMetricNames() takes the names that the app filters by", () => {
  const app = [
    ..."steps heart_rate sleep hrv active_minutes glucose sleep_duration sleep_score".split(" "),
    ..."heart_rate_variability resting_heart_rate resting_hr readiness_score oxygen_sat".split(" "),
    ..."blood_pressure calories_burned blood_pressure_systolic temperature weight".split(" "),
    ..."oxygen_saturation blood_glucose stress_level a1c bmi sleep_hours spo2 body_temp".split(" "),
    ..."distance recovery_score strain respiratory_rate body_fat".split(" "),
  ];
  for (const name of app) assert.ok(resolveMetricNames(name).length > 0, name);
});

Deno.test("resolveMetricNames() lets every code stand for itself", () => {
  for (const code of METRIC_CODES) {
    assert.deepEqual(resolveMetricNames(code), [code]);
    assert.deepEqual(resolveMetricNames(code.toUpperCase()), [code]);
  }
});

Deno.test("METRIC_NAMES lists no name that a code would hide", () => {
  for (const name of Object.keys(METRIC_NAMES)) {
    assert.ok(!METRIC_CODES.some((code) => code === name), name);
  }
});

Deno.test("resolveMetricNames() gives nothing for the unknown", () => {
  for (const name of ["", "mood", "__proto__", "constructor", "HEART RATE", "heart_rate,steps"]) {
    assert.deepEqual(resolveMetricNames(name), [], name);
    assert.equal(metricMeaning(name), undefined, name);
  }
});

Deno.test("metricMeaning() says of calories alone that one code stands in for another", () => {
  assert.deepEqual(metricMeaning("CALORIES"), {
    codes: ["energy_total", "energy_active"],
    take: "first_present",
  });
  const others = Object.keys(METRIC_NAMES).filter((name) => !name.startsWith("calories"));
  for (const name of others) assert.equal(metricMeaning(name)?.take, "each", name);
});

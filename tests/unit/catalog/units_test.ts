import assert from "node:assert/strict";
import {
  convert,
  fahrenheit,
  grams,
  joules,
  kilojoules,
  minutes,
  type Unit,
} from "@shared/catalog/units.ts";

Deno.test("convert() gives what the definitions say, to the last digit", () => {
  const cases: readonly (readonly [value: number, from: Unit, to: Unit, expected: number])[] = [
    [1001, "g", "kg", 1.001],
    [1, "lb", "kg", 0.45359237],
    [2.5, "g", "mg", 2500],
    [90, "s", "min", 1.5],
    [27000, "ms", "min", 0.45],
    [7.5, "h", "min", 450],
    [1500, "ms", "s", 1.5],
    [1.75, "m", "cm", 175],
    [42.195, "km", "m", 42195],
    [26.2, "mile", "m", 42164.8128],
    [1, "yard", "m", 0.9144],
    [4184, "kJ", "kcal", 1000],
    [1000, "kcal", "kJ", 4184],
    [36, "km/h", "m/s", 10],
    [0.97, "fraction", "%", 97],
    [0.5, "L", "mL", 500],
    [0, "kJ", "kcal", 0],
    [-3, "s", "ms", -3000],
  ];
  for (const [value, from, to, expected] of cases) {
    assert.equal(convert(value, from, to), expected, `${value} ${from} in ${to}`);
  }
});

Deno.test("convert() agrees with measured factors where there is no exact one", () => {
  assert.ok(Math.abs(convert(5.5, "mmol/L glucose", "mg/dL") - 99.0858) < 1e-9);
  assert.ok(Math.abs(convert(16, "kPa", "mmHg") - 120.00992) < 1e-9);
  assert.ok(Math.abs(convert(8, "fl_oz", "mL") - 236.5882365) < 1e-9);
});

Deno.test("convert() rounds once: whole smaller units become the nearest number", () => {
  for (let n = 0; n < 5_000; n++) {
    assert.equal(convert(n, "g", "kg"), n / 1_000);
    assert.equal(convert(n, "mg", "g"), n / 1_000);
    assert.equal(convert(n, "m", "km"), n / 1_000);
    assert.equal(convert(n, "s", "min"), n / 60);
    assert.equal(convert(n, "ms", "h"), n / 3_600_000);
    assert.equal(convert(n, "kJ", "kcal"), n / 4.184);
  }
});

Deno.test("convert() refuses to make one thing of another", () => {
  const wrong: readonly (readonly [Unit, Unit])[] = [
    ["kJ", "kg"],
    ["mmol/L", "mg/dL"],
    ["Cel", "K"],
    ["bpm", "breaths/min"],
    ["kcal/d", "kcal"],
  ];
  for (const [from, to] of wrong) assert.throws(() => convert(1, from, to), RangeError);
});

Deno.test("unit constructors keep zero and drop what is absent", () => {
  assert.deepEqual(minutes(0), { value: 0, unit: "min", dimension: "time" });
  assert.deepEqual(kilojoules(8.4), { value: 8.4, unit: "kJ", dimension: "energy" });
  assert.equal(grams(null), undefined);
  assert.equal(grams(undefined), undefined);
});

Deno.test("fahrenheit() is a formula", () => {
  assert.equal(fahrenheit(98.6)?.value, 37);
  assert.equal(fahrenheit(32)?.value, 0);
  assert.equal(fahrenheit(-40)?.value, -40);
  assert.equal(fahrenheit(212)?.unit, "Cel");
  assert.equal(fahrenheit(null), undefined);
});

Deno.test("joules() are a thousandth of a kilojoule", () => {
  assert.equal(convert(joules(4_184)?.value ?? NaN, "kJ", "kcal"), 1);
  assert.equal(joules(0)?.value, 0);
  assert.equal(joules(null), undefined);
});

import assert from "node:assert/strict";
import {
  isMetricCode,
  METRIC_CODES,
  type MetricDefinition,
  METRICS,
} from "@shared/catalog/metrics.ts";
import { readSharedText } from "../../support/shared_data.ts";

const csv = readSharedText("design/metric_catalog.csv");

/** Rows of a CSV whose quoted fields hold no line breaks, by the names in its head. */
function rows(text: string): readonly Readonly<Record<string, string>>[] {
  const lines = text.trim().split(/\r?\n/).map((line) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
      quoted?.replaceAll('""', '"') ?? plain ?? ""
    )
  );
  const [head = [], ...body] = lines;
  return body.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ""])));
}

const entries: readonly (readonly [string, MetricDefinition])[] = Object.entries(METRICS);

Deno.test({
  name: "METRICS is the researched list, row by row",
  ignore: csv === undefined,
  fn() {
    const researched = rows(csv ?? "");
    assert.deepEqual(
      researched.map((row) => row["metric"]).sort(),
      [...METRIC_CODES].sort(),
    );
    for (const row of researched) {
      const code = row["metric"] ?? "";
      assert.ok(isMetricCode(code));
      const { name, category, kind, unit, ucum, loinc, aggregate, plausible }: MetricDefinition =
        METRICS[code];
      assert.deepEqual(
        { name, category, kind, unit, ucum, loinc: loinc ?? "", aggregate, plausible },
        {
          name: row["display_name"],
          category: row["category"],
          kind: row["kind"],
          unit: row["canonical_unit"],
          ucum: row["ucum"],
          loinc: row["loinc"],
          aggregate: row["aggregation"],
          plausible: [Number(row["min"]), Number(row["max"])],
        },
        code,
      );
    }
  },
});

Deno.test("METRICS are well formed: code, name, plausible range", () => {
  for (const [code, metric] of entries) {
    assert.match(code, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
    assert.ok(metric.name.length > 0 && metric.name.length <= 60, code);
    assert.ok(metric.plausible[0] < metric.plausible[1], code);
    assert.ok(metric.ucum.length > 0, code);
  }
});

Deno.test("METRICS give LOINC codes whose check digit is right", () => {
  for (const [code, { loinc }] of entries) {
    if (loinc === null) continue;
    const [digits = "", check = ""] = loinc.split("-");
    assert.match(loinc, /^\d{1,6}-\d$/, code);
    assert.equal(luhn(digits), Number(check), `${code}: ${loinc}`);
  }
});

/** LOINC's check digit, mod 10 by Luhn (LOINC Users' Guide, appendix C). */
function luhn(digits: string): number {
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return (10 - sum % 10) % 10;
}

Deno.test("METRICS keep apart what is not comparable", () => {
  for (const code of ["hrv_rmssd", "hrv_sdnn", "skin_temperature", "skin_temperature_deviation"]) {
    assert.ok(isMetricCode(code));
  }
  assert.ok(!isMetricCode("hrv"));
  assert.ok(!isMetricCode("__proto__"));
  assert.ok(!isMetricCode("constructor"));
});

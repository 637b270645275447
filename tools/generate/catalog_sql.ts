import { METRIC_CODES, type MetricDefinition, METRICS } from "@shared/catalog/metrics.ts";
import type { Output } from "./output.ts";

const COLUMNS = [
  "code",
  "name",
  "category",
  "kind",
  "unit",
  "ucum",
  "loinc",
  "aggregate",
  "plausible_low",
  "plausible_high",
];

/** The catalog as rows of `raphael.metrics`; the database numbers them by itself. */
export function catalogSql(): Output {
  const rows = METRIC_CODES.map((code) => `  ${row(code, METRICS[code])}`).join(",\n");
  const updates = COLUMNS.slice(1).map((column) => `  ${column} = excluded.${column}`).join(",\n");
  return {
    path: "migrations/20260101000900_metric_catalog_rows.sql",
    text: `-- Generated from shared/catalog/metrics.ts by \`deno task generate\`: change it there.
set role raphael_owner;

insert into raphael.metrics
  (${COLUMNS.join(", ")})
values
${rows}
on conflict (code) do update set
${updates};

reset role;
`,
  };
}

function row(code: string, metric: MetricDefinition): string {
  const [low, high] = metric.plausible;
  const texts = [code, metric.name, metric.category, metric.kind, metric.unit, metric.ucum];
  return `(${
    [
      ...texts.map(literal),
      metric.loinc === null ? "null" : literal(metric.loinc),
      literal(metric.aggregate),
      String(low),
      String(high),
    ].join(", ")
  })`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

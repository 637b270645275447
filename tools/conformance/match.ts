import { isMetricCode, METRICS } from "@shared/catalog/metrics.ts";
import type { Expectation, ExpectedItem } from "./case.ts";
import type { Item, Produced } from "./produce.ts";

export interface Comparison {
  readonly matched: readonly string[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

const KINDS = ["metrics", "sleep", "workouts", "scores", "events"] as const;
/** Keys of an expectation that speak of itself. */
const REMARKS = new Set(["basis", "derived_fields", "why"]);

type Tolerance = Expectation["tolerance"];

/**
 * Every listed item must have come out, each from an item of its own; of `exhaustive_metrics` nothing
 * else may; nothing of `must_not_emit`; `counts` are exact.
 */
export function compare(expectation: Expectation, produced: Produced): Comparison {
  const matched: string[] = [];
  const missing: string[] = [];
  const unexpected: string[] = [];
  const used = new Set<Item>();

  for (const kind of KINDS) {
    for (const expected of expectation.canonical[kind]) {
      const found = produced[kind].find((item) =>
        !used.has(item) && isMatch(expected, item, expectation.tolerance)
      );
      if (found) used.add(found);
      if (found) matched.push(label(kind, expected));
      else missing.push(label(kind, expected) + nearest(expected, produced[kind], expectation));
    }
  }

  const measured = [...produced.metrics, ...produced.scores];
  for (const item of measured) {
    const isListed = expectation.exhaustive_metrics.includes(String(codeOf(item)));
    if (isListed && !used.has(item)) unexpected.push(label("metrics", item));
  }

  for (const forbidden of expectation.must_not_emit) {
    const found = KINDS.flatMap((kind) => produced[kind])
      .find((item) => isForbidden(forbidden, item, expectation.tolerance));
    if (found) unexpected.push(`must not come out: ${label("metrics", forbidden)}`);
  }

  for (const [name, count] of Object.entries(expectation.counts)) {
    const actual = countOf(name, produced);
    const message = `${name}: ${actual} instead of ${count}`;
    if (actual < count) missing.push(message);
    if (actual > count) unexpected.push(message);
  }
  return { matched, missing, unexpected };
}

function countOf(name: string, produced: Produced): number {
  const kind = KINDS.find((one) => one === name);
  if (kind) return produced[kind].length;
  return [...produced.metrics, ...produced.scores].filter((item) => codeOf(item) === name).length;
}

function isMatch(expected: ExpectedItem, item: Item, tolerance: Tolerance): boolean {
  return mismatches(expected, item, tolerance).length === 0;
}

/** The keys of `expected` that `item` does not meet. */
function mismatches(expected: ExpectedItem, item: Item, tolerance: Tolerance): readonly string[] {
  return Object.entries(expected)
    .filter(([key]) => !REMARKS.has(key) && !isImplied(key, expected))
    .filter(([key, value]) => !isEqual(key, value, item[key], tolerance, String(codeOf(item))))
    .map(([key]) => key);
}

/** A value of a whole day is found by its day: at what instant a day is stored is a convention. */
function isImplied(key: string, expected: ExpectedItem): boolean {
  if (key !== "start" && key !== "end" || !("local_date" in expected)) return false;
  const code = expected["metric"];
  return expected["is_daily_total"] === true ||
    typeof code === "string" && isMetricCode(code) && METRICS[code].kind === "daily";
}

/** A forbidden metric may also hide in a session, from which metrics are derived. */
function isForbidden(forbidden: ExpectedItem, item: Item, tolerance: Tolerance): boolean {
  const { metric, value, ...rest } = forbidden;
  if (typeof metric !== "string") return isMatch(forbidden, item, tolerance);
  const own = codeOf(item) === metric ? item["value"] : item[metric];
  if (own === undefined) return false;
  return (value === undefined || isEqual("value", value, own, tolerance, metric)) &&
    isMatch(rest, item, tolerance);
}

function isEqual(
  key: string,
  expected: unknown,
  actual: unknown,
  tolerance: Tolerance,
  code: string,
): boolean {
  if (expected === null) return actual === undefined || actual === null;
  if (actual instanceof Date) {
    const apart = Math.abs(actual.getTime() - Date.parse(String(expected)));
    return apart <= (tolerance["seconds_abs"] ?? 0) * 1_000;
  }
  if (typeof expected === "number") {
    return typeof actual === "number" &&
      Math.abs(actual - expected) <= allowance(key, expected, tolerance, code);
  }
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && actual.length === expected.length &&
      expected.every((one, i) => isEqual(key, one, actual[i], tolerance, code));
  }
  if (typeof expected === "object") {
    return Object.entries(expected).every(([name, value]) =>
      isEqual(name, value, member(actual, name), tolerance, code)
    );
  }
  if (typeof expected === "string" && typeof actual === "string") {
    return words(key, actual) === words(key, expected);
  }
  return actual === expected;
}

function allowance(key: string, expected: number, tolerance: Tolerance, code: string): number {
  const absolute = tolerance[`value_abs_${key === "value" ? code : key}`] ??
    (key.endsWith("_s") ? tolerance["seconds_abs"] : undefined) ?? 0;
  return Math.max(absolute, (tolerance["value_rel"] ?? 0) * Math.abs(expected));
}

/** Peers write `created` for our `create`, and `open-ended (…)` for a scale without an end. */
function words(key: string, text: string): string {
  const plain = text.toLowerCase().replaceAll("-", "_");
  if (key === "action") return plain.replace(/d$/, "");
  if (key === "scale") return plain.replace(/\s.*/, "");
  return key === "data_type" ? plain : text;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  // SAFETY: `value` is an object that has `name`.
  return (value as Record<string, unknown>)[name];
}

function codeOf(item: ExpectedItem): unknown {
  return item["metric"] ?? item["score"];
}

function label(kind: (typeof KINDS)[number], item: ExpectedItem): string {
  const name = codeOf(item) ?? item["category"] ?? kind;
  const value = item["value"] ?? item["code"] ?? item["action"] ?? item["external_id"] ?? "";
  const start = item["start"] instanceof Date ? item["start"].toISOString() : item["start"];
  const at = item["local_date"] ?? item["day"] ?? start ?? "";
  return [name, value, at].filter((part) => part !== "").join(" ");
}

/** Why the nearest item did not do, so that a failing case explains itself. */
function nearest(
  expected: ExpectedItem,
  items: readonly Item[],
  { tolerance }: Expectation,
): string {
  const like = items
    .filter((item) =>
      codeOf(item) === codeOf(expected) && item["category"] === expected["category"]
    )
    .map((item) => ({ item, keys: mismatches(expected, item, tolerance) }))
    .toSorted((a, b) => a.keys.length - b.keys.length)[0];
  if (!like || like.keys.length === 0) return "";
  return ` (${
    like.keys.map((key) =>
      `${key}: ${JSON.stringify(like.item[key])} instead of ${JSON.stringify(expected[key])}`
    ).join(", ")
  })`;
}

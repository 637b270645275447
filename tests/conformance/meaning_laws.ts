import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { METRICS } from "@shared/catalog/metrics.ts";
import type { Normalized } from "@shared/catalog/normalized.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import { accepted, isRecord, itemsOf, withEach, withMember } from "./changes.ts";
import { codesOf, fixturesOf, wordsOf } from "./fixtures.ts";
import type { Law } from "./law.ts";

/** What a driver makes of the provider's documents. */
export const MEANING_LAWS: readonly Law[] = [
  {
    name: "a fixture means what was written down by hand",
    check(driver) {
      for (const { resource, body, expected, context } of fixturesOf(driver)) {
        const records = driver.normalise(resource, body, context).records
          .map(({ id, version, items }) => rounded({ id, version, items }));
        assert.deepEqual(records, expected.map(rounded), resource);
      }
    },
  },
  {
    name: "each of the provider's words for a sport is ours as written down",
    appliesTo: (driver) => wordsOf(driver).length > 0,
    check(driver) {
      for (const { resource, body, path, words } of wordsOf(driver)) {
        for (const [sent, ours] of words) {
          const { records } = driver.normalise(resource, withMember(body, path, sent));
          const types = records.flatMap(({ items }) =>
            items.flatMap((item) => item.kind === "workout" ? [item.type] : [])
          );
          assert.deepEqual(types, [ours], `${sent}`);
        }
      }
    },
  },
  {
    name: "what comes out was declared, and what was declared comes out",
    check(driver) {
      for (const { name, produces, sessions = [] } of driver.resources) {
        const items = fixturesOf(driver).filter(({ resource }) => resource === name)
          .flatMap((fixture) => itemsOf(driver, fixture));
        const codes = items.map(codeOf).filter((code) => code !== undefined);
        const lived = items.map(({ kind }) => kind)
          .filter((kind) => kind === "sleep" || kind === "workout");
        assert.deepEqual(unique(codes), unique(produces), name);
        assert.deepEqual(unique(lived), unique(sessions), name);
      }
    },
  },
  {
    name: "values are plausible, times valid, spans not inverted",
    check(driver) {
      for (const fixture of fixturesOf(driver)) {
        const { resource } = fixture;
        for (const item of itemsOf(driver, fixture)) {
          if (!("start" in item)) continue;
          assert.ok(!Number.isNaN(item.start.getTime()), resource);
          assert.ok(!item.end || item.end >= item.start, resource);
          if (item.kind !== "metric") continue;
          const [low, high] = METRICS[item.metric].plausible;
          assert.ok(item.value >= low && item.value <= high, `${item.metric} ${item.value}`);
          assert.equal(item.unit, METRICS[item.metric].unit);
        }
      }
    },
  },
  {
    name: "the same document gives the same records, each with an id of its own",
    check(driver) {
      for (const { resource, body, context } of fixturesOf(driver)) {
        const first = driver.normalise(resource, structuredClone(body), context);
        assert.deepEqual(driver.normalise(resource, structuredClone(body), context), first);
        const ids = first.records.map(({ id }) => id);
        assert.ok(ids.every((id) => id.length > 0) && ids.length > 0, resource);
        assert.deepEqual(ids, [...new Set(ids)], resource);
      }
    },
  },
  {
    name: "a record is kept as it came, fields we do not know included",
    check(driver) {
      for (const { resource, body, context } of fixturesOf(driver)) {
        const marked = withUnknownFields(body);
        for (const { raw } of driver.normalise(resource, marked, context).records) {
          // Several rows that make one record (the stages of a night) are each kept as they came.
          const kept = Array.isArray(raw) ? raw : [raw];
          const parts = partsOf(marked);
          assert.ok(
            kept.every((one) => parts.some((part) => isDeepStrictEqual(part, one))),
            resource,
          );
        }
      }
    },
  },
  {
    name: "an absent number yields nothing, and never a zero",
    check(driver) {
      for (const fixture of fixturesOf(driver)) {
        const { resource, body } = fixture;
        const before = itemsOf(driver, fixture);
        const zeros = countZeros(before);
        for (const [path, changed] of withEach(body, numberFor(null))) {
          const after = accepted(driver, { ...fixture, body: changed });
          if (!after) continue;
          const where = `${resource}: without ${path}`;
          assert.ok(after.length <= before.length, `${where} it yields more`);
          assert.ok(countZeros(after) <= zeros, `${where} it makes a zero of nothing`);
        }
      }
    },
  },
  {
    name: "a zero is a value: it vanishes from no record",
    check(driver) {
      for (const fixture of fixturesOf(driver)) {
        const { resource, body } = fixture;
        const before = itemsOf(driver, fixture);
        for (const [path, changed] of withEach(body, numberFor(0), codesOf(driver))) {
          const after = accepted(driver, { ...fixture, body: changed });
          if (!after) continue;
          const mend = "a 0 that means none is quarantined, one that is a code is in codes.json";
          const lost = `${resource}: ${path} vanishes where it is 0: ${mend}`;
          assert.ok(after.length >= before.length, lost);
        }
      }
    },
  },
  {
    name: "what is no document is a contract failure that shows no value",
    check(driver) {
      for (const { name } of driver.resources) {
        for (
          const garbage of [null, 7, "<html>marked-value</html>", [7], { data: "marked-value" }]
        ) {
          assert.throws(() => driver.normalise(name, garbage), (error) => {
            assert.ok(error instanceof ProviderError && error.failure.kind === "contract", name);
            assert.ok(error.failure.issues.length > 0);
            assert.doesNotMatch(Deno.inspect(error), /marked-value/);
            return true;
          }, `${name} takes ${JSON.stringify(garbage)}`);
        }
      }
    },
  },
];

function codeOf(item: Normalized): string | undefined {
  if (item.kind === "metric") return item.metric;
  return item.kind === "score" ? item.score : undefined;
}

function countZeros(items: readonly Normalized[]): number {
  return items.filter((item) =>
    (item.kind === "metric" || item.kind === "score") && item.value === 0
  ).length;
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

/** As JSON has it, numbers to nine digits: conversions may differ in the last bit. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(
      value,
      (_key, member) => typeof member === "number" ? Number(member.toPrecision(9)) : member,
    ),
  );
}

/** Every value in `value`; of an object each member with its name too, as rows of a map have it. */
function partsOf(value: unknown): readonly unknown[] {
  const members = typeof value === "object" && value !== null ? Object.values(value) : [];
  const entries = isRecord(value)
    ? Object.entries(value).map(([name, member]) => ({ [name]: member }))
    : [];
  return [value, ...entries, ...members.flatMap(partsOf)];
}

function withUnknownFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUnknownFields);
  if (!isRecord(value)) return value;
  const members = Object.entries(value).map(([key, one]) => [key, withUnknownFields(one)]);
  return { ...Object.fromEntries(members), zz_unknown: { kept: [1, "as it came"] } };
}

/** What exchanges a number, for `replacement`, and nothing else. */
function numberFor(replacement: number | null): (value: unknown) => unknown {
  return (value) => typeof value === "number" ? replacement : value;
}

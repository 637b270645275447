import assert from "node:assert/strict";
import type { Normalized } from "@shared/catalog/normalized.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import type { NormalizedRecord } from "@shared/providers/resource.ts";
import { isRecord, itemsOf, withAll, withEach, withRows } from "./changes.ts";
import { type Fixture, fixturesOf } from "./fixtures.ts";
import type { Law } from "./law.ts";

/** What a driver makes of bodies that are not in order: rows and members that come otherwise. */
export const ROWS_LAWS: readonly Law[] = [
  {
    name: "rows in another order are the same records",
    appliesTo: (driver) => withChangedRows(driver, reversed).length > 0,
    check(driver) {
      for (const { fixture, changed } of withChangedRows(driver, reversed)) {
        const { resource, context } = fixture;
        const { records } = driver.normalise(resource, changed, context);
        assert.deepEqual(byId(records), byId(recordsOf(driver, fixture)), resource);
      }
    },
  },
  {
    name: "samples in another order mean the same",
    check(driver) {
      for (const fixture of fixturesOf(driver)) {
        const body = withAll(
          fixture.body,
          (value) => Array.isArray(value) && value.every(isRecord) ? value.toReversed() : value,
        );
        assert.deepEqual(
          inOrder(itemsOf(driver, { ...fixture, body })),
          inOrder(itemsOf(driver, fixture)),
          fixture.resource,
        );
      }
    },
  },
  {
    name: "a row that comes twice is one record",
    appliesTo: (driver) => withChangedRows(driver, doubled).length > 0,
    check(driver) {
      for (const { fixture, changed } of withChangedRows(driver, doubled)) {
        const { resource, context } = fixture;
        const { records } = driver.normalise(resource, changed, context);
        const once = new Map(recordsOf(driver, fixture).map((record) => [record.id, record]));
        assert.equal(records.length, 2 * once.size, resource);
        for (const record of records) assert.deepEqual(record, once.get(record.id), resource);
      }
    },
  },
  {
    name: "a value of another type is refused or left out, and becomes no value",
    check: (driver) => holdsFor(driver, ofAnotherType, true),
  },
  {
    // A list may have said that a value is none, so that there can be more without it.
    name: "a list that is null is refused or empty",
    check: (driver) => holdsFor(driver, (value) => Array.isArray(value) ? null : value, false),
  },
];

interface Changed {
  readonly fixture: Fixture;
  readonly changed: unknown;
}

/** The fixtures whose rows `change` can change; rows that are no list of their own are left out. */
function withChangedRows(
  driver: ProviderDriver,
  change: (rows: readonly unknown[]) => readonly unknown[] | undefined,
): readonly Changed[] {
  return fixturesOf(driver).flatMap((fixture) => {
    const changed = withRows(driver, fixture.resource, fixture.body, change);
    return changed === undefined ? [] : [{ fixture, changed }];
  });
}

function reversed(rows: readonly unknown[]): readonly unknown[] | undefined {
  return rows.length > 1 ? rows.toReversed() : undefined;
}

function doubled(rows: readonly unknown[]): readonly unknown[] {
  return [...rows, ...rows];
}

function recordsOf(driver: ProviderDriver, { resource, body, context }: Fixture) {
  return driver.normalise(resource, body, context).records;
}

function byId(records: readonly NormalizedRecord[]): readonly NormalizedRecord[] {
  return records.toSorted((a, b) => a.id < b.id ? -1 : 1);
}

function inOrder(items: readonly Normalized[]): readonly string[] {
  return items.map((item) => JSON.stringify(item)).sort();
}

const MARK = "marked-value";

/** A text for what is none, an object for a text: some providers write numbers as texts. */
function ofAnotherType(value: unknown): unknown {
  if (value === null) return value;
  return typeof value === "string" ? { of: MARK } : MARK;
}

/**
 * With each value changed: refused without showing it, or items of the types that they had. Where what
 * is changed says nothing any more, `fewer` holds too.
 */
function holdsFor(
  driver: ProviderDriver,
  change: (value: unknown) => unknown,
  fewer: boolean,
): void {
  for (const fixture of fixturesOf(driver).flatMap((one) => rowByRow(driver, one))) {
    const before = itemsOf(driver, fixture).filter(isValue);
    const types = new Set(before.flatMap(typesOf));
    const members = new Set(before.flatMap(membersOf));
    for (const [, body] of withEach(fixture.body, change)) {
      const after = acceptedOrSilent(driver, { ...fixture, body })?.filter(isValue);
      if (!after) continue;
      const odd = after.flatMap(typesOf)
        .filter((type) => members.has(type.split(" is ")[0] ?? "") && !types.has(type));
      const isMore = fewer && after.length > before.length;
      if (odd.length === 0 && !isMore) continue;
      assert.fail(`${isMore ? "more than before" : odd} of ${JSON.stringify(body)}`);
    }
  }
}

/** A fixture with each of its rows alone, for a hundred would be read again with each change of one. */
function rowByRow(driver: ProviderDriver, fixture: Fixture): readonly Fixture[] {
  let count = 0;
  const only = (i: number) =>
    withRows(driver, fixture.resource, fixture.body, (rows) => {
      count = rows.length;
      return rows.slice(i, i + 1);
    });
  if (only(0) === undefined) return [fixture];
  return Array.from({ length: count }, (_, i) => ({ ...fixture, body: only(i) }));
}

function acceptedOrSilent(driver: ProviderDriver, fixture: Fixture) {
  try {
    return itemsOf(driver, fixture);
  } catch (error) {
    assert.ok(error instanceof ProviderError && error.failure.kind === "contract", String(error));
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error.failure)}`, new RegExp(MARK));
    return undefined;
  }
}

/** What says that there is no value is none. */
function isValue({ kind }: Normalized): boolean {
  return kind !== "quarantine";
}

function membersOf(item: Normalized): readonly string[] {
  return Object.keys(item).map((name) => `${item.kind}.${name}`);
}

/** `metric.value is number`: numbers and times that are none have types of their own. */
function typesOf(item: Normalized): readonly string[] {
  return Object.entries(item).map(([name, value]) => {
    const type = value instanceof Date
      ? Number.isNaN(value.getTime()) ? "no time" : "time"
      : typeof value === "number" && !Number.isFinite(value)
      ? "no number"
      : typeof value;
    return `${item.kind}.${name} is ${type}`;
  });
}

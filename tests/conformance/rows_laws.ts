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
    check: (driver) => holdsFor(driver, ofAnotherType),
  },
  {
    name: "a list that is null is refused or empty",
    check: (driver) => holdsFor(driver, (value) => Array.isArray(value) ? null : value),
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

function ofAnotherType(value: unknown): unknown {
  return typeof value === "string" ? 7 : MARK;
}

/** With each value changed: refused without showing it, or no more items than before, of their types. */
function holdsFor(driver: ProviderDriver, change: (value: unknown) => unknown): void {
  for (const fixture of fixturesOf(driver)) {
    const before = itemsOf(driver, fixture);
    const types = new Map(before.flatMap(typesOf));
    for (const body of withEach(fixture.body, change)) {
      const after = acceptedOrSilent(driver, { ...fixture, body });
      if (!after) continue;
      assert.ok(after.length <= before.length, `${fixture.resource} yields more`);
      for (const [member, type] of after.flatMap(typesOf)) {
        assert.equal(type, types.get(member) ?? type, `${fixture.resource} ${member}`);
      }
    }
  }
}

function acceptedOrSilent(driver: ProviderDriver, fixture: Fixture) {
  try {
    return itemsOf(driver, fixture);
  } catch (error) {
    assert.ok(error instanceof ProviderError && error.failure.kind === "contract", String(error));
    assert.doesNotMatch(Deno.inspect(error), new RegExp(MARK));
    return undefined;
  }
}

/** Each member of an item with its type: a number that is none, and a time that is none, have their own. */
function typesOf(item: Normalized): readonly (readonly [member: string, type: string])[] {
  return Object.entries(item).map(([name, value]) => {
    const type = value instanceof Date
      ? `time ${Number.isNaN(value.getTime())}`
      : typeof value === "number"
      ? `number ${Number.isFinite(value)}`
      : typeof value;
    return [`${item.kind} ${name}`, type];
  });
}

/** Fixtures with something changed in them, which no provider would send and one day does. */
import { isDeepStrictEqual } from "node:util";
import type { Normalized } from "@shared/catalog/normalized.ts";
import type { ProviderDriver } from "@shared/providers/driver.ts";
import { ProviderError } from "@shared/providers/errors.ts";
import type { Fixture } from "./fixtures.ts";

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Where each value is that `change` exchanges, those under the keys `except` left out, and `body` with it exchanged. */
export function* withEach(
  body: unknown,
  change: (value: unknown) => unknown,
  except: ReadonlySet<string> = new Set(),
): Generator<readonly [path: string, changed: unknown], void> {
  const exchanged = change(body);
  if (exchanged !== body) yield ["", exchanged];
  if (typeof body !== "object" || body === null) return;
  for (const [key, member] of Object.entries(body)) {
    if (except.has(key)) continue;
    for (const [path, changed] of withEach(member, change, except)) {
      const inside = path && `.${path}`;
      yield [
        `${key}${inside}`,
        Array.isArray(body) ? body.with(Number(key), changed) : { ...body, [key]: changed },
      ];
    }
  }
}

/** `body` with `change` done to every value in it, the innermost first. */
export function withAll(body: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(body)) return change(body.map((one) => withAll(one, change)));
  if (!isRecord(body)) return change(body);
  const members = Object.entries(body).map(([key, one]) => [key, withAll(one, change)]);
  return change(Object.fromEntries(members));
}

/** `body` with `value` at `path`. */
export function withMember(
  body: unknown,
  path: readonly (string | number)[],
  value: unknown,
): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(body)) {
    return body.with(Number(key), withMember(body[Number(key)], rest, value));
  }
  return isRecord(body) ? { ...body, [key]: withMember(body[key], rest, value) } : body;
}

/**
 * `body` with its rows changed; nothing where `change` has none, or where they are no list of their own
 * (rows made of several parts).
 */
export function withRows(
  driver: ProviderDriver,
  resource: string,
  body: unknown,
  change: (rows: readonly unknown[]) => readonly unknown[] | undefined,
): unknown {
  const { page } = driver.resources.find(({ name }) => name === resource) ?? {};
  const rows = page?.safeParse(body).data?.rows ?? [];
  const changed = rows.length > 0 ? change(rows) : undefined;
  if (!changed) return undefined;
  const [first] = withEach(body, (value) => isDeepStrictEqual(value, rows) ? changed : value);
  return first?.[1];
}

/** The items of a fixture, as they come. */
export function itemsOf(
  driver: ProviderDriver,
  { resource, body, context }: Fixture,
): readonly Normalized[] {
  return driver.normalise(resource, body, context).records.flatMap(({ items }) => items);
}

/** The items, unless the schema refuses the change. */
export function accepted(
  driver: ProviderDriver,
  fixture: Fixture,
): readonly Normalized[] | undefined {
  try {
    return itemsOf(driver, fixture);
  } catch (error) {
    if (error instanceof ProviderError && error.failure.kind === "contract") return undefined;
    throw error;
  }
}

/** The `records` of a phone's upload: one value of one type each. */
import { z } from "zod";
import type { MetricCode, UnitOf } from "../catalog/metrics.ts";
import type { Metric, Provenance, Quarantine, When } from "../catalog/normalized.ts";
import type { DimensionOf, UnitConstructor } from "../catalog/units.ts";
import { resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import {
  type Element,
  element,
  refOf,
  senderOf,
  sourceOf,
  uploadPage,
  whenOf,
} from "./mobile_sdk.ts";
import type { NormaliseContext } from "./resource.ts";

type At = When & Provenance;
type Yield = Metric | Quarantine;

/** What one type of record means. */
export interface TypeRule {
  readonly metrics: readonly MetricCode[];
  read(value: number | undefined, at: At, row: Element): Iterable<Yield>;
}

type UnitFor<M extends MetricCode> = UnitConstructor<DimensionOf<UnitOf<M>>>;

function metric<const M extends MetricCode>(
  code: M,
  quantity: ReturnType<UnitFor<M>>,
  at: At,
): Iterable<Metric> {
  // SAFETY: `Metric<M>` is one of the members of the union `Metric`.
  return measure(code, quantity, at) as Iterable<unknown> as Iterable<Metric>;
}

/** A type whose value is `code` in the unit `of`, unless the record names another of `units`. */
export function reads<const M extends MetricCode>(
  code: M,
  of: UnitFor<M>,
  units: Readonly<Record<string, UnitFor<M>>> = {},
): TypeRule {
  return {
    metrics: [code],
    read(value, at, { unit }) {
      const own = typeof unit === "string" ? units[unit.trim().toLowerCase()] : undefined;
      return metric(code, (own ?? of)(value), at);
    },
  };
}

/** As `reads`; a zero is the sensor's word for "no reading". */
export function readsUnlessZero<const M extends MetricCode>(code: M, of: UnitFor<M>): TypeRule {
  const rule = reads(code, of);
  return {
    ...rule,
    *read(value, at, row) {
      if (value === 0) return yield { kind: "quarantine", reason: "sentinel" };
      yield* rule.read(value, at, row);
    },
  };
}

/** As `reads`, in whole numbers: HealthKit splits a step over the intervals it lies in. */
export function readsWhole<const M extends MetricCode>(code: M, of: UnitFor<M>): TypeRule {
  const rule = reads(code, of);
  return {
    ...rule,
    read: (value, at, row) => rule.read(value === undefined ? value : Math.round(value), at, row),
  };
}

/** One type under each of two metrics, by what `isFirst` finds in the record. */
export function either(
  isFirst: (row: Element) => boolean,
  first: TypeRule,
  second: TypeRule,
): TypeRule {
  return {
    metrics: [...first.metrics, ...second.metrics],
    read: (value, at, row) => (isFirst(row) ? first : second).read(value, at, row),
  };
}

/** What the interval itself measures, whatever its value: mindful minutes. */
export function lasts<const M extends MetricCode>(code: M, of: UnitFor<M>): TypeRule {
  return {
    metrics: [code],
    read: (_value, at) => metric(code, of((at.end ?? at.start).getTime() - at.start.getTime()), at),
  };
}

/** One of an enumeration, as the catalog's levels. */
export function stands<const M extends MetricCode>(
  code: M,
  of: UnitFor<M>,
  levels: Readonly<Record<number, number>>,
): TypeRule {
  return {
    metrics: [code],
    *read(value, at) {
      if (value === undefined) return;
      const level = levels[value];
      if (level === undefined) return yield { kind: "quarantine", reason: "implausible" };
      yield* metric(code, of(level), at);
    },
  };
}

export type TypeTable = Readonly<Record<string, TypeRule>>;

interface Store {
  /** Its name in uploads, where the envelope names none. */
  readonly sender: string;
  readonly types: TypeTable;
  /** Types that mean something else from one sender. */
  readonly ofSender?: Readonly<Record<string, TypeTable>>;
  /** Types not to be kept at all without a consent of their own, not even raw. */
  readonly withheld: ReadonlySet<string>;
  /** Types whose ids are new at each reading, by sender: their start identifies them. */
  readonly aggregates: Readonly<Record<string, ReadonlySet<string>>>;
}

const PREFIX = /^HK(Quantity|Category)TypeIdentifier/;

export function records(store: Store) {
  const tables = [store.types, ...Object.values(store.ofSender ?? {})];
  const produces = tables.flatMap((table) => Object.values(table).flatMap((one) => one.metrics));

  function typeOf(row: Element): string {
    return (row.type ?? "").replace(PREFIX, "");
  }

  function ruleOf(type: string, context: NormaliseContext): TypeRule | undefined {
    const own = store.ofSender?.[senderOf(context, store.sender)] ?? {};
    if (Object.hasOwn(own, type)) return own[type];
    return Object.hasOwn(store.types, type) ? store.types[type] : undefined;
  }

  return resource<unknown, MetricCode>({
    name: "records",
    aliases: ["records"],
    produces: [...new Set(produces)],
    page: uploadPage("records", z.looseObject({ id: z.string() }), (rows) => rows),
    record(row, context) {
      const { data } = element.safeParse(row);
      if (!data || store.withheld.has(typeOf(data))) return undefined;
      const type = typeOf(data);
      const isAggregate = store.aggregates[senderOf(context, store.sender)]?.has(type);
      return refOf(isAggregate ? `${type}@${data.startDate}` : data.id, context);
    },
    *normalise(row, context) {
      const data = element.parse(row);
      const rule = ruleOf(typeOf(data), context);
      if (!rule) return;
      const when = whenOf(data, context);
      if ("kind" in when) return yield when;
      const value = data["value"];
      const device = sourceOf(data);
      const entry = entryOf(data);
      const at = { ...when, ...(device ? { device } : {}), ...(entry ? { entry } : {}) };
      yield* rule.read(typeof value === "number" ? value : undefined, at, data);
    },
  });
}

/** Typed in, or noticed without the person; what they started themselves is neither. */
function entryOf({ source, metadata }: Element): Provenance["entry"] {
  const typedIn = metadata?.["HKWasUserEntered"];
  if (source?.recordingMethod === "manual" || typedIn === true || /^(1|true)$/.test(`${typedIn}`)) {
    return "manual";
  }
  return source?.recordingMethod === "automatic" ? "automatic" : undefined;
}

import { type MetricCode, METRICS, type UnitOf } from "../../catalog/metrics.ts";
import type { Metric, Provenance, Score, When } from "../../catalog/normalized.ts";
import { convert, type DimensionOf, type Quantity } from "../../catalog/units.ts";

/**
 * Zero or one metric, in the catalog's unit. Absent values vanish, zeros stay. `quantity` says the
 * unit the provider sends: `measure("energy_active", kilojoules(row.kilojoule), at)`.
 */
export function* measure<const M extends MetricCode>(
  metric: M,
  quantity: NoInfer<Quantity<DimensionOf<UnitOf<M>>>> | undefined,
  at: When & Provenance,
): Generator<Metric<M>, void> {
  if (quantity === undefined) return;
  const unit = METRICS[metric].unit;
  const value = convert(quantity.value, quantity.unit, unit);
  // SAFETY: `Metric<M>` maps each code to its own unit, and `unit` is read from that code's row.
  yield { kind: "metric", metric, value, unit, ...at } as unknown as Metric<M>;
}

/** Zero or one vendor score. */
export function* rate<const M extends MetricCode>(
  score: M,
  value: number | null | undefined,
  scale: Score["scale"],
  at: When & Pick<Score, "vendorName" | "qualifier" | "components">,
): Generator<Score<M>, void> {
  if (value == null) return;
  yield { kind: "score", score, value, scale, ...at };
}

/** Drops absent members, as `exactOptionalPropertyTypes` wants them: `{ ...present({ end }) }`. */
export function present<T extends Record<string, unknown>>(
  members: T,
): { [K in keyof T]?: Exclude<T[K], null | undefined> } {
  // SAFETY: exactly the null and undefined members are left out.
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value != null),
  ) as { [K in keyof T]?: Exclude<T[K], null | undefined> };
}

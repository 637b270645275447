/** What a datum of each of Tidepool's kinds means; the quirks are in `tidepool.ts`. */
import { z } from "zod";
import type { Normalized, When } from "../catalog/normalized.ts";
import {
  convert,
  type Dimension,
  feet,
  fluidOunces,
  gallons,
  glucoseMillimolesPerLitre,
  grams,
  hours,
  insulinUnits,
  joules,
  kilocalories,
  kilojoules,
  kilometres,
  litres,
  metres,
  miles,
  milligramsPerDecilitre,
  millilitres,
  millimolesPerLitre,
  minutes,
  type Quantity,
  seconds,
  type Unit,
  type UnitConstructor,
  yards,
} from "../catalog/units.ts";
import { HOUR, SECOND } from "../core/time.ts";
import { measure, present } from "./kit/measure.ts";
import { sportOf } from "./mobile_sdk_sports.ts";

/** The kinds that we ask for. */
export const TYPES = [
  "cbg",
  "smbg",
  "bloodKetone",
  "bolus",
  "basal",
  "insulin",
  "food",
  "water",
  "physicalActivity",
] as const;

const maybeText = z.string().nullish();
const maybeNumber = z.number().nullish();
const amount = z.looseObject({ units: maybeText, value: maybeNumber }).nullish();
const counted = z.looseObject({ count: maybeNumber }).nullish();

export const datum = z.looseObject({
  id: z.string(),
  type: z.string(),
  subType: maybeText,
  time: maybeText,
  timezoneOffset: maybeNumber,
  createdTime: maybeText,
  modifiedTime: maybeText,
  deletedTime: maybeText,
  deviceId: maybeText,
  annotations: z.array(z.looseObject({ code: maybeText })).nullish(),
  // blood
  units: maybeText,
  value: maybeNumber,
  // insulin
  normal: maybeNumber,
  extended: maybeNumber,
  rate: maybeNumber,
  dose: z.looseObject({ total: maybeNumber }).nullish(),
  /** Milliseconds of a delivery; of an activity an amount with its unit. */
  duration: z.union([z.number(), amount]),
  // food and water
  nutrition: z.looseObject({
    carbohydrate: z.looseObject({
      total: maybeNumber,
      net: maybeNumber,
      dietaryFiber: maybeNumber,
    }).nullish(),
    fat: z.looseObject({ total: maybeNumber }).nullish(),
    protein: z.looseObject({ total: maybeNumber }).nullish(),
    energy: amount,
  }).nullish(),
  amount: amount,
  // activity
  activityType: maybeText,
  aggregate: z.boolean().nullish(),
  distance: amount,
  elevationChange: amount,
  energy: amount,
  step: counted,
});

type Datum = z.output<typeof datum>;
type Meaning = Iterable<
  Normalized<
    | "glucose"
    | "glucose_blood"
    | "ketone"
    | "insulin_delivery"
    | "carbohydrate_intake"
    | "fiber_intake"
    | "fat_intake"
    | "protein_intake"
    | "energy_intake"
    | "water_intake"
  >
>;

const UNKNOWN_UNIT = { kind: "quarantine", reason: "unknown_unit" } as const;

/** What `row` says of the instant, or the time from then on, that `at` is. */
export function* meaningOf(row: Datum, at: When): Meaning {
  switch (row.type) {
    case "cbg":
      return yield* glucose("glucose", row, at);
    case "smbg":
      return yield* glucose("glucose_blood", row, at);
    case "bloodKetone":
      return yield* measure("ketone", millimolesPerLitre(row.value), on(row, at));
    case "bolus":
    case "basal":
      return yield* delivery(row, at);
    case "insulin":
      return yield* measure("insulin_delivery", insulinUnits(row.dose?.total), on(row, at));
    case "food":
      return yield* food(row, at);
    case "water":
      return yield* water(row, at);
    case "physicalActivity":
      return yield* activity(row, at);
  }
}

function on({ deviceId }: Datum, at: When) {
  return { ...at, ...(deviceId ? { device: deviceId } : {}) };
}

const GLUCOSE = new Map([
  ["mmol/l", glucoseMillimolesPerLitre],
  ["mg/dl", milligramsPerDecilitre],
]);

function* glucose(metric: "glucose" | "glucose_blood", row: Datum, at: When): Meaning {
  if (row.value == null) return;
  const isBeyond = row.annotations?.some(({ code }) => code === "bg/out-of-range") ?? false;
  if (isBeyond) return yield { kind: "quarantine", reason: "sentinel" };
  const unit = GLUCOSE.get((row.units ?? "").toLowerCase());
  if (!unit) return yield UNKNOWN_UNIT;
  const entry = row.subType === "manual" ? { entry: "manual" } as const : {};
  yield* measure(metric, unit(row.value), { ...on(row, at), ...entry });
}

/** Insulin that ran for a while spans it. */
function* delivery(row: Datum, at: When): Meaning {
  const milliseconds = typeof row.duration === "number" ? row.duration : undefined;
  const end = milliseconds === undefined
    ? {}
    : { end: new Date(at.start.getTime() + milliseconds) };
  const given = row.type === "basal" ? basalOf(row.rate, milliseconds) : bolusOf(row);
  yield* measure("insulin_delivery", insulinUnits(given), { ...on(row, at), ...end });
}

function basalOf(rate: number | null | undefined, milliseconds: number | undefined) {
  return rate == null || milliseconds === undefined ? undefined : rate * milliseconds / HOUR;
}

function bolusOf({ normal, extended }: Datum): number | undefined {
  return normal == null && extended == null ? undefined : (normal ?? 0) + (extended ?? 0);
}

function* food({ nutrition }: Datum, at: When): Meaning {
  const { carbohydrate, fat, protein, energy } = nutrition ?? {};
  const carbohydrates = carbohydrate?.total ?? carbohydrate?.net;
  yield* measure("carbohydrate_intake", grams(carbohydrates), at);
  yield* measure("fiber_intake", grams(carbohydrate?.dietaryFiber), at);
  yield* measure("fat_intake", grams(fat?.total), at);
  yield* measure("protein_intake", grams(protein?.total), at);
  const eaten = quantityOf(energy, ENERGIES);
  yield* unreadable(energy, eaten);
  yield* measure("energy_intake", eaten, at);
}

function* water({ amount }: Datum, at: When): Meaning {
  const drunk = quantityOf(amount, VOLUMES);
  yield* unreadable(amount, drunk);
  yield* measure("water_intake", drunk, at);
}

type Amount = Datum["amount"];
type Units<D extends Dimension> = ReadonlyMap<string, UnitConstructor<D>>;

const VOLUMES: Units<"volume"> = new Map([
  ["liters", litres],
  ["milliliters", millilitres],
  ["ounces", fluidOunces],
  ["gallons", gallons],
]);
const ENERGIES: Units<"energy"> = new Map([
  ["kilocalories", kilocalories],
  ["calories", (value) => kilocalories(value == null ? value : value / 1_000)],
  ["kilojoules", kilojoules],
  ["joules", joules],
]);
const LENGTHS: Units<"length"> = new Map([
  ["meters", metres],
  ["kilometers", kilometres],
  ["feet", feet],
  ["yards", yards],
  ["miles", miles],
]);
const TIMES: Units<"time"> = new Map([["hours", hours], ["minutes", minutes], [
  "seconds",
  seconds,
]]);

/** Nothing where there is no value, or one in a unit that we do not know. */
function quantityOf<D extends Dimension>(of: Amount, units: Units<D>): Quantity<D> | undefined {
  return units.get(of?.units ?? "")?.(of?.value);
}

function* unreadable(of: Amount, quantity: Quantity | undefined): Meaning {
  if (of?.value != null && quantity === undefined) yield UNKNOWN_UNIT;
}

/** In the unit that a session has it in. */
function amountIn(of: Amount, units: Units<Dimension>, unit: Unit): number | undefined {
  const quantity = quantityOf(of, units);
  return quantity && convert(quantity.value, quantity.unit, unit);
}

function* activity(row: Datum, at: When): Meaning {
  const elapsed = typeof row.duration === "object" ? amountIn(row.duration, TIMES, "s") : undefined;
  if (row.aggregate === true || elapsed === undefined) return;
  const climbed = amountIn(row.elevationChange, LENGTHS, "m");
  yield {
    kind: "workout",
    ...at,
    end: new Date(at.start.getTime() + elapsed * SECOND),
    ...present({
      type: sportOf(snakeCase(row.activityType)),
      vendorType: row.activityType,
      durationSeconds: elapsed,
      distanceMetres: amountIn(row.distance, LENGTHS, "m"),
      energyKilocalories: amountIn(row.energy, ENERGIES, "kcal"),
      steps: row.step?.count,
      device: row.deviceId,
    }),
    // A change downwards is none gained.
    ...(climbed !== undefined && climbed >= 0 ? { elevationGainMetres: climbed } : {}),
  };
}

/** HealthKit's names, which Tidepool has in camel case. */
function snakeCase(name: string | null | undefined): string | undefined {
  return name?.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

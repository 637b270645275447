/** Validic's words for units; quirks in `validic.ts`. */
import {
  beatsPerMinute,
  breathsPerMinute,
  celsius,
  centimetres,
  convert,
  count,
  type Dimension,
  fahrenheit,
  glucoseMillimolesPerLitre,
  grams,
  hours,
  joules,
  kelvinDifference,
  kilocalories,
  kilograms,
  kilogramsPerSquareMetre,
  kilojoules,
  kilometres,
  kilometresPerHour,
  litres,
  litresPerMinute,
  metres,
  metresPerSecond,
  milligrams,
  milligramsPerDecilitre,
  millilitres,
  millilitresPerKilogramMinute,
  millimetresOfMercury,
  millimolesPerLitre,
  milliseconds,
  minutes,
  percent,
  type Quantity,
  seconds,
  type Unit,
  type UnitConstructor,
  watts,
} from "../catalog/units.ts";
import type { Figure } from "./validic_api.ts";

/**
 * Validic's texts of units, lower case, for its documents write `kcal` and `kCal`. A unit that is not
 * here makes a value unreadable: what it stands for is never guessed.
 */
export type Units<D extends Dimension> = ReadonlyMap<string, UnitConstructor<D>>;

export const COUNTS: Units<"count"> = new Map([["count", count]]);
export const DURATIONS: Units<"time"> = new Map([
  ["s", seconds],
  ["ms", milliseconds],
  ["min", minutes],
  ["h", hours],
]);
export const ENERGIES: Units<"energy"> = new Map([
  ["kcal", kilocalories],
  ["kj", kilojoules],
  ["j", joules],
]);
export const LENGTHS: Units<"length"> = new Map([
  ["m", metres],
  ["km", kilometres],
  ["cm", centimetres],
]);
export const MASSES: Units<"mass"> = new Map([
  ["kg", kilograms],
  ["g", grams],
  ["mg", milligrams],
]);
export const VOLUMES: Units<"volume"> = new Map([
  ["ml", millilitres],
  ["l", litres],
]);
export const SHARES: Units<"share"> = new Map([
  ["percent", percent],
  ["%", percent],
]);
export const HEART_RATES: Units<"heart_rate"> = new Map([["bpm", beatsPerMinute]]);
/** Always "the average number of breaths per minute": Oura's is shown without a unit. */
export const BREATHING_RATES: Units<"breathing_rate"> = new Map([
  ["b/m", breathsPerMinute],
  ["--", breathsPerMinute],
  ["", breathsPerMinute],
]);
export const TEMPERATURES: Units<"temperature"> = new Map([
  ["c", celsius],
  ["f", fahrenheit],
]);
export const TEMPERATURE_DIFFERENCES: Units<"temperature_difference"> = new Map([
  ["c", kelvinDifference],
]);
export const PRESSURES: Units<"pressure"> = new Map([["mmhg", millimetresOfMercury]]);
export const GLUCOSES: Units<"glucose"> = new Map([
  ["mg/dl", milligramsPerDecilitre],
  ["mmol/l", glucoseMillimolesPerLitre],
]);
export const CONCENTRATIONS: Units<"concentration"> = new Map([["mmol/l", millimolesPerLitre]]);
export const BODY_INDICES: Units<"mass_per_area"> = new Map([["kg/m2", kilogramsPerSquareMetre]]);
export const OXYGEN_UPTAKES: Units<"oxygen_uptake"> = new Map([
  ["ml/kg/min", millilitresPerKilogramMinute],
]);
export const FLOWS: Units<"flow"> = new Map([
  ["l/s", (value) => litresPerMinute(value == null ? value : value * 60)],
  ["l/min", litresPerMinute],
]);
export const SPEEDS: Units<"speed"> = new Map([
  ["m/s", metresPerSecond],
  ["km/h", kilometresPerHour],
]);
export const POWERS: Units<"power"> = new Map([["w", watts]]);

export const UNKNOWN_UNIT = { kind: "quarantine", reason: "unknown_unit" } as const;

/** `value` in the figure's unit; nothing where there is none, or the unit is not known. */
export function quantityOf<D extends Dimension>(
  { unit }: Figure,
  value: number | null | undefined,
  units: Units<D>,
): Quantity<D> | undefined {
  return units.get(unit?.trim().toLowerCase() ?? "")?.(value);
}

/** A record's figures as the members of a session have them. */
export function figuresOf(figures: readonly Figure[]) {
  let unreadable = 0;
  const inUnit = (units: Units<Dimension>, to: Unit) => (...types: readonly string[]) => {
    const one = figures.find(({ type, value }) => types.includes(type) && value != null);
    if (!one) return undefined;
    const quantity = quantityOf(one, one.value, units);
    if (!quantity) unreadable++;
    return quantity && convert(quantity.value, quantity.unit, to);
  };
  return {
    count: inUnit(COUNTS, "count"),
    seconds: inUnit(DURATIONS, "s"),
    milliseconds: inUnit(DURATIONS, "ms"),
    metres: inUnit(LENGTHS, "m"),
    kilocalories: inUnit(ENERGIES, "kcal"),
    beats: inUnit(HEART_RATES, "bpm"),
    breaths: inUnit(BREATHING_RATES, "breaths/min"),
    percent: inUnit(SHARES, "%"),
    metresPerSecond: inUnit(SPEEDS, "m/s"),
    watts: inUnit(POWERS, "W"),
    /** One for each figure that was asked for and has a unit we do not know. */
    *unreadable() {
      for (let n = 0; n < unreadable; n++) yield UNKNOWN_UNIT;
    },
  };
}

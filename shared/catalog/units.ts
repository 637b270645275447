/**
 * Units as values. A driver names the unit its provider sends (`kilojoules(x)`), the catalog names
 * the unit we store (`kcal`), and `convert` is the only place where one becomes the other. A quantity
 * of the wrong dimension does not compile; a wrong unit inside a dimension cannot be written.
 */

/**
 * Every unit, with its dimension and its size in the dimension's smallest unit: whole numbers wherever
 * there are, so that 1001 g are 1.001 kg and not 1.0010000000000001.
 */
const UNITS = {
  // time
  ms: ["time", 1],
  s: ["time", 1_000],
  min: ["time", 60_000],
  h: ["time", 3_600_000],
  // length
  mm: ["length", 1],
  cm: ["length", 10],
  m: ["length", 1_000],
  km: ["length", 1_000_000],
  mile: ["length", 1_609_344],
  foot: ["length", 304.8],
  yard: ["length", 914.4],
  // mass: `mg` and `g` of food are masses too
  mg: ["mass", 1],
  g: ["mass", 1_000],
  kg: ["mass", 1_000_000],
  lb: ["mass", 453_592.37],
  // energy: thermochemical calorie, 1 kcal = 4.184 kJ
  kJ: ["energy", 1],
  kcal: ["energy", 4.184],
  "kcal/d": ["energy_rate", 1],
  // volume
  mL: ["volume", 1],
  L: ["volume", 1_000],
  fl_oz: ["volume", 29.573_529_562_5],
  gal: ["volume", 3_785.411_784],
  "L/min": ["flow", 1],
  // speed and pace
  "km/h": ["speed", 1],
  "m/s": ["speed", 3.6],
  "s/km": ["pace", 1],
  // rates: a heart beat is no breath, so each has a dimension of its own
  bpm: ["heart_rate", 1],
  "breaths/min": ["breathing_rate", 1],
  "steps/min": ["step_rate", 1],
  rpm: ["rotation_rate", 1],
  "events/h": ["event_rate", 1],
  // shares
  "%": ["share", 1],
  fraction: ["share", 100],
  // temperature; a difference is not a temperature
  Cel: ["temperature", 1],
  K: ["temperature_difference", 1],
  // glucose: 18.0156 mg/dL per mmol/L, from its molar mass of 180.156 g/mol
  "mg/dL": ["glucose", 1],
  "mmol/L glucose": ["glucose", 18.0156],
  "mmol/L": ["concentration", 1],
  // ketone bodies as beta-hydroxybutyrate, molar mass 104.1 g/mol
  "mg/dL ketone": ["concentration", 1 / 10.41],
  // pressure
  mmHg: ["pressure", 1],
  kPa: ["pressure", 7.500_62],
  // the rest
  a: ["age", 1],
  d: ["day_number", 1],
  W: ["power", 1],
  MET: ["metabolic_equivalent", 1],
  "kg/m2": ["mass_per_area", 1],
  "mL/kg/min": ["oxygen_uptake", 1],
  IU: ["insulin", 1],
  uS: ["conductance", 1],
  "dB(SPL)": ["sound_level", 1],
  count: ["count", 1],
  score: ["score", 1],
  index: ["index", 1],
  enum: ["enum", 1],
} as const satisfies Record<string, readonly [dimension: string, size: number]>;

export type Unit = keyof typeof UNITS;
export type DimensionOf<U extends Unit> = (typeof UNITS)[U][0];
export type Dimension = DimensionOf<Unit>;

/** A number that knows its unit; `D` keeps dimensions apart for the compiler. */
export interface Quantity<D extends Dimension = Dimension> {
  readonly value: number;
  readonly unit: Unit;
  readonly dimension: D;
}

/** What a provider's field holds: a number, or nothing. Numeric strings are the schema's business. */
export type Reading = number | null | undefined;

/** A constructor for one unit. Absent stays absent, zero stays zero. */
export type UnitConstructor<D extends Dimension> = (reading: Reading) => Quantity<D> | undefined;

function of<U extends Unit>(unit: U): UnitConstructor<DimensionOf<U>> {
  const dimension = UNITS[unit][0] as DimensionOf<U>;
  return (reading) => reading == null ? undefined : { value: reading, unit, dimension };
}

/** `value` of `from` in `to`; throws `RangeError` where they measure different things. */
export function convert(value: number, from: Unit, to: Unit): number {
  if (from === to) return value;
  if (UNITS[from][0] !== UNITS[to][0]) {
    throw new RangeError(`Cannot convert ${from} to ${to}: different dimensions`);
  }
  return value * UNITS[from][1] / UNITS[to][1];
}

export const seconds = of("s");
export const milliseconds = of("ms");
export const minutes = of("min");
export const hours = of("h");
export const metres = of("m");
export const kilometres = of("km");
export const centimetres = of("cm");
export const millimetres = of("mm");
export const miles = of("mile");
export const feet = of("foot");
export const yards = of("yard");
export const kilograms = of("kg");
export const grams = of("g");
export const milligrams = of("mg");
export const pounds = of("lb");
export const kilocalories = of("kcal");
export const kilojoules = of("kJ");
export const kilocaloriesPerDay = of("kcal/d");
export const litres = of("L");
export const millilitres = of("mL");
export const fluidOunces = of("fl_oz");
/** Of the US. */
export const gallons = of("gal");
export const litresPerMinute = of("L/min");
export const metresPerSecond = of("m/s");
export const kilometresPerHour = of("km/h");
export const secondsPerKilometre = of("s/km");
export const beatsPerMinute = of("bpm");
export const breathsPerMinute = of("breaths/min");
export const stepsPerMinute = of("steps/min");
export const revolutionsPerMinute = of("rpm");
export const eventsPerHour = of("events/h");
export const percent = of("%");
export const fraction = of("fraction");
export const celsius = of("Cel");
export const kelvinDifference = of("K");
export const milligramsPerDecilitre = of("mg/dL");
export const glucoseMillimolesPerLitre = of("mmol/L glucose");
export const millimolesPerLitre = of("mmol/L");
export const ketoneMilligramsPerDecilitre = of("mg/dL ketone");
export const millimetresOfMercury = of("mmHg");
export const kilopascals = of("kPa");
export const years = of("a");
export const dayNumber = of("d");
export const watts = of("W");
export const metabolicEquivalents = of("MET");
export const kilogramsPerSquareMetre = of("kg/m2");
export const millilitresPerKilogramMinute = of("mL/kg/min");
export const insulinUnits = of("IU");
export const microsiemens = of("uS");
export const decibels = of("dB(SPL)");
export const count = of("count");
export const score = of("score");
export const index = of("index");
export const enumerated = of("enum");

/** Fahrenheit has another zero, so it is a formula and not a factor. */
export const fahrenheit: UnitConstructor<"temperature"> = (reading) =>
  celsius(reading == null ? reading : (reading - 32) * 5 / 9);

/** A thousandth of the smallest unit of energy here, so it is divided and not in the table. */
export const joules: UnitConstructor<"energy"> = (reading) =>
  kilojoules(reading == null ? reading : reading / 1_000);

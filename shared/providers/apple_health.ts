/**
 * Apple HealthKit, as a phone uploads it with the open mobile SDKs (iOS 0.5 and later).
 *
 * Quirks
 * - There is no server of Apple's: the phone pushes, in UTC and whole seconds, anything twice, in any
 *   order and at any delay. A row is its HealthKit UUID, an edit is a new UUID, and the SDKs tell of no
 *   deletion; apps of our own do.
 * - "%" is a fraction from 0 to 1 for body fat and walking, and already times 100 for oxygen: a share
 *   that is neither is quarantined and not guessed. BMI says "count" and blood glucose does not say
 *   whether a sensor or a finger stick measured it.
 * - Heart rate variability is SDNN. Lengths are metres, water litres; "Cal" means kilocalories.
 * - iPhone and Watch count the same steps: each value names its device and app, none is a day's total.
 * - Sleep comes as one row a stage and source, and has no sessions: rows of one source without a gap
 *   of two hours are one sleep. Newer builds call light sleep `core`. "In bed" of the phone and stages
 *   of the watch are two sources, and never added up.
 * - A workout's duration is without its pauses; older systems send duration, energy and distance only.
 * - The offset is the row's, else that of the zone in its metadata; early versions send neither.
 *
 * @see https://developer.apple.com/documentation/healthkit
 * @see https://github.com/the-momentum/open_wearables_ios_sdk
 */
import {
  beatsPerMinute,
  breathsPerMinute,
  celsius,
  centimetres,
  count,
  enumerated,
  eventsPerHour,
  fahrenheit,
  fraction,
  glucoseMillimolesPerLitre,
  grams,
  insulinUnits,
  kilocalories,
  kilograms,
  kilogramsPerSquareMetre,
  kilojoules,
  litres,
  metabolicEquivalents,
  metres,
  metresPerSecond,
  milligramsPerDecilitre,
  millilitres,
  millilitresPerKilogramMinute,
  millimetresOfMercury,
  milliseconds,
  minutes,
  percent,
  revolutionsPerMinute,
  seconds,
  watts,
} from "../catalog/units.ts";
import { defineProvider } from "./define.ts";
import { bridge } from "./mobile_sdk.ts";
import {
  lasts,
  reads,
  readsUnlessZero,
  readsWhole,
  records,
  stands,
  type TypeTable,
} from "./mobile_sdk_records.ts";
import { sleep } from "./mobile_sdk_sleep.ts";
import { workouts } from "./mobile_sdk_workouts.ts";

const SENDER = "apple";
const ENERGY = { kj: kilojoules };
const MMOL = {
  "mmol/l": glucoseMillimolesPerLitre,
  "mmol<180.1558800000541>/l": glucoseMillimolesPerLitre,
};

/** HealthKit's identifiers without their prefix, and the unit that the SDK asks them in. */
const TYPES = {
  HeartRate: readsUnlessZero("heart_rate", beatsPerMinute),
  RestingHeartRate: reads("resting_heart_rate", beatsPerMinute),
  WalkingHeartRateAverage: reads("walking_heart_rate_avg", beatsPerMinute),
  HeartRateRecoveryOneMinute: reads("heart_rate_recovery_1min", beatsPerMinute),
  HeartRateVariabilitySDNN: reads("hrv_sdnn", milliseconds),
  OxygenSaturation: reads("spo2", percent),
  RespiratoryRate: reads("respiratory_rate", breathsPerMinute),
  AppleSleepingBreathingDisturbances: reads("breathing_disturbance_index", eventsPerHour),
  VO2Max: reads("vo2_max", millilitresPerKilogramMinute),
  BodyTemperature: reads("body_temperature", celsius, { degf: fahrenheit }),
  AppleSleepingWristTemperature: reads("skin_temperature", celsius, { degf: fahrenheit }),
  BloodPressureSystolic: reads("blood_pressure_systolic", millimetresOfMercury),
  BloodPressureDiastolic: reads("blood_pressure_diastolic", millimetresOfMercury),
  BloodGlucose: reads("glucose", milligramsPerDecilitre, MMOL),
  InsulinDelivery: reads("insulin_delivery", insulinUnits),
  BodyMass: reads("body_weight", kilograms),
  Height: reads("height", metres, { cm: centimetres }),
  BodyMassIndex: reads("bmi", kilogramsPerSquareMetre),
  BodyFatPercentage: reads("body_fat_percentage", fraction),
  LeanBodyMass: reads("lean_body_mass", kilograms),
  WaistCircumference: reads("waist_circumference", metres, { cm: centimetres }),
  StepCount: readsWhole("steps", count),
  ActiveEnergyBurned: reads("energy_active", kilocalories, ENERGY),
  BasalEnergyBurned: reads("energy_basal", kilocalories, ENERGY),
  DistanceWalkingRunning: reads("distance", metres),
  DistanceCycling: reads("distance_cycling", metres),
  FlightsClimbed: reads("floors_climbed", count),
  AppleExerciseTime: reads("exercise_duration", minutes),
  PhysicalEffort: reads("met_avg", metabolicEquivalents),
  WalkingSpeed: reads("walking_speed", metresPerSecond),
  WalkingStepLength: reads("walking_step_length", metres, { cm: centimetres }),
  WalkingAsymmetryPercentage: reads("walking_asymmetry", fraction),
  WalkingDoubleSupportPercentage: reads("walking_double_support", fraction),
  SixMinuteWalkTestDistance: reads("six_minute_walk_distance", metres),
  RunningPower: reads("power", watts),
  CyclingPower: reads("power", watts),
  CyclingSpeed: reads("speed", metresPerSecond),
  CyclingCadence: reads("cadence_cycling", revolutionsPerMinute),
  CyclingFunctionalThresholdPower: reads("functional_threshold_power", watts),
  RunningVerticalOscillation: reads("running_vertical_oscillation", centimetres, { m: metres }),
  RunningGroundContactTime: reads("running_ground_contact_time", milliseconds, { s: seconds }),
  DietaryEnergyConsumed: reads("energy_intake", kilocalories, ENERGY),
  DietaryCarbohydrates: reads("carbohydrate_intake", grams),
  DietaryProtein: reads("protein_intake", grams),
  DietaryFatTotal: reads("fat_intake", grams),
  DietaryFiber: reads("fiber_intake", grams),
  DietaryWater: reads("water_intake", litres, { ml: millilitres }),
  MindfulSession: lasts("mindfulness_duration", milliseconds),
  // Unspecified, light, medium, heavy, none; the catalog's order is none, unspecified, light …
  MenstrualFlow: stands("menstrual_flow", enumerated, { 1: 1, 2: 2, 3: 3, 4: 4, 5: 0 }),
} satisfies TypeTable;

export default defineProvider({
  slug: "apple_health",
  name: "Apple Health",
  docs: "https://developer.apple.com/documentation/healthkit",
  hosts: [],
  link: bridge("apple_health", SENDER),
  policy: {
    terms: "https://developer.apple.com/app-store/review/guidelines/#health-and-health-research",
    aiUse: "unstated",
  },
  resources: [
    records({
      sender: SENDER,
      types: TYPES,
      withheld: new Set(["CervicalMucusQuality", "OvulationTestResult", "SexualActivity"]),
      aggregates: {},
    }),
    workouts(SENDER),
    sleep,
  ],
});

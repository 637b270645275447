import type { Unit } from "./units.ts";

/** Whether a value holds at an instant, over an interval, a local day, a session, or is a vendor's score. */
export type MetricKind = "instant" | "interval" | "daily" | "session" | "score";

/** How values of one local day become one: `none` is never aggregated. */
export type Aggregate = "avg" | "sum" | "min" | "max" | "last" | "none";

export type MetricCategory =
  | "cardio"
  | "respiratory"
  | "fitness"
  | "temperature"
  | "environment"
  | "body"
  | "glucose"
  | "activity"
  | "mobility"
  | "workout"
  | "sleep"
  | "score"
  | "stress"
  | "nutrition"
  | "wellbeing"
  | "womens_health";

export interface MetricDefinition<U extends Unit = Unit> {
  readonly name: string;
  readonly category: MetricCategory;
  readonly kind: MetricKind;
  readonly unit: U;
  /** The unit as UCUM writes it, https://ucum.org. */
  readonly ucum: string;
  /** LOINC code; `null` where none is certain: a wrong code is worse than none. */
  readonly loinc: string | null;
  readonly aggregate: Aggregate;
  /** Lowest and highest value a living person's device can show; what lies outside is quarantined. */
  readonly plausible: readonly [low: number, high: number];
}

function metric<const U extends Unit>(
  name: string,
  category: MetricCategory,
  kind: MetricKind,
  unit: U,
  ucum: string,
  loinc: string | null,
  aggregate: Aggregate,
  plausible: readonly [low: number, high: number],
): MetricDefinition<U> {
  return { name, category, kind, unit, ucum, loinc, aggregate, plausible };
}

/**
 * Every metric there is: the one list that drivers, SQL, API and documents are made from.
 * Method is part of the name (`hrv_rmssd`, `hrv_sdnn`): what is not comparable never shares a code.
 */
// deno-fmt-ignore: a table reads best with one row a metric
export const METRICS = {
  // cardio
  heart_rate: metric("Heart rate", "cardio", "instant", "bpm", "/min", "8867-4", "avg", [20, 250]),
  resting_heart_rate: metric("Resting heart rate", "cardio", "daily", "bpm", "/min", "40443-4", "avg", [20, 130]),
  heart_rate_avg: metric("Mean heart rate over interval/day", "cardio", "interval", "bpm", "/min", null, "avg", [20, 230]),
  heart_rate_max: metric("Maximum heart rate over interval/day", "cardio", "interval", "bpm", "/min", null, "max", [30, 250]),
  heart_rate_min: metric("Minimum heart rate over interval/day", "cardio", "interval", "bpm", "/min", null, "min", [20, 180]),
  walking_heart_rate_avg: metric("Walking heart rate average", "cardio", "daily", "bpm", "/min", null, "avg", [40, 200]),
  heart_rate_recovery_1min: metric("Heart-rate recovery at 1 min", "cardio", "instant", "bpm", "/min", null, "avg", [0, 120]),
  hrv_rmssd: metric("HRV RMSSD", "cardio", "instant", "ms", "ms", null, "avg", [1, 350]),
  hrv_sdnn: metric("HRV SDNN", "cardio", "instant", "ms", "ms", "80404-7", "avg", [1, 400]),
  rr_interval: metric("RR (beat-to-beat) interval", "cardio", "instant", "ms", "ms", null, "none", [250, 2500]),
  blood_pressure_systolic: metric("Systolic blood pressure", "cardio", "instant", "mmHg", "mm[Hg]", "8480-6", "avg", [50, 280]),
  blood_pressure_diastolic: metric("Diastolic blood pressure", "cardio", "instant", "mmHg", "mm[Hg]", "8462-4", "avg", [25, 180]),
  afib_burden: metric("Atrial fibrillation burden", "cardio", "interval", "%", "%", null, "avg", [0, 100]),
  pulse_wave_velocity: metric("Pulse wave velocity", "cardio", "instant", "m/s", "m/s", null, "avg", [2, 25]),
  vascular_age: metric("Vascular / cardiovascular age", "cardio", "instant", "a", "a", null, "last", [10, 120]),
  perfusion_index: metric("Peripheral perfusion index", "cardio", "instant", "%", "%", "61006-3", "avg", [0, 30]),
  ecg_average_heart_rate: metric("ECG average heart rate", "cardio", "session", "bpm", "/min", null, "avg", [20, 250]),

  // respiratory
  spo2: metric("Oxygen saturation (pulse oximetry)", "respiratory", "instant", "%", "%", "59408-5", "avg", [50, 100]),
  respiratory_rate: metric("Respiratory rate", "respiratory", "instant", "breaths/min", "/min", "9279-1", "avg", [4, 60]),
  breathing_disturbance_index: metric("Breathing disturbance index", "respiratory", "daily", "events/h", "{events}/h", null, "avg", [0, 120]),
  fev1: metric("Forced expiratory volume 1 s", "respiratory", "instant", "L", "L", "20150-9", "max", [0.2, 8]),
  fvc: metric("Forced vital capacity", "respiratory", "instant", "L", "L", "19870-5", "max", [0.3, 10]),
  peak_expiratory_flow: metric("Peak expiratory flow", "respiratory", "instant", "L/min", "L/min", "19935-6", "max", [30, 900]),
  inhaler_usage: metric("Inhaler puffs", "respiratory", "interval", "count", "{puff}", null, "sum", [0, 50]),

  // fitness
  vo2_max: metric("VO2 max (estimated)", "fitness", "daily", "mL/kg/min", "mL/kg/min", "94122-9", "last", [10, 95]),
  fitness_age: metric("Fitness age", "fitness", "daily", "a", "a", null, "last", [10, 120]),

  // temperature
  body_temperature: metric("Body temperature", "temperature", "instant", "Cel", "Cel", "8310-5", "avg", [30, 44]),
  basal_body_temperature: metric("Basal body temperature", "temperature", "instant", "Cel", "Cel", null, "avg", [34, 40]),
  skin_temperature: metric("Skin temperature (absolute)", "temperature", "instant", "Cel", "Cel", null, "avg", [15, 43]),
  skin_temperature_deviation: metric("Skin temperature deviation from baseline", "temperature", "daily", "K", "K", null, "avg", [-10, 10]),
  skin_temperature_trend_deviation: metric("Skin temperature trend deviation", "temperature", "daily", "K", "K", null, "avg", [-10, 10]),

  // environment
  ambient_temperature: metric("Ambient / air temperature", "environment", "instant", "Cel", "Cel", null, "avg", [-60, 70]),
  daylight_exposure: metric("Time in daylight", "environment", "interval", "min", "min", null, "sum", [0, 1440]),
  uv_index: metric("UV exposure index", "environment", "instant", "index", "{index}", null, "max", [0, 20]),
  audio_exposure_environmental: metric("Environmental audio exposure", "environment", "interval", "dB(SPL)", "dB[SPL]", null, "avg", [0, 150]),
  audio_exposure_headphone: metric("Headphone audio exposure", "environment", "interval", "dB(SPL)", "dB[SPL]", null, "avg", [0, 140]),

  // body
  body_weight: metric("Body weight", "body", "instant", "kg", "kg", "29463-7", "last", [1, 500]),
  height: metric("Body height", "body", "instant", "cm", "cm", "8302-2", "last", [20, 272]),
  bmi: metric("Body mass index", "body", "instant", "kg/m2", "kg/m2", "39156-5", "last", [5, 150]),
  body_fat_percentage: metric("Body fat percentage", "body", "instant", "%", "%", "41982-0", "last", [1, 80]),
  fat_mass: metric("Body fat mass", "body", "instant", "kg", "kg", null, "last", [0.1, 300]),
  lean_body_mass: metric("Lean body mass", "body", "instant", "kg", "kg", "91557-9", "last", [1, 300]),
  muscle_mass: metric("Muscle mass", "body", "instant", "kg", "kg", "73964-9", "last", [1, 200]),
  skeletal_muscle_mass: metric("Skeletal muscle mass", "body", "instant", "kg", "kg", null, "last", [1, 150]),
  bone_mass: metric("Bone mass", "body", "instant", "kg", "kg", null, "last", [0.1, 15]),
  body_water_percentage: metric("Body water percentage", "body", "instant", "%", "%", null, "last", [10, 90]),
  body_water_mass: metric("Body water mass", "body", "instant", "kg", "kg", null, "last", [1, 200]),
  visceral_fat_index: metric("Visceral fat index", "body", "instant", "score", "{score}", null, "last", [0, 60]),
  waist_circumference: metric("Waist circumference", "body", "instant", "cm", "cm", "8280-0", "last", [20, 300]),
  metabolic_age: metric("Metabolic age", "body", "instant", "a", "a", null, "last", [10, 120]),
  basal_metabolic_rate: metric("Basal metabolic rate", "body", "instant", "kcal/d", "kcal/d", null, "last", [300, 6000]),
  head_circumference: metric("Head circumference", "body", "instant", "cm", "cm", "9843-4", "last", [20, 80]),

  // glucose
  glucose: metric("Glucose (interstitial CGM)", "glucose", "instant", "mg/dL", "mg/dL", "99504-3", "avg", [20, 600]),
  glucose_blood: metric("Glucose (fingerstick capillary)", "glucose", "instant", "mg/dL", "mg/dL", "41653-7", "avg", [10, 1000]),
  glucose_mean: metric("Mean sensor glucose (period)", "glucose", "interval", "mg/dL", "mg/dL", "97507-8", "avg", [20, 600]),
  glucose_time_in_range: metric("Time in range 70-180 mg/dL", "glucose", "interval", "%", "%", "97510-2", "avg", [0, 100]),
  glucose_gmi: metric("Glucose management indicator", "glucose", "interval", "%", "%", "97506-0", "last", [3, 20]),
  glucose_cv: metric("Glucose coefficient of variation", "glucose", "interval", "%", "%", "104638-2", "last", [0, 100]),
  glucose_sensor_active: metric("CGM sensor active time", "glucose", "interval", "%", "%", "104637-4", "last", [0, 100]),
  hba1c: metric("HbA1c", "glucose", "instant", "%", "%", "4548-4", "last", [3, 20]),
  insulin_delivery: metric("Insulin delivered", "glucose", "interval", "IU", "[iU]", null, "sum", [0, 150]),
  ketone: metric("Blood ketone", "glucose", "instant", "mmol/L", "mmol/L", null, "avg", [0, 15]),
  lactate: metric("Blood/sweat lactate", "glucose", "instant", "mmol/L", "mmol/L", null, "avg", [0.2, 30]),

  // activity
  steps: metric("Steps", "activity", "interval", "count", "{steps}", "55423-8", "sum", [0, 100_000]),
  energy_active: metric("Active energy", "activity", "interval", "kcal", "kcal", null, "sum", [0, 15000]),
  energy_basal: metric("Basal energy", "activity", "interval", "kcal", "kcal", null, "sum", [0, 6000]),
  energy_total: metric("Total energy burned", "activity", "interval", "kcal", "kcal", "41981-2", "sum", [0, 20000]),
  distance: metric("Distance (any locomotion)", "activity", "interval", "m", "m", null, "sum", [0, 500_000]),
  distance_cycling: metric("Cycling distance", "activity", "interval", "m", "m", null, "sum", [0, 1_000_000]),
  distance_swimming: metric("Swimming distance", "activity", "interval", "m", "m", "93816-7", "sum", [0, 100_000]),
  distance_wheelchair: metric("Wheelchair distance", "activity", "interval", "m", "m", null, "sum", [0, 200_000]),
  floors_climbed: metric("Floors climbed", "activity", "interval", "count", "{floors}", "100304-5", "sum", [0, 2000]),
  elevation_gain: metric("Elevation gain", "activity", "interval", "m", "m", null, "sum", [0, 30000]),
  active_duration: metric("Active time", "activity", "interval", "min", "min", null, "sum", [0, 1440]),
  exercise_duration: metric("Exercise minutes", "activity", "interval", "min", "min", "55411-3", "sum", [0, 1440]),
  active_duration_low: metric("Low-intensity duration", "activity", "interval", "min", "min", null, "sum", [0, 1440]),
  active_duration_moderate: metric("Moderate-intensity duration", "activity", "interval", "min", "min", null, "sum", [0, 1440]),
  active_duration_vigorous: metric("Vigorous-intensity duration", "activity", "interval", "min", "min", null, "sum", [0, 1440]),
  sedentary_duration: metric("Sedentary time", "activity", "interval", "min", "min", null, "sum", [0, 1440]),
  stand_duration: metric("Stand time", "activity", "interval", "min", "min", null, "sum", [0, 1440]),
  stand_hours: metric("Stand hours", "activity", "daily", "count", "{h}", null, "sum", [0, 24]),
  met_avg: metric("Average METs", "activity", "interval", "MET", "{MET}", null, "avg", [0, 30]),
  wheelchair_pushes: metric("Wheelchair pushes", "activity", "interval", "count", "{pushes}", "96502-0", "sum", [0, 50000]),
  swimming_strokes: metric("Swimming strokes", "activity", "interval", "count", "{strokes}", null, "sum", [0, 50000]),
  falls: metric("Number of falls", "activity", "interval", "count", "{falls}", null, "sum", [0, 100]),

  // mobility
  six_minute_walk_distance: metric("Six-minute walk distance (est.)", "mobility", "instant", "m", "m", null, "last", [0, 1200]),
  walking_speed: metric("Walking speed", "mobility", "interval", "m/s", "m/s", null, "avg", [0, 4]),
  walking_step_length: metric("Walking step length", "mobility", "interval", "cm", "cm", null, "avg", [10, 200]),
  walking_asymmetry: metric("Walking asymmetry", "mobility", "interval", "%", "%", null, "avg", [0, 100]),
  walking_double_support: metric("Double support time", "mobility", "interval", "%", "%", null, "avg", [0, 100]),

  // workout
  workout_duration: metric("Workout duration", "workout", "session", "s", "s", "55411-3", "sum", [1, 604_800]),
  workout_moving_duration: metric("Workout moving time", "workout", "session", "s", "s", null, "sum", [0, 604_800]),
  workout_distance: metric("Workout distance", "workout", "session", "m", "m", null, "sum", [0, 2_000_000]),
  workout_pace: metric("Average pace", "workout", "session", "s/km", "s/km", null, "avg", [60, 3600]),
  workout_power: metric("Average power", "workout", "session", "W", "W", null, "avg", [0, 2500]),
  power: metric("Power (stream)", "workout", "instant", "W", "W", null, "avg", [0, 3000]),
  workout_energy: metric("Workout energy", "workout", "session", "kcal", "kcal", "41981-2", "sum", [0, 20000]),
  workout_strain: metric("Workout strain", "workout", "session", "score", "{score}", null, "last", [0, 21]),
  workout_elevation_gain: metric("Workout elevation gain", "workout", "session", "m", "m", null, "sum", [0, 20000]),
  speed: metric("Speed", "workout", "instant", "m/s", "m/s", null, "avg", [0, 120]),
  cadence_running: metric("Running cadence", "workout", "instant", "steps/min", "{steps}/min", null, "avg", [0, 300]),
  cadence_cycling: metric("Cycling cadence", "workout", "instant", "rpm", "{rpm}", null, "avg", [0, 250]),
  running_stride_length: metric("Running stride length", "workout", "instant", "cm", "cm", null, "avg", [20, 300]),
  running_ground_contact_time: metric("Ground contact time", "workout", "instant", "ms", "ms", null, "avg", [50, 1000]),
  running_vertical_oscillation: metric("Vertical oscillation", "workout", "instant", "cm", "cm", null, "avg", [1, 30]),
  functional_threshold_power: metric("Functional threshold power", "workout", "instant", "W", "W", null, "last", [30, 700]),
  training_load: metric("Training load", "workout", "daily", "score", "{score}", null, "sum", [0, 5000]),
  underwater_depth: metric("Underwater depth", "workout", "instant", "m", "m", null, "max", [0, 350]),

  // sleep
  sleep_duration: metric("Total sleep time", "sleep", "session", "min", "min", "93832-4", "sum", [0, 1440]),
  sleep_time_in_bed: metric("Time in bed", "sleep", "session", "min", "min", "103213-5", "sum", [0, 1800]),
  sleep_deep: metric("Deep sleep duration", "sleep", "session", "min", "min", "93831-6", "sum", [0, 720]),
  sleep_light: metric("Light / core sleep duration", "sleep", "session", "min", "min", "93830-8", "sum", [0, 960]),
  sleep_rem: metric("REM sleep duration", "sleep", "session", "min", "min", "93829-0", "sum", [0, 480]),
  sleep_awake: metric("Awake duration during sleep period", "sleep", "session", "min", "min", "103215-0", "sum", [0, 720]),
  sleep_latency: metric("Sleep onset latency", "sleep", "session", "min", "min", null, "avg", [0, 480]),
  sleep_awakenings: metric("Number of awakenings", "sleep", "session", "count", "{count}", "103211-9", "sum", [0, 100]),
  sleep_efficiency: metric("Sleep efficiency", "sleep", "session", "%", "%", null, "avg", [0, 100]),
  sleep_stage: metric("Sleep stage interval", "sleep", "session", "enum", "{stage}", null, "none", [0, 8]),
  sleep_hr_avg: metric("Average sleeping heart rate", "sleep", "session", "bpm", "/min", null, "avg", [25, 150]),
  sleep_hr_min: metric("Lowest sleeping heart rate", "sleep", "session", "bpm", "/min", null, "min", [20, 120]),

  // score
  sleep_score: metric("Sleep score (vendor)", "score", "score", "score", "{score}", null, "last", [0, 100]),
  readiness_score: metric("Readiness score", "score", "score", "score", "{score}", null, "last", [0, 100]),
  recovery_score: metric("Recovery score", "score", "score", "%", "%", null, "last", [0, 100]),
  strain_score: metric("Day strain", "score", "score", "score", "{score}", null, "last", [0, 21]),
  stress_score: metric("Stress score", "score", "instant", "score", "{score}", null, "avg", [0, 100]),
  body_battery: metric("Body battery / energy reserve", "score", "instant", "score", "{score}", null, "last", [0, 100]),
  resilience_level: metric("Resilience level", "score", "score", "enum", "{level}", null, "last", [0, 5]),

  // stress
  stress_high_duration: metric("High stress duration", "stress", "daily", "min", "min", null, "sum", [0, 1440]),
  stress_recovery_duration: metric("High recovery duration", "stress", "daily", "min", "min", null, "sum", [0, 1440]),

  // nutrition
  energy_intake: metric("Calorie intake", "nutrition", "interval", "kcal", "kcal", "9052-2", "sum", [0, 20000]),
  protein_intake: metric("Protein intake", "nutrition", "interval", "g", "g", null, "sum", [0, 1000]),
  carbohydrate_intake: metric("Carbohydrate intake", "nutrition", "interval", "g", "g", null, "sum", [0, 3000]),
  fat_intake: metric("Fat intake", "nutrition", "interval", "g", "g", null, "sum", [0, 1000]),
  fiber_intake: metric("Fiber intake", "nutrition", "interval", "g", "g", null, "sum", [0, 300]),
  water_intake: metric("Water intake", "nutrition", "interval", "mL", "mL", null, "sum", [0, 20000]),
  caffeine_intake: metric("Caffeine intake", "nutrition", "interval", "mg", "mg", null, "sum", [0, 5000]),
  alcohol_intake: metric("Alcoholic beverages", "nutrition", "interval", "count", "{drinks}", null, "sum", [0, 100]),

  // wellbeing
  mindfulness_duration: metric("Mindful minutes", "wellbeing", "interval", "min", "min", null, "sum", [0, 1440]),
  electrodermal_activity: metric("Electrodermal activity", "wellbeing", "instant", "uS", "uS", null, "avg", [0, 100]),
  blood_alcohol: metric("Blood alcohol content", "wellbeing", "instant", "%", "%", null, "max", [0, 0.6]),

  // women's health
  menstrual_flow: metric("Menstrual flow level", "womens_health", "daily", "enum", "{level}", null, "last", [0, 4]),
  cycle_day: metric("Day in menstrual cycle", "womens_health", "daily", "d", "d", null, "last", [1, 120]),
} as const satisfies Record<string, MetricDefinition>;

export type MetricCode = keyof typeof METRICS;
export type UnitOf<M extends MetricCode> = (typeof METRICS)[M]["unit"];

export const METRIC_CODES = Object.keys(METRICS) as readonly MetricCode[];

export function isMetricCode(text: string): text is MetricCode {
  return Object.hasOwn(METRICS, text);
}

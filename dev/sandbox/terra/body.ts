import { instantAt } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import { between, chance, round } from "../random.ts";
import {
  at,
  dayMetadata,
  device,
  midnight,
  type TerraMaker,
  terraTime,
  wholeDay,
} from "./payload.ts";

/** What the scale, the cuff and the thermometer told on a day. */
export const bodies: TerraMaker = ({ world, person, day, date, withSamples }) => {
  const daily = notebook(wholeDay(person, date));
  const book = notebook(timeSpan(midnight(person, date)));
  const morning = instantAt(person.zone, date, 7 * 60 + 25);
  const evening = instantAt(person.zone, date, 20 * 60 + 10);
  const trait = (name: string) => [world.seed, person.id, date, name] as const;
  const is = at(morning);
  const { note } = book;
  const grams = (metric: string, value: number) =>
    note(metric, value, { ...is, value: value / 1_000 });
  const weighed = chance(...trait("weighed")) < 0.6;
  const lateEnough = evening <= world.clock();
  const weight = day.weightKg;
  const body = {
    blood_pressure_data: {
      blood_pressure_samples: chance(...trait("cuff")) < 0.5
        ? [{
          timestamp: terraTime(person, morning),
          systolic_bp: note("blood_pressure_systolic", between(106, 134, ...trait("sys")), is),
          diastolic_bp: note("blood_pressure_diastolic", between(64, 86, ...trait("dia")), is),
        }]
        : [],
    },
    device_data: device("Index S2"),
    glucose_data: {
      blood_glucose_samples: lateEnough
        ? [{
          timestamp: terraTime(person, evening),
          blood_glucose_mg_per_dL: note(
            "glucose",
            between(84, 138, ...trait("glucose")),
            at(evening),
          ),
          glucose_level_flag: 0,
          trend_arrow: 3,
        }]
        : [],
      detailed_blood_glucose_samples: [],
    },
    heart_data: {
      afib_classification_samples: [],
      ecg_signal: [],
      heart_rate_data: {
        summary: { resting_hr_bpm: daily.note("resting_heart_rate", person.restingHr + 2) },
        detailed: null,
      },
      pulse_wave_velocity_samples: withSamples
        ? [{
          timestamp: terraTime(person, morning),
          pulse_wave_velocity_meters_per_second: note("pulse_wave_velocity", 7.2, is),
        }]
        : [],
      rr_interval_samples: [],
    },
    hydration_data: null,
    ketone_data: null,
    measurements_data: {
      measurements: weighed
        ? [{
          measurement_time: terraTime(person, morning),
          weight_kg: note("body_weight", weight, is),
          bodyfat_percentage: note("body_fat_percentage", 18.4, is),
          BMI: note("bmi", round(weight / (person.heightCm / 100) ** 2, 1), is),
          BMR: note("basal_metabolic_rate", day.basalKilocalories, is),
          RMR: null,
          height_cm: note("height", person.heightCm, is),
          bone_mass_g: grams("bone_mass", 3_150),
          muscle_mass_g: grams("muscle_mass", round(weight * 420)),
          lean_mass_g: grams("lean_body_mass", round(weight * 816)),
          water_percentage: note("body_water_percentage", 57.5, is),
          estimated_fitness_age: note("fitness_age", person.age - 4, is),
          visceral_fat_level: note("visceral_fat_index", 6, is),
          skin_fold_mm: null,
          insulin_units: null,
          insulin_type: null,
          urine_color: null,
        }]
        : [],
    },
    metadata: dayMetadata(person, date),
    oxygen_data: null,
    temperature_data: {
      ambient_temperature_samples: [{
        timestamp: terraTime(person, morning),
        temperature_celsius: note("ambient_temperature", 21.5, is),
      }],
      body_temperature_samples: [{
        timestamp: terraTime(person, morning),
        temperature_celsius: note(
          "body_temperature",
          round(36.3 + chance(...trait("fever")) * 0.7, 1),
          is,
        ),
      }],
      skin_temperature_samples: [{
        timestamp: terraTime(person, morning),
        temperature_celsius: note("skin_temperature", 33.4, is),
      }],
    },
  };
  const facts = [...daily.facts, ...book.facts];
  return [{ id: date, day: date, availableAt: morning, body, facts }];
};

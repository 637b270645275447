import { HOUR, startOfLocalDate } from "@shared/core/time.ts";
import { type Note, notebook, timeSpan } from "../ledger.ts";
import { daySpan } from "../ledger.ts";
import { type BodyDay, bodyDay, EPOCH_SECONDS, mean } from "../physiology.ts";
import { round } from "../random.ts";
import { civilDate, DELAY, type Maker, nameOf, point, sampleTimeOf, source } from "./record.ts";

/** Every quarter of an hour of the night. */
const EPOCHS_A_SAMPLE = 3;

export const variabilities: Maker = (day) => {
  const { world, person, date } = day;
  const { night } = bodyDay(person, date, world.seed);
  return night.hrv.flatMap((rmssd, i) => {
    if (rmssd === null || i % EPOCHS_A_SAMPLE !== 0) return [];
    const start = new Date(night.start.getTime() + i * EPOCH_SECONDS * 1_000);
    const { note, facts } = notebook(timeSpan(start));
    const heartRateVariability = {
      sampleTime: sampleTimeOf(person, start),
      rootMeanSquareOfSuccessiveDifferencesMilliseconds: note("hrv_rmssd", rmssd),
      standardDeviationMilliseconds: note("hrv_sdnn", rmssd + 9),
    };
    const availableAt = new Date(night.end.getTime() + DELAY);
    return [point(day, { start, availableAt }, { heartRateVariability }, facts)];
  });
};

/** One sample at the end of the night. */
function atWaking(
  member: string,
  value: (note: Note, body: BodyDay) => Readonly<Record<string, unknown>>,
): Maker {
  return (day) => {
    const { world, person, date } = day;
    const body = bodyDay(person, date, world.seed);
    const start = body.night.end;
    const { note, facts } = notebook(timeSpan(start));
    const sampleTime = sampleTimeOf(person, start);
    return [point(day, { start }, { [member]: { sampleTime, ...value(note, body) } }, facts)];
  };
}

export const saturations = atWaking("oxygenSaturation", (note, { night }) => ({
  percentage: note("spo2", night.spo2),
}));

export const breathings = atWaking("respiratoryRateSleepSummary", (note, { night }) => ({
  fullSleepStats: {
    breathsPerMinute: note("respiratory_rate", night.breaths, { statistic: "average" }),
    standardDeviation: 1.2,
    signalToNoise: 5.5,
  },
}));

/** On the scale an hour after waking up. */
export const weights: Maker = (day) => {
  const { world, person, date } = day;
  const { night, weightKg } = bodyDay(person, date, world.seed);
  const start = new Date(night.end.getTime() + HOUR);
  const { note, facts } = notebook(timeSpan(start));
  const id = `weight-${date}`;
  const grams = round(weightKg * 1_000);
  const weight = {
    sampleTime: sampleTimeOf(person, start),
    weightGrams: note("body_weight", grams, { value: grams / 1_000 }),
  };
  const body = { name: nameOf(day, "weight", id), ...source("MANUAL"), weight };
  return [{ ...point(day, { start }, body, facts), id }];
};

/** One value a day, known when its night is over. */
function daily(
  member: string,
  value: (note: Note, body: BodyDay) => Readonly<Record<string, unknown>>,
): Maker {
  return (day) => {
    const { world, person, date } = day;
    const body = bodyDay(person, date, world.seed);
    const { note, facts } = notebook(daySpan(date));
    const availableAt = new Date(body.night.end.getTime() + DELAY);
    const payload = { [member]: { date: civilDate(date), ...value(note, body) } };
    const start = startOfLocalDate(date);
    return [{ ...point(day, { start, availableAt }, payload, facts), id: date }];
  };
}

export const restingRates = daily("dailyRestingHeartRate", (note, { night }) => ({
  beatsPerMinute: String(note("resting_heart_rate", Math.min(...night.heartRate))),
  dailyRestingHeartRateMetadata: { calculationMethod: "WITH_SLEEP" },
}));

const NIGHTLY = { statistic: "average" } as const;

export const dailyVariabilities = daily("dailyHeartRateVariability", (note, { night }) => ({
  averageHeartRateVariabilityMilliseconds: note(
    "hrv_rmssd",
    round(mean(night.hrv) ?? 40, 2),
    NIGHTLY,
  ),
  entropy: 2.7,
  nonRemHeartRateBeatsPerMinute: String(Math.min(...night.heartRate) + 2),
}));

export const dailySaturations = daily("dailyOxygenSaturation", (note, { night }) => ({
  averagePercentage: note("spo2", night.spo2, NIGHTLY),
  lowerBoundPercentage: night.spo2 - 2,
  upperBoundPercentage: Math.min(100, night.spo2 + 2),
}));

export const dailyBreathings = daily("dailyRespiratoryRate", (note, { night }) => ({
  breathsPerMinute: note("respiratory_rate", night.breaths, NIGHTLY),
}));

export const temperatures = daily("dailySleepTemperatureDerivations", (note, body) => {
  const baseline = 33.4;
  const nightly = round(baseline + body.temperatureDeviation, 2);
  note("skin_temperature_deviation", nightly - baseline, NIGHTLY);
  return {
    nightlyTemperatureCelsius: note("skin_temperature", nightly, NIGHTLY),
    baselineTemperatureCelsius: baseline,
  };
});

export const fitnesses = daily("dailyVo2Max", (note, { vo2Max }) => ({
  vo2Max: note("vo2_max", vo2Max),
  cardioFitnessLevel: "GOOD",
}));

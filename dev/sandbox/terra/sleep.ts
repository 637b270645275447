import { localDateIn } from "../clock.ts";
import { notebook, timeSpan } from "../ledger.ts";
import {
  awakenings,
  EPOCH_SECONDS,
  latencySeconds,
  mean,
  secondsIn,
  type Sleep,
  sleepOf,
} from "../physiology.ts";
import { between, round, uuidOf } from "../random.ts";
import { publishedFor, type SandboxRecord } from "../world.ts";
import { at, device, type TerraDay, type TerraMaker, terraTime } from "./payload.ts";

/** 4 light, 5 deep, 6 REM, 1 awake: Terra's own numbers. */
const LEVELS: Readonly<Record<string, number>> = { "1": 5, "2": 4, "3": 6, "4": 1 };

export const sleeps: TerraMaker = (input) => {
  const { world, person, day, date } = input;
  const id = (kind: string) => uuidOf(world.seed, "terra", person.id, kind, date);
  const records = [sleepRecord(input, day.night, id("night"), false)];
  if (day.nap) records.push(sleepRecord(input, day.nap, id("nap"), true));
  for (const one of publishedFor(world, "terra", person.id, "sleep")) {
    if (one.action !== "create" || !one.recordId) continue;
    const epochs = 4 + one.serial % 5;
    const end = Math.floor(Date.parse(one.at) / 1_000) * 1_000;
    const start = new Date(end - epochs * EPOCH_SECONDS * 1_000);
    const nap = sleepRecord(input, sleepOf(person, start, epochs, world.seed), one.recordId, true);
    if (nap.day === date) records.push({ ...nap, availableAt: new Date(one.at) });
  }
  return records;
};

function sleepRecord(input: TerraDay, sleep: Sleep, id: string, nap: boolean): SandboxRecord {
  const { world, person, day, withSamples } = input;
  const { start, end } = sleep;
  const { note, facts } = notebook(timeSpan(start, end));
  const sample = notebook(timeSpan(start));
  const seconds = (metric: string, value: number) => note(metric, value, { value: value / 60 });
  const inBed = sleep.phases.length * EPOCH_SECONDS;
  const asleep = inBed - secondsIn(sleep, "4");
  const hr = mean(sleep.heartRate);
  const hrv = mean(sleep.hrv);
  const nightly = { statistic: "average" } as const;
  const epochAt = (i: number) => new Date(start.getTime() + i * EPOCH_SECONDS * 1_000);
  const readiness = between(52, 97, world.seed, person.id, day.date, "terra readiness");
  const wakes = localDateIn(person.zone, end);
  const body = {
    data_enrichment: null,
    device_data: device("Forerunner 945"),
    heart_rate_data: {
      summary: {
        avg_hr_bpm: note("sleep_hr_avg", hr === null ? null : round(hr, 1)),
        min_hr_bpm: note("sleep_hr_min", Math.min(...sleep.heartRate)),
        max_hr_bpm: note("heart_rate_max", Math.max(...sleep.heartRate), { possible: true }),
        resting_hr_bpm: null,
        avg_hrv_rmssd: note("hrv_rmssd", hrv === null ? null : round(hrv, 1), nightly),
        avg_hrv_sdnn: note("hrv_sdnn", hrv === null ? null : round(hrv * 1.3, 1), nightly),
        user_max_hr_bpm: null,
        hr_zone_data: [],
      },
      detailed: withSamples
        ? {
          hr_samples: sleep.heartRate.map((bpm, i) => ({
            timestamp: terraTime(person, epochAt(i)),
            bpm: sample.note("heart_rate", bpm, at(epochAt(i))),
            timer_duration_seconds: null,
            context: 0,
          })),
          hrv_samples_rmssd: sleep.hrv.flatMap((rmssd, i) =>
            rmssd === null ? [] : [{
              timestamp: terraTime(person, epochAt(i)),
              hrv_rmssd: sample.note("hrv_rmssd", rmssd, { ...at(epochAt(i)), possible: true }),
            }]
          ),
          hrv_samples_sdnn: [],
        }
        : null,
    },
    metadata: {
      start_time: terraTime(person, start),
      end_time: terraTime(person, end),
      is_nap: nap,
      summary_id: id,
      timestamp_localization: 1,
      upload_type: 2,
    },
    readiness_data: nap ? null : {
      readiness: note("readiness_score", readiness, { localDate: wakes }),
      recovery_level: null,
    },
    respiration_data: {
      breaths_data: {
        avg_breaths_per_min: note("respiratory_rate", sleep.breaths, nightly),
        max_breaths_per_min: null,
        min_breaths_per_min: null,
        on_demand_reading: false,
        samples: [],
        start_time: terraTime(person, start),
        end_time: terraTime(person, end),
      },
      oxygen_saturation_data: {
        avg_saturation_percentage: note("spo2", sleep.spo2, nightly),
        samples: [],
        start_time: terraTime(person, start),
        end_time: terraTime(person, end),
      },
      snoring_data: null,
    },
    scores: {
      sleep: note("sleep_score", between(50, 96, world.seed, id, "score"), { possible: true }),
    },
    sleep_durations_data: {
      asleep: {
        duration_asleep_state_seconds: seconds("sleep_duration", asleep),
        duration_deep_sleep_state_seconds: seconds("sleep_deep", secondsIn(sleep, "1")),
        duration_light_sleep_state_seconds: seconds("sleep_light", secondsIn(sleep, "2")),
        duration_REM_sleep_state_seconds: seconds("sleep_rem", secondsIn(sleep, "3")),
        num_REM_events: null,
      },
      awake: {
        duration_awake_state_seconds: seconds("sleep_awake", secondsIn(sleep, "4")),
        duration_long_interruption_seconds: null,
        duration_short_interruption_seconds: null,
        num_out_of_bed_events: 0,
        num_wakeup_events: note("sleep_awakenings", awakenings(sleep)),
        sleep_latency_seconds: seconds("sleep_latency", latencySeconds(sleep)),
        wake_up_latency_seconds: null,
      },
      hypnogram_samples: withSamples
        ? Array.from(sleep.phases, (phase, i) => ({
          timestamp: terraTime(person, epochAt(i)),
          level: LEVELS[phase] ?? 0,
        }))
        : [],
      other: {
        duration_in_bed_seconds: seconds("sleep_time_in_bed", inBed),
        duration_unmeasurable_sleep_seconds: 0,
      },
      sleep_efficiency: note("sleep_efficiency", round(100 * asleep / inBed, 1)),
    },
    temperature_data: nap ? null : {
      delta: note("skin_temperature_deviation", day.temperatureDeviation, { localDate: wakes }),
    },
  };
  const availableAt = new Date(end.getTime() + 10 * 60_000);
  return { id, day: wakes, availableAt, body, facts: [...facts, ...sample.facts] };
}

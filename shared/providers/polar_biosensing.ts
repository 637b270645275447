/** Polar's spot tests: oxygen, ECG, temperatures; quirks in `polar.ts`. */
import { z } from "zod";
import type { When } from "../catalog/normalized.ts";
import { beatsPerMinute, celsius, kelvinDifference, percent } from "../catalog/units.ts";
import { SECOND } from "../core/time.ts";
import { resource } from "./define.ts";
import { measure } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { instant } from "./kit/when.ts";
import { days, get, maybeNumber, maybeText, nightOf } from "./polar_api.ts";

/** Sensors of the newest devices; no webhook tells of them. */
const POLL = { everyMinutes: 6 * 60, trailingHours: 72 };

/** Name, addresses and rows of a collection; 204 where there is nothing. */
function collection<Row>(name: string, path: string, row: z.ZodType<Row>) {
  const address = `/v3/users/biosensing/${path}`;
  return {
    name,
    aliases: [`GET ${address}`],
    poll: POLL,
    page: listOf(row, { rows: path }),
    request: (ask: Parameters<typeof days>[0]) => get(address, days(ask)),
  };
}

const test = { test_time: z.number(), time_zone_offset: maybeNumber };

/** Seconds since 1970, and the person's offset in minutes beside them. */
function timeOf(
  row: { readonly test_time: number; readonly time_zone_offset?: number | null | undefined },
): When {
  const { test_time, time_zone_offset: offset } = row;
  return {
    start: new Date(test_time * SECOND),
    ...(offset == null ? {} : { offsetMinutes: offset }),
  };
}

const spo2 = resource({
  ...collection(
    "spo2",
    "spo2",
    z.looseObject({
      ...test,
      test_status: maybeText,
      blood_oxygen_percent: maybeNumber,
      average_heart_rate_bpm: maybeNumber,
    }),
  ),
  produces: ["spo2", "heart_rate_avg"],
  record: ({ test_time }) => ({ id: String(test_time) }),
  *normalise(row) {
    // Anything else is "inconclusive", and why.
    if ((row.test_status ?? "SPO2_TEST_PASSED") !== "SPO2_TEST_PASSED") {
      return yield { kind: "quarantine", reason: "sentinel" };
    }
    const at = timeOf(row);
    yield* measure("spo2", percent(row.blood_oxygen_percent), at);
    yield* measure("heart_rate_avg", beatsPerMinute(row.average_heart_rate_bpm), at);
  },
});

const ecg = resource({
  ...collection("ecg", "ecg", z.looseObject({ ...test, average_heart_rate_bpm: maybeNumber })),
  produces: ["ecg_average_heart_rate"],
  record: ({ test_time }) => ({ id: String(test_time) }),
  *normalise(row) {
    yield* measure(
      "ecg_average_heart_rate",
      beatsPerMinute(row.average_heart_rate_bpm),
      timeOf(row),
    );
  },
});

/** What a sensor measures; one that does not say is not read. */
const TEMPERATURES: Readonly<Record<string, "body_temperature" | "skin_temperature">> = {
  TM_CORE_TEMPERATURE: "body_temperature",
  TM_SKIN_TEMPERATURE: "skin_temperature",
};

/** Minutes of one sensor, in UTC without saying so. */
const bodyTemperature = resource({
  ...collection(
    "body_temperature",
    "bodytemperature",
    z.looseObject({
      source_device_id: maybeText,
      measurement_type: maybeText,
      start_time: z.string(),
      samples: z.array(z.looseObject({
        temperature_celsius: maybeNumber,
        recording_time_delta_milliseconds: maybeNumber,
      })),
    }),
  ),
  produces: ["body_temperature", "skin_temperature"],
  record: ({ start_time, measurement_type, source_device_id }) => ({
    id: [start_time, measurement_type ?? "", source_device_id ?? ""].join("/"),
  }),
  *normalise(row) {
    const metric = TEMPERATURES[row.measurement_type ?? ""];
    const begin = instant(row.start_time);
    for (const { temperature_celsius, recording_time_delta_milliseconds: delta } of row.samples) {
      if (!metric) continue;
      if (!begin || delta == null) yield { kind: "quarantine", reason: "no_time" };
      else {
        const start = new Date(begin.start.getTime() + delta);
        yield* measure(metric, celsius(temperature_celsius), { start });
      }
    }
  },
});

/** Instead of a difference, as long as there is no baseline to differ from. */
const NO_BASELINE = -1_000;

const skinTemperature = resource({
  ...collection(
    "skin_temperature",
    "skintemperature",
    z.looseObject({
      sleep_date: z.iso.date(),
      sleep_time_skin_temperature_celsius: maybeNumber,
      deviation_from_baseline_celsius: maybeNumber,
    }),
  ),
  produces: ["skin_temperature", "skin_temperature_deviation"],
  record: ({ sleep_date }) => ({ id: sleep_date }),
  *normalise(row, context) {
    const night = nightOf(row.sleep_date, context);
    const deviation = row.deviation_from_baseline_celsius;
    yield* measure("skin_temperature", celsius(row.sleep_time_skin_temperature_celsius), night);
    if (deviation === NO_BASELINE) yield { kind: "quarantine", reason: "sentinel" };
    else yield* measure("skin_temperature_deviation", kelvinDifference(deviation), night);
  },
});

export const POLAR_BIOSENSING = [spo2, ecg, bodyTemperature, skinTemperature] as const;

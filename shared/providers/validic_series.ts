/** Validic's readings within a day, and those of glucose; quirks in `validic.ts`. */
import type { Normalized } from "../catalog/normalized.ts";
import { present } from "./kit/measure.ts";
import {
  type At,
  collection,
  deviceOf,
  HOURLY,
  type Row,
  THREE_HOURLY,
  timeOf,
} from "./validic_api.ts";
import {
  type CodeOf,
  codesOf,
  entered,
  meaningOf,
  type Meanings,
  means,
  variability,
} from "./validic_metrics.ts";
import {
  BREATHING_RATES,
  COUNTS,
  GLUCOSES,
  HEART_RATES,
  LENGTHS,
  SHARES,
} from "./validic_units.ts";

/** A point of time each: a mean over a minute is that minute's heart rate. */
const POINTS = {
  steps: means("steps", COUNTS),
  distance: means("distance", LENGTHS),
  heart_rate: means("heart_rate", HEART_RATES),
  avg_heart_rate: means("heart_rate", HEART_RATES),
  heart_rate_variability: variability,
  respiratory_rate: means("respiratory_rate", BREATHING_RATES),
  spo2: means("spo2", SHARES),
  avg_spo2: means("spo2", SHARES, { statistic: "average" }),
  blood_glucose: means("glucose", GLUCOSES),
} as const satisfies Meanings;

const SENSORS = {
  blood_glucose: means("glucose", GLUCOSES),
} as const satisfies Meanings;

/** Each reading of each figure, at its own time and by its own device. */
function* readSeries<const T extends Meanings>(
  meanings: T,
  list: "data_points" | "reading_log",
  row: Row,
  { offsetMinutes, device }: At,
): Generator<Normalized<CodeOf<T>>, void> {
  const common = present({ offsetMinutes, device });
  for (const figure of row.metrics ?? []) {
    const meaning = meaningOf(meanings, figure);
    if (!meaning) continue;
    for (const { time, value, device_id } of figure[list] ?? []) {
      const start = timeOf(time);
      if (start) {
        const at = { start, ...common, ...readBy(row, device_id) };
        yield* meaning.read(figure, value, entered(figure, at), row);
      } else yield { kind: "quarantine", reason: "no_time" };
    }
  }
}

function readBy({ source }: Row, id: string | null | undefined) {
  return id != null && source.devices ? deviceOf(source, source.devices[id]) : {};
}

const intraday = collection("intraday", {
  produces: codesOf(POINTS),
  poll: THREE_HOURLY,
  // A reading a minute: ten days of one metric are 650 KB, and an answer may have 5 MiB.
  pageDays: 7,
  // Fitbit's reach a week back when a person links; of others it is not documented.
  historyDays: 28,
  read: (row, at) => readSeries(POINTS, "data_points", row, at),
});

/** One a UTC day and source, which grows with the hours. */
const cgm = collection("cgm", {
  produces: codesOf(SENSORS),
  poll: HOURLY,
  // What Validic fetches when a person links.
  historyDays: 30,
  read: (row, at) => readSeries(SENSORS, "reading_log", row, at),
});

export const VALIDIC_SERIES = [intraday, cgm] as const;

/** Ultrahuman's day, as one list of types; quirks in `ultrahuman.ts`. */
import { z } from "zod";
import type { Metric, Provenance, Score, When } from "../catalog/normalized.ts";
import {
  beatsPerMinute,
  celsius,
  count,
  kelvinDifference,
  milligramsPerDecilitre,
  millilitresPerKilogramMinute,
  milliseconds,
  minutes,
  percent,
} from "../catalog/units.ts";
import { addDays, localDateOf, offsetIn } from "../core/time.ts";
import { resource } from "./define.ts";
import type { Ask } from "./driver.ts";
import { measure, rate } from "./kit/measure.ts";
import { dayTotal } from "./kit/when.ts";
import type { NormaliseContext, Page } from "./resource.ts";
import { dayAt, type Instant, maybeNumber, timeAt, ULTRAHUMAN_API } from "./ultrahuman_api.ts";
import { morningOf, night, sleepOf } from "./ultrahuman_sleep.ts";

const point = z.looseObject({ timestamp: z.number(), value: maybeNumber });

/** What a series or a figure of a day holds; each type has some of it. */
const figures = z.looseObject({
  day_start_timestamp: maybeNumber,
  values: z.array(point).nullish(),
  value: maybeNumber,
  avg: maybeNumber,
  total: maybeNumber,
});

type Figures = z.output<typeof figures>;
type Code =
  | "heart_rate"
  | "resting_heart_rate"
  | "hrv_rmssd"
  | "spo2"
  | "skin_temperature"
  | "skin_temperature_deviation"
  | "steps"
  | "active_duration"
  | "sedentary_duration"
  | "vo2_max"
  | "recovery_score"
  | "sleep_score"
  | "glucose"
  | "glucose_mean"
  | "glucose_cv"
  | "hba1c";
type Meaning = (
  figures: Figures,
  day: Instant,
  context: NormaliseContext,
) => Iterable<Metric<Code> | Score<Code>>;

/** Each reading of a series at its time. */
function* series(
  { values }: Figures,
  context: NormaliseContext,
  each: (value: number | null | undefined, at: When & Provenance) => Iterable<Metric<Code>>,
): Generator<Metric<Code>, void> {
  for (const { timestamp, value } of values ?? []) yield* each(value, timeAt(timestamp, context));
}

function whole({ localDate, offsetMinutes }: Instant) {
  return dayTotal(localDate, offsetMinutes);
}

const TYPES: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  [
    "hr",
    (of, _day, context) =>
      series(of, context, (value, at) => measure("heart_rate", beatsPerMinute(value), at)),
  ],
  [
    "hrv",
    (of, _day, context) =>
      series(of, context, (value, at) => measure("hrv_rmssd", milliseconds(value), at)),
  ],
  [
    "temp",
    (of, _day, context) =>
      series(of, context, (value, at) => measure("skin_temperature", celsius(value), at)),
  ],
  [
    "glucose",
    (of, _day, context) =>
      series(of, context, (value, at) => measure("glucose", milligramsPerDecilitre(value), at)),
  ],
  ["steps", function* (of, day, context) {
    yield* series(of, context, (value, at) => measure("steps", count(value), at));
    yield* measure("steps", count(of.total), whole(day));
  }],
  ["spo2", function* (of, day, context) {
    yield* series(of, context, (value, at) => measure("spo2", percent(value), at));
    const mean = { ...day, statistic: "average" } as const;
    yield* measure("spo2", percent(of.value ?? of.avg), mean);
  }],
  // The mean of the night, and the lowest that it settled at.
  ["night_rhr", (of, day) =>
    measure("resting_heart_rate", beatsPerMinute(of.avg ?? of.value), {
      ...day,
      statistic: "nightly_average",
    })],
  ["sleep_rhr", (of, day) => measure("resting_heart_rate", beatsPerMinute(of.value), day)],
  [
    "avg_sleep_hrv",
    (of, day) =>
      measure("hrv_rmssd", milliseconds(of.value), { ...day, statistic: "nightly_average" }),
  ],
  [
    "temperature_deviation",
    (of, day) => measure("skin_temperature_deviation", kelvinDifference(of.value), day),
  ],
  ["vo2_max", (of, day) => measure("vo2_max", millilitresPerKilogramMinute(of.value), day)],
  ["active_minutes", (of, day) => measure("active_duration", minutes(of.value), whole(day))],
  ["inactive_time", (of, day) => measure("sedentary_duration", minutes(of.value), whole(day))],
  [
    "average_glucose",
    (of, day) => measure("glucose_mean", milligramsPerDecilitre(of.value), whole(day)),
  ],
  ["glucose_variability", (of, day) => measure("glucose_cv", percent(of.value), whole(day))],
  // Made from glucose, and no measurement of the blood.
  ["hba1c", (of, day) => measure("hba1c", percent(of.value), { ...day, estimated: true })],
  [
    "recovery_index",
    (of, day) =>
      rate("recovery_score", of.value, [0, 100], { ...day, vendorName: "recovery_index" }),
  ],
  [
    "sleep_score",
    (of, day) => rate("sleep_score", of.value, [0, 100], { ...day, vendorName: "sleep_score" }),
  ],
]);

const isKnown = (type: string) => TYPES.has(type) || type === "Sleep";
const other = z.looseObject({
  type: z.string().refine((type) => !isKnown(type)),
  object: z.unknown(),
});
const known = z.looseObject({ type: z.string(), object: figures });
const sleep = z.looseObject({ type: z.literal("Sleep"), object: night });
/** What we do not read may have any shape; of a union the last branch is the one that complains. */
const entry = z.union([other, sleep, known]).refine(({ type, object }) =>
  type !== "Sleep" || night.safeParse(object).success
);
type Row = z.output<typeof entry> | z.output<typeof night>;

const alone = (row: Row): Page<Row> => ({ rows: [row] });

/** What stands beside the days is none. */
function days(metrics: Readonly<Record<string, unknown>>) {
  const dated = Object.entries(metrics).filter(([date]) => /^\d{4}-\d\d-\d\d$/.test(date));
  return Object.fromEntries(dated);
}

const day = z.looseObject({
  data: z.looseObject({
    metric_data: z.array(entry).nullish(),
    metrics: z.record(z.string(), z.unknown()).transform(days)
      .pipe(z.record(z.string(), z.array(entry))).nullish(),
  }),
}).transform(({ data: { metric_data, metrics } }): Page<Row> => {
  const rows = metric_data ?? Object.values(metrics ?? {}).flat();
  const midnight = rows.map(({ object }) => figures.safeParse(object).data?.day_start_timestamp)
    .find((one) => one != null);
  return { rows, ...(midnight == null ? {} : { about: { midnight } }) };
});

/** A day's entries under either name, one by itself, or the night out of one; nothing is no entry. */
const nothing = z.undefined().transform((): Page<Row> => ({ rows: [] }));
const page = z.union([nothing, night.transform(alone), entry.transform(alone), day]);

/** One request a day, on the person's calendar. */
function datesOf({ window, account: { timeZone = "UTC" } }: Ask) {
  const dateAt = (at: Date) => localDateOf(at, offsetIn(timeZone, at));
  return { first: dateAt(window.from), last: dateAt(new Date(window.to.getTime() - 1)) };
}

export const metrics = resource({
  name: "metrics",
  aliases: [
    "GET /api/partners/v1/user_data/metrics",
    "GET /user_data/metrics",
    "GET /api/v1/partner/daily_metrics",
    "GET /api/v1/metrics",
    "metric_data",
  ],
  produces: [
    "heart_rate",
    "resting_heart_rate",
    "hrv_rmssd",
    "spo2",
    "skin_temperature",
    "skin_temperature_deviation",
    "steps",
    "active_duration",
    "sedentary_duration",
    "vo2_max",
    "recovery_score",
    "sleep_score",
    "glucose",
    "glucose_mean",
    "glucose_cv",
    "hba1c",
  ],
  sessions: ["sleep"],
  poll: { everyMinutes: 120, trailingHours: 48 },
  page,
  request(ask) {
    const url = new URL(`${ULTRAHUMAN_API}/v1/user_data/metrics`);
    url.searchParams.set("date", ask.cursor ?? datesOf(ask).first);
    return new Request(url);
  },
  next(_page, ask) {
    const { first, last } = datesOf(ask);
    const date = addDays(ask.cursor ?? first, 1);
    return date <= last ? date : undefined;
  },
  record(row, context) {
    const slept = nightOf(row);
    if (slept) {
      const name = slept.is_nap ? `nap:${slept.bedtime_start}` : "sleep";
      return { id: `${name}:${morningOf(slept, context)}` };
    }
    const midnight = "object" in row && figures.safeParse(row.object).data?.day_start_timestamp;
    if (typeof midnight !== "number") return undefined;
    return { id: `${row.type}:${dayAt(midnight, context).localDate}` };
  },
  *normalise(row, context) {
    const slept = nightOf(row);
    if (slept) return yield* sleepOf(slept, context);
    const meaning = typeof row.type === "string" ? TYPES.get(row.type) : undefined;
    const of = figures.safeParse(row.object).data;
    if (!meaning || of?.day_start_timestamp == null) return;
    yield* meaning(of, dayAt(of.day_start_timestamp, context), context);
  },
});

function nightOf(row: Row) {
  const slept = "object" in row && row.type === "Sleep" ? row.object : row;
  return night.safeParse(slept).data;
}

import { z } from "zod";
import { convert } from "../../catalog/units.ts";
import { decimal, provider, source, whole } from "./parameters.ts";
import { answerOf, day, offsetMinutes, sourceRef, time, type Told } from "./parts.ts";

/** Lowest, default and highest in mg/dL; the defaults are the consensus of Battelino et al. 2019. */
const BOUNDS = {
  veryLow: [40, 54, 70],
  low: [54, 70, 100],
  high: [120, 180, 250],
  veryHigh: [180, 250, 400],
} as const;

type Threshold = keyof typeof BOUNDS;

export type Thresholds = Readonly<Record<Threshold, number>>;

const unit = z.enum(["mg/dL", "mmol/L"]);

const threshold = (name: Threshold) =>
  decimal(
    2,
    400,
    `In \`unit\`; ${BOUNDS[name][1]} mg/dL where it is absent, ${BOUNDS[name][0]} to ${
      BOUNDS[name][2]
    }`,
  ).optional();

/** Query of `GET /metrics/glucose/latest`, body of the same by POST. */
export const glucoseQuery = z.strictObject({
  days: whole(1, 90, "Days back from now that the statistics are of").optional(),
  hours: whole(1, 2_160, "The same in hours, in the place of days").optional(),
  unit: unit.default("mg/dL").meta({ description: "Of the answer, and of thresholds" }),
  veryLow: threshold("veryLow"),
  low: threshold("low"),
  high: threshold("high"),
  veryHigh: threshold("veryHigh"),
  limit: whole(0, 1_000, "Single readings at most, the newest of the period").default(288),
  provider: provider.optional(),
  source: source.optional(),
}).refine(({ days, hours }) => days === undefined || hours === undefined, {
  path: ["hours"],
  message: "Either days or hours",
}).transform((query, ctx) => {
  const { days, hours, veryLow, low, high, veryHigh, ...rest } = query;
  const asked = { veryLow, low, high, veryHigh };
  const thresholds = Object.fromEntries(
    Object.entries(BOUNDS).map(([name, [least, usual, most]]) => {
      const given = asked[name as Threshold];
      const mgdl = given === undefined ? usual : toMgdl(given, query.unit);
      if (!(mgdl >= least && mgdl <= most)) {
        ctx.addIssue({
          code: "custom",
          path: [name],
          message: `Not between ${least} and ${most} mg/dL`,
        });
      }
      return [name, mgdl];
    }),
  ) as Thresholds;
  if (!(thresholds.veryLow < thresholds.low && thresholds.high < thresholds.veryHigh)) {
    ctx.addIssue({ code: "custom", path: ["veryLow"], message: "Thresholds are not in order" });
  }
  return { ...rest, hours: hours ?? (days ?? 14) * 24, thresholds };
});

function toMgdl(value: number, unit: "mg/dL" | "mmol/L"): number {
  return unit === "mg/dL" ? value : convert(value, "mmol/L glucose", "mg/dL");
}

const percent = (description: string) =>
  z.number().meta({ description: `Per cent: ${description}` });

const reading = z.object({
  value: z.number(),
  ts: time,
  localDate: day,
  offsetMinutes: offsetMinutes.optional(),
  sourceId: z.int().meta({ description: "Which of `sources`" }),
}).meta({ id: "GlucoseReading" });

const stats = z.object({
  latest: z.number(),
  avg: z.number().meta({ description: "Mean" }),
  min: z.number(),
  max: z.number(),
  count: z.int().meta({ description: "Readings that these statistics are of" }),
  sd: z.number().nullable().meta({
    description: "Standard deviation of the sample; null of one reading",
  }),
  cv: z.number().nullable().meta({ description: "Per cent: SD / mean. Stable below 36" }),
  gmi: percent("3.31 + 0.02392 × mean in mg/dL (Bergenstal 2018)"),
  timeInRange: z.object({
    veryLow: percent("readings below `thresholds.veryLow`"),
    low: percent("readings below `thresholds.low`, those of `veryLow` among them"),
    inRange: percent("readings from `thresholds.low` to `thresholds.high`, both included"),
    high: percent("readings above `thresholds.high`, those of `veryHigh` among them"),
    veryHigh: percent("readings above `thresholds.veryHigh`"),
    thresholds: z.object({
      veryLow: z.number(),
      low: z.number(),
      high: z.number(),
      veryHigh: z.number(),
    }),
  }),
  sensorActive: percent("of the period that readings cover, by the sensor's own pace"),
  days: z.int().meta({ description: "Local days that have readings" }),
}).meta({ id: "GlucoseStatistics" });

export const glucose = z.object({
  unit,
  latest: reading.nullable().meta({ description: "Newest reading of a sensor; null without any" }),
  readings: z.array(reading).meta({ description: "Newest first, of the best source of each day" }),
  stats: stats.nullable().meta({ description: "Null where the period has no readings" }),
  period: z.object({ since: time, until: time }),
  sources: z.array(sourceRef).meta({ description: "Whose readings these are" }),
});

export const glucoseAnswer = answerOf(glucose).meta({ id: "GlucoseAnswer" });
export type Glucose = Told<typeof glucose>;

import { z } from "zod";
import { convert } from "../../catalog/units.ts";
import type { glucose } from "../metrics_answers/glucose.ts";
import type { Told } from "../told.ts";
import { decimal, provider, source, whole } from "./parameters.ts";

/** Lowest, default and highest in mg/dL; the defaults are the consensus of Battelino et al. 2019. */
const BOUNDS = {
  veryLow: [40, 54, 70],
  low: [54, 70, 100],
  high: [120, 180, 250],
  veryHigh: [180, 250, 400],
} as const;

type Threshold = keyof typeof BOUNDS;

export type Thresholds = Readonly<Record<Threshold, number>>;

export const glucoseUnit = z.enum(["mg/dL", "mmol/L"]);

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
  unit: glucoseUnit.default("mg/dL").meta({ description: "Of the answer, and of thresholds" }),
  veryLow: threshold("veryLow"),
  low: threshold("low"),
  high: threshold("high"),
  veryHigh: threshold("veryHigh"),
  limit: whole(0, 1_000, "Single readings at most, the newest of the period").prefault(288),
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

export type Glucose = Told<typeof glucose>;

/** The night in Ultrahuman's day; quirks in `ultrahuman.ts`. */
import { z } from "zod";
import type { Quarantine, SleepSession } from "../catalog/normalized.ts";
import type { Reading } from "../catalog/units.ts";
import { HOUR, localDateOf, SECOND } from "../core/time.ts";
import { present } from "./kit/measure.ts";
import type { NormaliseContext } from "./resource.ts";
import { maybeNumber, timeAt } from "./ultrahuman_api.ts";

export const night = z.looseObject({
  bedtime_start: z.number(),
  bedtime_end: z.number(),
  /** The day asked for, where somebody wrote it beside the answer. */
  ultrahuman_date: z.iso.date().nullish(),
  is_nap: z.boolean().nullish(),
  score: maybeNumber,
  quick_metrics: z.array(z.looseObject({ type: z.string(), value: maybeNumber })).nullish(),
  sleep_stages: z.array(z.looseObject({ type: z.string(), stage_time: maybeNumber })).nullish(),
  spo2: z.looseObject({ value: maybeNumber }).nullish(),
});

export type Night = z.output<typeof night>;

/** A night in bed longer than it says by more than this is no night but a gap in the data. */
const SLACK = HOUR;

/** The day on which it ends. */
export function morningOf(row: Night, context: NormaliseContext): string {
  const end = timeAt(row.bedtime_end, context);
  return row.ultrahuman_date ?? localDateOf(end.start, end.offsetMinutes);
}

export function* sleepOf(
  row: Night,
  context: NormaliseContext,
): Generator<SleepSession | Quarantine, void> {
  const quick = (type: string): Reading =>
    row.quick_metrics?.find((one) => one.type === type)?.value;
  const stage = (type: string): Reading =>
    row.sleep_stages?.find((one) => one.type === type)?.stage_time;
  const [deep, light, rem, awake] = [
    stage("deep_sleep"),
    stage("light_sleep"),
    stage("rem_sleep"),
    stage("awake"),
  ];
  const staged = deep == null || light == null || rem == null ? undefined : deep + light + rem;
  const inBed = quick("time_in_bed");
  const begin = timeAt(row.bedtime_start, context);
  const bed = (row.bedtime_end - row.bedtime_start) * SECOND;
  const reported = inBed ?? (staged === undefined ? undefined : staged + (awake ?? 0));
  const isTooLong = reported !== undefined && bed - reported * SECOND > SLACK;
  yield {
    kind: "sleep",
    ...begin,
    end: new Date(begin.start.getTime() + (isTooLong ? reported * SECOND : bed)),
    localDate: morningOf(row, context),
    ...present({
      isNap: row.is_nap,
      inBedSeconds: inBed,
      // Their own total where they say one: it is not always the sum of the stages.
      asleepSeconds: quick("total_sleep") ?? staged,
      deepSeconds: deep,
      lightSeconds: light,
      remSeconds: rem,
      awakeSeconds: awake,
      efficiencyPercent: quick("sleep_efic"),
      hrAverage: quick("avg_hr"),
      hrvRmssd: quick("avg_hrv"),
      spo2Average: row.spo2?.value,
      vendorScore: row.score,
    }),
  };
  if (isTooLong) yield { kind: "quarantine", reason: "interval_longer_than_reported" };
}

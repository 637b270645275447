/** What Garmin's summaries share, and how they are asked for; quirks in `garmin.ts`. */
import { z } from "zod";
import type { MetricCode, UnitOf } from "../catalog/metrics.ts";
import type { Metric, Provenance, Quarantine, When } from "../catalog/normalized.ts";
import type { DimensionOf, Quantity, UnitConstructor } from "../catalog/units.ts";
import { localDateOf, MINUTE, SECOND } from "../core/time.ts";
import type { Ask } from "./driver.ts";
import { measure, present } from "./kit/measure.ts";
import { dayTotal } from "./kit/when.ts";
import type { RecordRef } from "./resource.ts";

export const GARMIN = {
  slug: "garmin",
  hosts: ["connect.garmin.com", "diauth.garmin.com", "apis.garmin.com"],
} as const;

export const GARMIN_API = "https://apis.garmin.com/wellness-api/rest";

/** Our name of each kind of summary: what a push calls it, and its path in the API and the backfill. */
export const KINDS = {
  dailies: { key: "dailies", path: "dailies" },
  epochs: { key: "epochs", path: "epochs" },
  user_metrics: { key: "userMetrics", path: "userMetrics" },
  sleeps: { key: "sleeps", path: "sleeps" },
  activities: { key: "activities", path: "activities" },
  activity_details: { key: "activityDetails", path: "activityDetails" },
  move_iq: { key: "moveIQActivities", path: "moveiq" },
  hrv: { key: "hrv", path: "hrv" },
  stress_details: { key: "stressDetails", path: "stressDetails" },
  respiration: { key: "allDayRespiration", path: "respiration" },
  pulse_ox: { key: "pulseox", path: "pulseOx" },
  health_snapshot: { key: "healthSnapshot", path: "healthSnapshot" },
  skin_temp: { key: "skinTemp", path: "skinTemp" },
  body_comps: { key: "bodyComps", path: "bodyComps" },
  blood_pressures: { key: "bloodPressures", path: "bloodPressures" },
  menstrual_cycle: { key: "mct", path: "mct" },
} as const;

export type Kind = keyof typeof KINDS;

/**
 * Name, aliases and request of a kind. It is asked for only where a ping said so: by upload time, with
 * the token of the ping's address as the cursor.
 */
export function kind<const K extends Kind>(name: K) {
  const { key, path } = KINDS[name];
  return {
    name,
    aliases: [key, `GET /wellness-api/rest/${path}`],
    request: ({ window, cursor }: Ask) => {
      const url = new URL(`${GARMIN_API}/${path}`);
      url.searchParams.set("uploadStartTimeInSeconds", epoch(window.from, Math.floor));
      url.searchParams.set("uploadEndTimeInSeconds", epoch(window.to, Math.ceil));
      if (cursor !== undefined) url.searchParams.set("token", cursor);
      return new Request(url);
    },
  } as const;
}

/** Seconds since 1970, in digits. */
export function epoch(at: Date, whole: (seconds: number) => number): string {
  return String(whole(at.getTime() / SECOND));
}

export const maybeNumber = z.number().nullish();
export const maybeText = z.string().nullish();

/** What nearly every summary begins with. */
export const SUMMARY = {
  summaryId: maybeText,
  calendarDate: z.iso.date().nullish(),
  startTimeInSeconds: maybeNumber,
  startTimeOffsetInSeconds: maybeNumber,
  durationInSeconds: maybeNumber,
};
const summary = z.looseObject(SUMMARY);
export type Summary = z.output<typeof summary>;

/** Garmin's id, which holds the start; where there is none, the start itself, or the day. */
export function summaryRecord(row: Summary): RecordRef | undefined {
  const id = row.summaryId ?? row.startTimeInSeconds ?? row.calendarDate;
  return id == null ? undefined : { id: String(id) };
}

/** An instant with the seconds east of UTC that stand beside it. */
export function timeAt(seconds: number, offsetSeconds: number | null | undefined): When {
  return {
    start: new Date(seconds * SECOND),
    ...present({
      offsetMinutes: offsetSeconds == null
        ? undefined
        : Math.round(offsetSeconds * SECOND / MINUTE),
    }),
  };
}

/** When a summary begins; nothing where it does not say. */
export function beginOf(row: Summary): When | undefined {
  const { startTimeInSeconds, startTimeOffsetInSeconds } = row;
  return startTimeInSeconds == null
    ? undefined
    : timeAt(startTimeInSeconds, startTimeOffsetInSeconds);
}

/** From beginning to end; nothing where one of them is missing. */
export function spanOf(row: Summary): (When & { readonly end: Date }) | undefined {
  const begin = beginOf(row);
  if (!begin || row.durationInSeconds == null) return undefined;
  return { ...begin, end: new Date(begin.start.getTime() + row.durationInSeconds * SECOND) };
}

/** The whole local day of a summary: as Garmin names it, else as its own clock showed it. */
export function dayOf(row: Summary) {
  const begin = beginOf(row);
  const date = row.calendarDate ??
    (begin?.offsetMinutes === undefined
      ? undefined
      : localDateOf(begin.start, begin.offsetMinutes));
  return date === undefined ? undefined : dayTotal(date, begin?.offsetMinutes);
}

/** Readings under the seconds since the summary's start: `{ "0": 60, "900": 65 }`. */
export const offsetMap = z.record(z.string(), z.unknown()).nullish();
export type OffsetMap = z.output<typeof offsetMap>;

/** `measure`, but a negative number is no value: it says why there is none. */
export function* sense<const M extends MetricCode>(
  metric: M,
  quantity: NoInfer<Quantity<DimensionOf<UnitOf<M>>>> | undefined,
  at: When & Provenance,
): Generator<Metric<M> | Quarantine, void> {
  if (quantity && quantity.value < 0) yield { kind: "quarantine", reason: "sentinel" };
  else yield* measure(metric, quantity, at);
}

/** Every reading of a map, each at its own instant. */
export function* series<const M extends MetricCode>(
  row: Summary,
  map: OffsetMap,
  metric: M,
  unit: UnitConstructor<DimensionOf<UnitOf<M>>>,
): Generator<Metric<M> | Quarantine, void> {
  const begin = beginOf(row);
  for (const [offset, reading] of Object.entries(map ?? {})) {
    if (!begin || typeof reading !== "number" || !/^-?\d+$/.test(offset)) continue;
    const start = new Date(begin.start.getTime() + Number(offset) * SECOND);
    yield* sense(metric, unit(reading), { ...begin, start });
  }
}

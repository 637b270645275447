/** What a phone's upload is, whichever store it comes from; rows are read one by one, so that a bad one harms no other. */
import { z } from "zod";
import type { Quarantine, When } from "../catalog/normalized.ts";
import { MINUTE, offsetIn, parseInstant, parseOffset } from "../core/time.ts";
import { check } from "./kit/http.ts";
import type { BridgeLink } from "./link.ts";
import type { NormaliseContext, Page, RecordRef } from "./resource.ts";

export type Section = "records" | "workouts" | "sleep";

const rows = z.array(z.unknown()).nullish();
const upload = z.looseObject({
  provider: z.string().nullish(),
  syncTimestamp: z.string().nullish(),
  data: z.looseObject({ records: rows, workouts: rows, sleep: rows }),
});

/** What the envelope says of all its rows. */
const about = z.object({ sender: z.string().optional(), syncedAt: z.date().optional() });

const maybeText = z.string().nullish();
/** What every row has, of whatever section; each lacks some in one version of the SDKs or another. */
export const element = z.looseObject({
  id: z.string(),
  parentId: maybeText,
  type: maybeText,
  startDate: maybeText,
  endDate: maybeText,
  zoneOffset: maybeText,
  source: z.looseObject({
    name: maybeText,
    appId: maybeText,
    bundleIdentifier: maybeText,
    deviceName: maybeText,
    deviceModel: maybeText,
    deviceHardwareVersion: maybeText,
    productType: maybeText,
    recordingMethod: maybeText,
  }).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  values: z.array(z.looseObject({
    type: z.string(),
    value: z.unknown(),
    unit: maybeText,
  })).nullish(),
});
export type Element = z.output<typeof element>;

/** One section's rows, grouped by `group`; a row by itself is what replaying a stored one gives. */
export function uploadPage<Row>(
  section: Section,
  alone: z.ZodType<Row>,
  group: (rows: readonly unknown[]) => readonly Row[],
): z.ZodType<Page<Row>> {
  return z.union([
    upload.transform(({ provider, syncTimestamp, data }): Page<Row> => ({
      rows: group(data[section] ?? []),
      about: {
        ...(provider ? { sender: provider.toLowerCase() } : {}),
        ...(syncTimestamp ? { syncedAt: parseInstant(syncTimestamp)?.instant } : {}),
      },
    })),
    alone.transform((row): Page<Row> => ({ rows: [row], bare: true })),
  ]);
}

/** The store that a row comes from: the envelope's word, else the driver's own. */
export function senderOf(context: NormaliseContext, own: string): string {
  return about.safeParse(context.about).data?.sender ?? own;
}

/** The id, and the upload's time as version: a late replay of an older upload changes nothing. */
export function refOf(id: string, context: NormaliseContext): RecordRef {
  const version = about.safeParse(context.about).data?.syncedAt;
  return { id, ...(version ? { version } : {}) };
}

/** A phone's clock may be ahead of ours by so much. */
const MAX_AHEAD = 5 * MINUTE;
const NO_TIME: Quarantine = { kind: "quarantine", reason: "no_time" };

/**
 * When a row was, its end left out where it is its start; a quarantine where it has no time, or one
 * before 1970 or after its arrival. The offset is the row's, else that of the zone in its metadata.
 */
export function whenOf(row: Element, { receivedAt }: NormaliseContext): When | Quarantine {
  const start = parseInstant(row.startDate ?? "")?.instant;
  if (!start || start.getTime() < 0) return NO_TIME;
  if (receivedAt && start.getTime() > receivedAt.getTime() + MAX_AHEAD) return NO_TIME;
  const end = row.endDate == null ? undefined : parseInstant(row.endDate)?.instant;
  if (row.endDate != null && !end) return NO_TIME;
  const offsetMinutes = offsetOfRow(row, start);
  return {
    start,
    ...(end && end.getTime() !== start.getTime() ? { end } : {}),
    ...(offsetMinutes === undefined ? {} : { offsetMinutes }),
  };
}

function offsetOfRow({ zoneOffset, metadata }: Element, start: Date): number | undefined {
  const zone = metadata?.["HKTimeZone"];
  return parseOffset(zoneOffset ?? "") ??
    (typeof zone === "string" ? offsetIn(zone, start) : undefined);
}

/** The hardware that measured, in the maker's words. */
export function deviceOf({ source }: Element): string | undefined {
  return source?.productType || source?.deviceHardwareVersion || source?.deviceModel ||
    source?.deviceName || source?.name || undefined;
}

/** The stores themselves: what they wrote was measured by the device that they name. */
const STORES =
  /^(com\.apple\.health|com\.google\.android\.apps\.healthdata|com\.sec\.android\.app\.shealth|android$)/i;

/**
 * Who measured: the device, and the app where that is not the store's own. Two apps on one phone both
 * count its steps, and values of different sources are never added up.
 */
export function sourceOf(row: Element): string | undefined {
  const app = row.source?.appId || row.source?.bundleIdentifier || "";
  const device = deviceOf(row);
  if (app === "" || STORES.test(app)) return device;
  return device ? `${device} (${app})` : app;
}

const deletions = z.looseObject({
  ids: z.array(z.looseObject({ id: z.string().min(1), type: z.string() })).max(10_000),
});

const SLEEP = /^(HKCategoryTypeIdentifierSleepAnalysis|SLEEP.*)$/i;
const WORKOUT = /^(HKWorkout.*|WORKOUT|EXERCISE.*)$/i;

/** A bridge for uploads of `sender`; deletions name a row by its id and the store's type. */
export function bridge(slug: string, sender: string): BridgeLink {
  return {
    kind: "bridge",
    sender,
    aliases: ["mobile SDK batch"],
    parseDeletions: (body) =>
      check(slug, deletions, body).ids.map(({ id, type }) => ({
        resource: SLEEP.test(type) ? "sleep" : WORKOUT.test(type) ? "workouts" : "records",
        recordId: id,
      })),
  };
}

/**
 * Nightscout, each person's own site (cgm-remote-monitor 14 and later), by its API v1.
 *
 * Quirks
 * - No OAuth and no host of its own: the person types their site and an access token that they made for
 *   us there (Admin Tools, role "readable"). It does not end, and the person deletes it there.
 * - A token in the `api-secret` header is taken as one in the query is, and stands in no log of the
 *   site. API v3 takes tokens only in an address, so v1 it is.
 * - `verifyauth` answers 200 to anybody: what counts is its `message`, or the `message.message` of newer
 *   sites. Wrong tokens make the site answer us more slowly each time.
 * - Sites are told apart by their host: two tokens of one site are one account.
 * - Lists are newest first and 10 long unless `count` says more; a list without `find` ends 4 days ago.
 *   The next page begins at the oldest row's time, that row included, since times are not unique.
 * - `sgv` is mg/dL whatever the site displays, and a number or a string of one. Below 13 it is an error
 *   code of Dexcom's; 39 and less, and 401, stand for "beyond".
 * - `utcOffset` is of the text that an uploader sent: 0 mostly means that it wrote UTC, and says nothing.
 * - `created_at` of a treatment is UTC. Its insulin is what was given at once: temporary basal rates and
 *   the extended part of a combo bolus are not added up.
 * - A treatment's `glucose` is the finger's or a copy of the sensor's (`glucoseType`), in its `units`.
 * - v1 says nothing of deletions, apart from `isValid: false` on what v3 deleted.
 *
 * @see https://github.com/nightscout/cgm-remote-monitor/blob/master/lib/server/swagger.yaml
 * @see https://github.com/nightscout/cgm-remote-monitor/blob/master/lib/authorization/index.js
 * @see https://github.com/nightscout/cgm-remote-monitor/blob/master/lib/server/query.js
 * @see https://nightscout.github.io/nightscout/security/#create-a-token
 */
import { z } from "zod";
import type { When } from "../catalog/normalized.ts";
import {
  glucoseMillimolesPerLitre,
  grams,
  insulinUnits,
  milligramsPerDecilitre,
  minutes,
} from "../catalog/units.ts";
import { MINUTE, parseInstant } from "../core/time.ts";
import { defineProvider, resource } from "./define.ts";
import type { AccountRef, Ask } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { measure } from "./kit/measure.ts";
import { listOf } from "./kit/page.ts";
import { authenticate, link, NIGHTSCOUT } from "./nightscout_site.ts";
import type { Page } from "./resource.ts";

const PAGE_ROWS = 500;

const maybeText = z.string().nullish();
/** Uploaders differ in whether a number is one. */
const maybeNumber = z.union([z.number(), z.string()]).nullish();

const common = { _id: z.string(), utcOffset: z.number().nullish(), isValid: z.boolean().nullish() };

const entry = z.looseObject({
  ...common,
  type: maybeText,
  date: z.number(),
  sgv: maybeNumber,
  mbg: maybeNumber,
  units: maybeText,
  device: maybeText,
});

const treatment = z.looseObject({
  ...common,
  created_at: z.string(),
  eventType: maybeText,
  insulin: maybeNumber,
  carbs: maybeNumber,
  protein: maybeNumber,
  fat: maybeNumber,
  duration: maybeNumber,
  glucose: maybeNumber,
  glucoseType: maybeText,
  units: maybeText,
});

/** A list of v1, newest first, of which the rows with `field` from one time up to another are asked. */
function list<Row extends { readonly _id: string; readonly [key: string]: unknown }>(
  name: "entries" | "treatments",
  row: z.ZodType<Row>,
  field: { readonly name: keyof Row & string; at(instant: Date): string },
) {
  const path = `/api/v1/${name}.json`;
  return {
    name,
    page: listOf(row, { rows: "result" }),
    record: ({ _id }: Row) => ({ id: _id }),
    request: ({ account, window, cursor }: Ask) => {
      const url = new URL(path, siteOf(account));
      url.searchParams.set("count", String(PAGE_ROWS));
      url.searchParams.set(`find[${field.name}][$gte]`, field.at(window.from));
      if (cursor === undefined) {
        url.searchParams.set(`find[${field.name}][$lt]`, field.at(window.to));
      } else url.searchParams.set(`find[${field.name}][$lte]`, cursor);
      return new Request(url);
    },
    /** The next page begins at the oldest row of a full one. */
    next: ({ rows }: Page<Row>) => {
      const last = rows.at(-1);
      return rows.length < PAGE_ROWS || last === undefined ? undefined : String(last[field.name]);
    },
  };
}

function siteOf({ site }: AccountRef): URL {
  if (site) return site;
  throw new ProviderError(NIGHTSCOUT.slug, { kind: "reauthorize", cause: "no_site" });
}

function numberOf(value: number | string | null | undefined): number | undefined {
  if (value == null || value === "") return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function at(start: Date, utcOffset: number | null | undefined): When {
  return { start, ...(utcOffset ? { offsetMinutes: utcOffset } : {}) };
}

const UNITS = new Map([
  ["mg", milligramsPerDecilitre],
  ["mg/dl", milligramsPerDecilitre],
  ["mmol", glucoseMillimolesPerLitre],
  ["mmol/l", glucoseMillimolesPerLitre],
]);

const SENTINEL = { kind: "quarantine", reason: "sentinel" } as const;
const UNKNOWN_UNIT = { kind: "quarantine", reason: "unknown_unit" } as const;
const NO_TIME = { kind: "quarantine", reason: "no_time" } as const;

/** Dexcom's words for "low" and "high", which are no values; whatever is less is an error code. */
const LOW = 39;
const HIGH = 401;

const entries = resource({
  ...list("entries", entry, {
    name: "date",
    at: (instant) => String(instant.getTime()),
  }),
  aliases: ["GET /api/v1/entries.json", "GET /api/v1/entries/sgv.json", "sgv", "mbg"],
  produces: ["glucose", "glucose_blood"],
  poll: { everyMinutes: 15, trailingHours: 6 },
  *normalise(row) {
    if (row.isValid === false) return yield { kind: "deletion" };
    const when = {
      ...at(new Date(row.date), row.utcOffset),
      ...(row.device ? { device: row.device } : {}),
    };
    if (row.type === "mbg") {
      return yield* measure("glucose_blood", milligramsPerDecilitre(numberOf(row.mbg)), when);
    }
    const value = row.type === "sgv" ? numberOf(row.sgv) : undefined;
    if (value === undefined) return;
    const unit = UNITS.get((row.units ?? "mg").toLowerCase());
    if (!unit) return yield UNKNOWN_UNIT;
    const isCode = unit === milligramsPerDecilitre && (value <= LOW || value === HIGH);
    if (isCode) return yield SENTINEL;
    yield* measure("glucose", unit(value), when);
  },
});

const treatments = resource({
  ...list("treatments", treatment, {
    name: "created_at",
    at: (instant) => instant.toISOString(),
  }),
  aliases: ["GET /api/v1/treatments.json", "treatment"],
  produces: [
    "insulin_delivery",
    "carbohydrate_intake",
    "protein_intake",
    "fat_intake",
    "exercise_duration",
    "glucose_blood",
  ],
  // People write down in the evening what they ate at noon.
  poll: { everyMinutes: 60, trailingHours: 48 },
  *normalise(row) {
    if (row.isValid === false) return yield { kind: "deletion" };
    const created = parseInstant(row.created_at);
    if (!created) return yield NO_TIME;
    const when = at(created.instant, row.utcOffset);
    yield* measure("insulin_delivery", insulinUnits(numberOf(row.insulin)), when);
    yield* measure("carbohydrate_intake", grams(numberOf(row.carbs)), when);
    yield* measure("protein_intake", grams(numberOf(row.protein)), when);
    yield* measure("fat_intake", grams(numberOf(row.fat)), when);
    const duration = row.eventType === "Exercise" ? numberOf(row.duration) : undefined;
    if (duration !== undefined) {
      const end = new Date(when.start.getTime() + duration * MINUTE);
      yield* measure("exercise_duration", minutes(duration), { ...when, end });
    }
    const glucose = row.glucoseType === "Finger" ? numberOf(row.glucose) : undefined;
    if (glucose === undefined) return;
    const unit = UNITS.get((row.units ?? "").toLowerCase());
    if (!unit) return yield UNKNOWN_UNIT;
    yield* measure("glucose_blood", unit(glucose), { ...when, entry: "manual" });
  },
});

export default defineProvider({
  ...NIGHTSCOUT,
  name: "Nightscout",
  docs: "https://nightscout.github.io",
  link,
  authenticate,
  history: { kind: "pull", maxDays: 365, pageDays: 30 },
  // A person's own server has no terms but theirs.
  policy: { terms: "https://github.com/nightscout/cgm-remote-monitor#license", aiUse: "unstated" },
  resources: [entries, treatments],
});

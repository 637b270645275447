/**
 * Dexcom continuous glucose monitors, developer API v3.
 *
 * Quirks
 * - An account lives in one region, and a token of one host is nothing at another. The sandbox is a
 *   region too: its data is old and fixed, so "now" is empty there.
 * - A code lives 60 seconds. A refresh token is used once and lasts a year; `refresh_expires_in: 0`
 *   does not mean that it is over. No PKCE, no revocation: the person revokes in their account.
 * - Tokens name nobody, and there is no profile: `userId` of `dataRange` is the person, as this client
 *   sees them.
 * - No webhooks. Readings arrive an hour late in the US and three elsewhere, from a receiver when it is
 *   next cabled to a computer; they change and are filled in later, so each poll reads back.
 * - `startDate` and `endDate` are UTC without a zone, filter by `systemTime`, and span 30 days at most.
 *   Whether they are inclusive is not documented: windows overlap by a second. There are no pages.
 * - `systemTime` without a zone is UTC. `displayTime` is the person's clock: a phone writes its zone, a
 *   receiver none, and then the difference of both, to the nearest half hour, is the offset.
 * - A sensor reads 40 to 400 mg/dL. 39 and 401 (`status` low and high) stand for "beyond", and are no
 *   values. `status` is mostly missing in range.
 * - `unit` is said of every record, and is mg/dL in practice even for people who see mmol/L.
 * - An event's `value` is a string, or missing; `eventStatus` `deleted` takes the event back.
 * - Calibrations and `bloodGlucose` events are finger sticks, typed in.
 *
 * @see https://developer.dexcom.com/docs/dexcom/authentication
 * @see https://developer.dexcom.com/docs/dexcomv3/endpoint-overview
 * @see https://github.com/tidepool-org/platform (dexcom/: what the wild really sends)
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
import { DAY, MINUTE, parseInstant, SECOND } from "../core/time.ts";
import { defineProvider, resource } from "./define.ts";
import type { Ask } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { measure } from "./kit/measure.ts";
import { oauth2 } from "./kit/oauth2.ts";
import { listOf } from "./kit/page.ts";

const REGIONS = {
  us: "https://api.dexcom.com",
  /** All outside the US and Japan. */
  eu: "https://api.dexcom.eu",
  jp: "https://api.dexcom.jp",
  sandbox: "https://sandbox-api.dexcom.com",
} as const;

const DEXCOM = {
  slug: "dexcom",
  hosts: Object.values(REGIONS).map((origin) => new URL(origin).host),
} as const;

function originOf(region = "us"): string {
  for (const [name, origin] of Object.entries(REGIONS)) if (name === region) return origin;
  throw new ProviderError(DEXCOM.slug, { kind: "rejected", status: 400 }, "find the region at");
}

const maybeText = z.string().nullish();
const timed = {
  recordId: z.string(),
  systemTime: maybeText,
  displayTime: maybeText,
  unit: maybeText,
};

/** What the three collections share. */
function collection<Row extends { readonly recordId: string }>(
  name: "egvs" | "events" | "calibrations",
  row: z.ZodType<Row>,
) {
  const path = `/v3/users/self/${name}`;
  return {
    name,
    aliases: [`GET ${path}`, name, name.slice(0, -1)],
    page: listOf(row, { rows: "records" }),
    record: ({ recordId }: Row) => ({ id: recordId }),
    request: ({ account, window }: Ask) => {
      const from = Math.floor(window.from.getTime() / SECOND) * SECOND;
      const to = Math.ceil(window.to.getTime() / SECOND + 1) * SECOND;
      const url = new URL(path, originOf(account.region));
      url.searchParams.set("startDate", utcWithoutZone(from));
      url.searchParams.set("endDate", utcWithoutZone(Math.min(to, from + MAX_WINDOW)));
      return new Request(url);
    },
  };
}

const MAX_WINDOW = 30 * DAY;

function utcWithoutZone(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19);
}

const HALF_HOUR = 30 * MINUTE;
/** No clock on earth is further from UTC; a receiver that says so has a wrong date. */
const MAX_OFFSET = 14 * 60;

function timeOf(
  row: { readonly systemTime?: string | null | undefined; displayTime?: string | null | undefined },
): When | undefined {
  const system = parseInstant(row.systemTime ?? "");
  if (!system) return undefined;
  const display = parseInstant(row.displayTime ?? "");
  const ahead = display && display.instant.getTime() - system.instant.getTime();
  const offsetMinutes = display?.offsetMinutes ??
    (ahead === undefined ? undefined : Math.round(ahead / HALF_HOUR) * (HALF_HOUR / MINUTE));
  const isClock = offsetMinutes !== undefined && Math.abs(offsetMinutes) <= MAX_OFFSET;
  return { start: system.instant, ...(isClock ? { offsetMinutes } : {}) };
}

const NO_TIME = { kind: "quarantine", reason: "no_time" } as const;
const SENTINEL = { kind: "quarantine", reason: "sentinel" } as const;
const UNKNOWN_UNIT = { kind: "quarantine", reason: "unknown_unit" } as const;
const IMPLAUSIBLE = { kind: "quarantine", reason: "implausible" } as const;

/** How each unit of glucose is read, and what a sensor can show in it. */
const GLUCOSE = new Map([
  ["mg/dL", { of: milligramsPerDecilitre, low: 40, high: 400 }],
  ["mmol/L", { of: glucoseMillimolesPerLitre, low: 2.2, high: 22.2 }],
]);

const egvs = resource({
  ...collection("egvs", z.looseObject({ ...timed, value: z.number().nullish() })),
  produces: ["glucose"],
  // With the other polls six calls an hour: 10,000 people share the app's 60,000.
  poll: { everyMinutes: 15, trailingHours: 6 },
  *normalise(row) {
    if (row.value == null) return;
    const at = timeOf(row);
    if (!at) return yield NO_TIME;
    const unit = GLUCOSE.get(row.unit ?? "");
    if (!unit) return yield UNKNOWN_UNIT;
    if (row.value < unit.low || row.value > unit.high) return yield SENTINEL;
    yield* measure("glucose", unit.of(row.value), at);
  },
});

const calibrations = resource({
  ...collection("calibrations", z.looseObject({ ...timed, value: z.number().nullish() })),
  produces: ["glucose_blood"],
  poll: { everyMinutes: 60, trailingHours: 24 },
  *normalise(row) {
    if (row.value == null) return;
    const at = timeOf(row);
    if (!at) return yield NO_TIME;
    const unit = GLUCOSE.get(row.unit ?? "");
    if (!unit) return yield UNKNOWN_UNIT;
    yield* measure("glucose_blood", unit.of(row.value), { ...at, entry: "manual" });
  },
});

/** The events that are a quantity. Notes, and how a person feels, are none. */
const QUANTITIES: ReadonlySet<string> = new Set(["carbs", "insulin", "exercise", "bloodGlucose"]);

const events = resource({
  ...collection(
    "events",
    z.looseObject({
      ...timed,
      eventStatus: maybeText,
      eventType: maybeText,
      value: maybeText,
    }),
  ),
  produces: ["carbohydrate_intake", "insulin_delivery", "exercise_duration", "glucose_blood"],
  poll: { everyMinutes: 60, trailingHours: 24 },
  *normalise(row) {
    if (row.eventStatus === "deleted") return yield { kind: "deletion" };
    const text = row.value?.trim();
    if (!text || !QUANTITIES.has(row.eventType ?? "")) return;
    const time = timeOf(row);
    if (!time) return yield NO_TIME;
    if (!/^\d+(\.\d+)?$/.test(text)) return yield IMPLAUSIBLE;
    const value = Number(text);
    const at = { ...time, entry: "manual" } as const;
    const kind = `${row.eventType} in ${row.unit}`;
    switch (kind) {
      case "carbs in grams":
        return yield* measure("carbohydrate_intake", grams(value), at);
      case "insulin in units":
        return yield* measure("insulin_delivery", insulinUnits(value), at);
      case "exercise in minutes": {
        const end = new Date(at.start.getTime() + value * MINUTE);
        return yield* measure("exercise_duration", minutes(value), { ...at, end });
      }
      case "bloodGlucose in mg/dL":
        return yield* measure("glucose_blood", milligramsPerDecilitre(value), at);
      case "bloodGlucose in mmol/L":
        return yield* measure("glucose_blood", glucoseMillimolesPerLitre(value), at);
      default:
        yield UNKNOWN_UNIT;
    }
  },
});

export default defineProvider({
  ...DEXCOM,
  name: "Dexcom",
  docs: "https://developer.dexcom.com/docs",
  regions: REGIONS,
  link: oauth2({
    provider: DEXCOM,
    authorize: (region) => `${originOf(region)}/v3/oauth2/login`,
    token: (region) => `${originOf(region)}/v3/oauth2/token`,
    scopes: ["offline_access"],
    clientAuth: "post",
    pkce: false,
    rotation: { kind: "single_use" },
    codeLifetimeSeconds: 60,
    profile: {
      request: ({ region }) => new Request(`${originOf(region)}/v3/users/self/dataRange`),
      schema: z.looseObject({ userId: z.string() })
        .transform(({ userId }) => ({ externalUserId: userId })),
    },
  }),
  // A day short of the 30 that a window may span, so that its overlap fits.
  history: { kind: "pull", maxDays: 365, pageDays: 29 },
  limits: [{ requests: 60_000, perSeconds: 3_600, scope: "app" }],
  policy: { terms: "https://developer.dexcom.com/docs/dexcom/scopes-access", aiUse: "unstated" },
  resources: [egvs, events, calibrations],
});

/**
 * Fitbit, Web API v1: read from what was stored, for it has ended. Since 2026-11-02 its API and its
 * OAuth answer 410 to everything; people link through Google Health instead, and its tokens are worth
 * nothing there. `legacyUserId` of Google's identity is the Fitbit user.
 *
 * Quirks
 * - 410 means that the person must link anew, wherever it comes from, the token endpoint included.
 * - Replays of stored deliveries are taken as they were: `X-Fitbit-Signature` is HMAC-SHA1 in base64
 *   over the body, by the client secret with `&` behind it; 204 is the one good answer and 404 the one
 *   to what is not signed. The signature covers no time.
 * - The check of an address is `GET ?verify=<code>`, once with the right code and once with a wrong
 *   one: 204 and 404. The code is the operator's (`FITBIT_VERIFY_TOKEN`).
 * - A delivery is an array; it says whose and which day changed, and without a day that the person
 *   took their consent back.
 * - `activities/list` is all that is read. Distances are in the unit they name, kilometres without a
 *   name; who had miles had feet of elevation. Durations are milliseconds, `duration` with the pauses,
 *   `activeDuration` without.
 *
 * @see https://developers.google.com/health/migration
 * @see https://dev.fitbit.com/build/reference/web-api/activity/get-activity-log-list/
 * @see https://dev.fitbit.com/build/reference/web-api/developer-guide/using-subscriptions/
 */
import { z } from "zod";
import { convert, type Unit } from "../catalog/units.ts";
import { constantTimeEqual } from "../core/crypto.ts";
import { addDays, parseInstant, startOfLocalDate } from "../core/time.ts";
import { defineProvider, resource } from "./define.ts";
import { sportOf } from "./fitbit_sports.ts";
import { present } from "./kit/measure.ts";
import { oauth2 } from "./kit/oauth2.ts";
import { listOf } from "./kit/page.ts";
import { hmacSignature, parseJson } from "./kit/webhook.ts";
import type { Webhook } from "./webhook.ts";

const FITBIT = {
  slug: "fitbit",
  hosts: ["api.fitbit.com"],
  statuses: { 410: { kind: "reauthorize", cause: "api_ended" } },
} as const;

const maybeNumber = z.number().nullish();
const maybeText = z.string().nullish();

/** Fitbit's own zones of the heart rate, from the lowest; a person's own ones have other names. */
const ZONES = ["Out of Range", "Fat Burn", "Cardio", "Peak"];

const activities = resource({
  name: "activities",
  aliases: ["GET /1/user/-/activities/list.json", "activities"],
  produces: [],
  sessions: ["workout"],
  page: listOf(
    z.looseObject({
      logId: z.union([z.number(), z.string().min(1)]),
      startTime: z.string(),
      activityName: maybeText,
      duration: maybeNumber,
      activeDuration: maybeNumber,
      distance: maybeNumber,
      distanceUnit: maybeText,
      elevationGain: maybeNumber,
      steps: maybeNumber,
      calories: maybeNumber,
      averageHeartRate: maybeNumber,
      heartRateZones: z.array(z.looseObject({ name: maybeText, minutes: maybeNumber })).nullish(),
      source: z.looseObject({ name: maybeText }).nullish(),
      lastModified: maybeText,
    }),
    { rows: "activities" },
  ),
  record({ logId, lastModified }) {
    const version = parseInstant(lastModified ?? "")?.instant;
    return { id: String(logId), ...(version ? { version } : {}) };
  },
  *normalise(row) {
    const at = parseInstant(row.startTime);
    const elapsed = row.duration ?? row.activeDuration;
    if (!at || elapsed == null) return yield { kind: "quarantine", reason: "no_time" };
    const { instant: start, offsetMinutes } = at;
    const isImperial = /^miles?$/i.test(row.distanceUnit ?? "");
    const zones = ZONES.flatMap((name) => {
      const zone = row.heartRateZones?.find((one) => one.name === name);
      return within("min", zone?.minutes, "s") ?? [];
    });
    yield {
      kind: "workout",
      start,
      end: new Date(start.getTime() + elapsed),
      ...present({
        offsetMinutes,
        type: sportOf(row.activityName),
        vendorType: row.activityName,
        movingSeconds: within("ms", row.activeDuration, "s"),
        distanceMetres: within(isImperial ? "mile" : "km", row.distance, "m"),
        elevationGainMetres: within(isImperial ? "foot" : "m", row.elevationGain, "m"),
        energyKilocalories: row.calories,
        steps: row.steps,
        hrAverage: row.averageHeartRate,
        // Four or none: a zone left out would shift the others.
        zoneSeconds: zones.length === ZONES.length ? zones : undefined,
        device: row.source?.name,
      }),
    };
  },
});

function within(from: Unit, value: number | null | undefined, to: Unit): number | undefined {
  return value == null ? undefined : convert(value, from, to);
}

const deliveries = z.array(z.looseObject({
  collectionType: z.string().min(1),
  ownerId: z.string().min(1),
  date: z.iso.date().nullish(),
}));

const webhook: Webhook = {
  signedWith: "client",
  unproven: ["time"],
  acknowledge: 204,
  refusal: 404,

  handshake({ method, url }, { verifyToken }) {
    const code = url.searchParams.get("verify");
    if (method !== "GET" || code === null) return Promise.resolve(undefined);
    const isOurs = verifyToken !== undefined && constantTimeEqual(code, verifyToken.reveal());
    return Promise.resolve(new Response(null, { status: isOurs ? 204 : 404 }));
  },

  verifyWebhook: hmacSignature({
    hash: "SHA-1",
    header: "x-fitbit-signature",
    encoding: "base64",
    key: (secret) => `${secret}&`,
    message: ({ body }) => [body],
  }),

  /** Equal ones may be two changes of one day. */
  deliveryKey: () => undefined,

  parseWebhook: (request) =>
    parseJson(FITBIT, request, deliveries).map(({ collectionType, ownerId, date }) => {
      const about = { externalUserId: ownerId };
      if (collectionType === "userRevokedAccess") return { ...about, kind: "revoked" };
      if (collectionType !== activities.name || date == null) {
        return { ...about, kind: "ignored", type: collectionType };
      }
      return {
        ...about,
        kind: "notify",
        resource: activities.name,
        action: "update",
        dataType: collectionType,
        // Some clock shows that day for 50 hours, from UTC+14 to UTC-12.
        window: {
          from: startOfLocalDate(date, 14 * 60),
          to: startOfLocalDate(addDays(date, 1), -12 * 60),
        },
      };
    }),
};

export default defineProvider({
  ...FITBIT,
  name: "Fitbit",
  docs: "https://developers.google.com/health/migration",
  link: oauth2({
    provider: FITBIT,
    authorize: "https://www.fitbit.com/oauth2/authorize",
    token: "https://api.fitbit.com/oauth2/token",
    revoke: "https://api.fitbit.com/oauth2/revoke",
    scopes: ["activity"],
    clientAuth: "basic",
    pkce: true,
    rotation: { kind: "single_use" },
    codeLifetimeSeconds: 600,
    externalUserId: z.looseObject({ user_id: z.string().min(1) })
      .transform(({ user_id }) => user_id),
  }),
  policy: { terms: "https://dev.fitbit.com/legal/platform-terms-of-service/", aiUse: "unstated" },
  resources: [activities],
  webhook,
});

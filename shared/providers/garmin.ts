/**
 * Garmin Connect Developer Program: Health API and Activity API.
 *
 * Quirks
 * - The documents are for partners only; what stands here is from production clients that are public.
 * - OAuth 2 wants PKCE and the client secret, and no scope: the person sets permissions on the page.
 *   Each refresh hands out a new refresh token, which lives for about 90 days.
 * - Data is pushed, or a ping names an address where it is kept for a day. Which of them comes is set
 *   for each kind of summary in Garmin's portal. There is no other way to ask for data of a time.
 * - Nothing is signed and there is no handshake: the address ends in the webhook's secret, and a header
 *   names our client. A ping's address is rebuilt from what it is checked for, and never followed.
 * - A delivery holds rows of several people and kinds; all of it is to be answered with 200.
 * - History is asked for kind by kind (202, and it is pushed), each span once: 409 is "asked before",
 *   412 "not permitted by the person", and 403 that no history is, which is how they all begin.
 * - Times are seconds since 1970, with the seconds east of UTC beside them. Days come again as they
 *   grow, and then the one that covers more holds. Epochs are parts of the day and no addition to it.
 * - Readings come under the seconds since the start. Negative ones are none: −1 off the wrist, −2 moved.
 * - A sleep's `durationInSeconds` may hold the time awake, or not; REM has no "Duration" in its name.
 *   Naps stand inside of a night.
 * - `muscleMassInGrams` is skeletal muscle. Charged and drained body battery are no level.
 * - An activity comes as summary, and as details with the same summary inside, and with its laps, of
 *   which only the starts are told. Of a triathlon there is a parent, and its children tell the same again.
 * - Move IQ is what the watch noticed by itself, and no workout.
 *
 * @see https://developer.garmin.com/gc-developer-program/
 * @see https://github.com/the-momentum/open-wearables/tree/main/backend/app/services/providers/garmin
 * @see https://github.com/metriport/metriport/tree/master/packages/api/src/mappings/garmin
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import type { Ask, DriverContext } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { GARMIN_ACTIVITY } from "./garmin_activity.ts";
import { GARMIN_BODY } from "./garmin_body.ts";
import { GARMIN_DAILY } from "./garmin_daily.ts";
import { epoch, GARMIN, GARMIN_API, KINDS } from "./garmin_rows.ts";
import { GARMIN_SERIES } from "./garmin_series.ts";
import { GARMIN_SLEEP } from "./garmin_sleep.ts";
import { garminWebhook } from "./garmin_webhook.ts";
import { discard, failureOf, readText, send } from "./kit/http.ts";
import { bearer, oauth2 } from "./kit/oauth2.ts";

/** No history for this app; asked before; not permitted by the person. */
const REFUSALS: readonly number[] = [403, 409, 412];

/** Asks for every kind of summary; one that the person does not share is left out. */
async function requestWindow({ account, window }: Ask, ctx: DriverContext): Promise<void> {
  for (const { path } of Object.values(KINDS)) {
    const url = new URL(`${GARMIN_API}/backfill/${path}`);
    url.searchParams.set("summaryStartTimeInSeconds", epoch(window.from, Math.floor));
    // Rounded alike, so that a window of the longest span is no second longer.
    url.searchParams.set("summaryEndTimeInSeconds", epoch(window.to, Math.floor));
    const response = await send(GARMIN, bearer(GARMIN, new Request(url), account), ctx);
    const failure = failureOf(response, ctx.now());
    if (failure && !REFUSALS.includes(response.status)) {
      await discard(response);
      throw new ProviderError(GARMIN.slug, failure);
    }
    await requireNoPage(response);
  }
}

/** 202 without a body is a yes. A proxy's page with 200 is none, and the span would be lost with it. */
async function requireNoPage(response: Response): Promise<void> {
  if (response.status !== 200) return await discard(response);
  if (await readText(GARMIN, response) === "") return;
  throw new ProviderError(GARMIN.slug, {
    kind: "contract",
    issues: ["body where none is expected"],
  });
}

export default defineProvider({
  ...GARMIN,
  name: "Garmin Connect",
  docs: "https://developer.garmin.com/gc-developer-program/",
  link: oauth2({
    provider: GARMIN,
    authorize: "https://connect.garmin.com/oauth2Confirm",
    token: "https://diauth.garmin.com/di-oauth2-service/oauth/token",
    scopes: [],
    clientAuth: "post",
    pkce: true,
    rotation: { kind: "single_use" },
    codeLifetimeSeconds: 600,
    profile: {
      request: () => new Request(`${GARMIN_API}/user/id`),
      schema: z.looseObject({ userId: z.string() })
        .transform(({ userId }) => ({ externalUserId: userId })),
    },
    revocation: {
      request: ({ accessToken }) =>
        new Request(`${GARMIN_API}/user/registration`, {
          method: "DELETE",
          headers: { authorization: `Bearer ${accessToken.reveal()}` },
        }),
      done: [200, 204, 404],
    },
  }),
  // Of a newer client; older ones had 90 days a request. Before a month ahead of the link there is nothing.
  history: {
    kind: "request",
    maxDays: 30,
    pageDays: 30,
    refusals: REFUSALS,
    request: requestWindow,
  },
  limits: [{ requests: 100, perSeconds: 60, scope: "app" }],
  policy: { terms: "https://developer.garmin.com/gc-developer-program/", aiUse: "unstated" },
  resources: [
    ...GARMIN_DAILY,
    ...GARMIN_SLEEP,
    ...GARMIN_ACTIVITY,
    ...GARMIN_SERIES,
    ...GARMIN_BODY,
  ],
  webhook: garminWebhook,
});

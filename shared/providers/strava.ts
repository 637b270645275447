/**
 * Strava, API v3.
 *
 * Quirks
 * - Scopes are asked for and answered with commas, and the person may untick each. What a scope is
 *   missing for answers 401, as a dead token does.
 * - Token errors have no `error` but a list of `errors` with `field` and `code`. An access token that
 *   lasts another hour is handed out again; a refresh token that changes ends the one before.
 * - Only the exchange names the athlete, so the id comes from the profile.
 * - A list's rows are summaries without `calories`; the activity asked for by its id has them. There is
 *   no `updated_at`. A short page is not the last one: what a person hides is taken out.
 * - `start_date_local` is wall time with a false `Z`, and `timezone` names the standard offset;
 *   `utc_offset`, in seconds, is the real one. A hidden start is midnight and a second.
 * - `kilojoules` is mechanical work and no energy spent. Cadence of a run counts one leg.
 * - Weight and FTP are current values without a date.
 * - One subscription an app. An event is a hint: no key to check a signature with is handed out, so our
 *   address is secret, and deletions and deauthorisations are asked of the API before we act.
 * - Deauthorisation is an `update` of the athlete with `authorized` "false", a string.
 * - Two pairs of limit headers, for all requests and for reading, each of a quarter of an hour and a
 *   UTC day; no `Retry-After`.
 * - The API leaves www.strava.com by 2027-06-01 and can be had at its new address from 2027-01-04:
 *   `STRAVA_API_BASE`. OAuth stays.
 * - Terms: nothing is kept longer than seven days, deletions follow within 48 hours, and no machine
 *   learning of any kind.
 *
 * @see https://developers.strava.com/docs/reference/
 * @see https://developers.strava.com/docs/authentication/
 * @see https://developers.strava.com/docs/webhooks/
 * @see https://developers.strava.com/docs/rate-limits/
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import { oauth2 } from "./kit/oauth2.ts";
import { STRAVA_RESOURCES } from "./strava_activity.ts";
import { conformTokenAnswer, HISTORY_DAYS, STRAVA, STRAVA_API } from "./strava_api.ts";
import { stravaWebhook } from "./strava_webhook.ts";

const OAUTH = "https://www.strava.com/oauth";

export default defineProvider({
  ...STRAVA,
  name: "Strava",
  docs: "https://developers.strava.com/docs/reference/",
  apiBases: [STRAVA_API, "https://api-v3.strava.com"],
  link: oauth2({
    provider: STRAVA,
    authorize: `${OAUTH}/authorize`,
    token: `${OAUTH}/token`,
    // `read_all` alone does not say that `activity:read` was granted too.
    scopes: ["read", "activity:read", "activity:read_all", "profile:read_all"],
    scopeSeparator: ",",
    authorizeParams: { approval_prompt: "auto" },
    clientAuth: "post",
    pkce: false,
    rotation: { kind: "single_use" },
    codeLifetimeSeconds: 600,
    conform: conformTokenAnswer,
    profile: {
      request: () => new Request(`${STRAVA_API}/athlete`),
      schema: z.looseObject({ id: z.union([z.number(), z.string()]) })
        .transform(({ id }) => ({ externalUserId: String(id) })),
    },
    revocation: {
      // In place of `/oauth/deauthorize`, which ends in June 2027. An unknown token answers 200 too.
      request: ({ refreshToken, accessToken }, { id, secret }) =>
        new Request(`${OAUTH}/revoke`, {
          method: "POST",
          headers: { authorization: `Basic ${btoa(`${id}:${secret.reveal()}`)}` },
          body: new URLSearchParams({ token: (refreshToken ?? accessToken).reveal() }),
        }),
      done: [200],
    },
  }),
  history: { kind: "pull", maxDays: HISTORY_DAYS, pageDays: 365 },
  limits: [
    { requests: 100, perSeconds: 900, scope: "app" },
    { requests: 1_000, perSeconds: 86_400, scope: "app" },
  ],
  policy: { terms: "https://www.strava.com/legal/api", rawDays: 7, aiUse: "forbidden" },
  resources: STRAVA_RESOURCES,
  webhook: stravaWebhook,
});

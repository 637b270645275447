/**
 * Google Health API, v4: what Fitbit trackers, Pixel watches and Google Fit measured; the successor of
 * the Fitbit Web API and of Google Fit. Their tokens cannot be exchanged: everybody consents again.
 *
 * Quirks
 * - A refresh token comes only with `access_type=offline`, a second time only with `prompt=consent`,
 *   and is not rotated. While the OAuth app is "in testing" it dies after seven days.
 * - People can untick scopes: what was granted is in the token answer. Tokens name nobody;
 *   `healthUserId` of `identity` is what webhooks call a person by, `legacyUserId` the Fitbit id.
 * - Filters are AIP-160 with `>=`, `<` and `AND`. The type is `heart-rate` in a path, `heart_rate` in
 *   a filter, `heartRate` in an answer. Sleep is found by its end, a session by the civil time it
 *   begins, a day by its date, the rest by instants; the newest comes first.
 * - `reconcile` makes one stream of several devices, as Google's app shows it, and leaves out which
 *   device it was; `list` has every device's own points. What is counted is reconciled, what a person
 *   may have typed (weight, glucose) is listed.
 * - Whole numbers and durations are strings. Zero parts of civil times are left out. Only sessions and
 *   what is typed have names; the other points are what they are by their time.
 * - Daily totals come by `dailyRollUp`, over 14 or 90 days at most; there is no other `total-calories`.
 * - `minutesAsleep` of a `CLASSIC` sleep leaves out being restless; `shortAwakenings` overlap stages.
 * - The daily "average heart rate variability" is an RMSSD. There is no blood pressure, no power, and
 *   no score. Active zone minutes count double in high zones, so that they are no minutes.
 * - Not asked for: ECG and location, whose consent is a matter of its own.
 * - Webhooks are set up by the operator (`projects.subscribers`, a service account's business). A new
 *   address is tried twice: `authorization` with our secret must get 200 or 201, without it 401 or 403.
 *   The secret is the whole header, scheme included. A delivery has that header and a Tink signature
 *   by published keys, over the body alone, so it can be replayed. It is documented as an object and
 *   comes as an array. It says what changed and when, without values; only 204 ends its retries.
 * - A deletion names its record where the type has names. Points without one, deleted by themselves,
 *   are only corrected in the day's totals.
 *
 * @see https://developers.google.com/health/reference/rest
 * @see https://developers.google.com/health/data-types
 * @see https://developers.google.com/health/webhooks
 * @see https://developers.google.com/health/rate-limits
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import { GOOGLE_HEALTH_BODY } from "./google_health_body.ts";
import { GOOGLE_HEALTH_DAILY } from "./google_health_daily.ts";
import { GOOGLE_HEALTH_INTERVALS } from "./google_health_intervals.ts";
import {
  ACTIVITY,
  GOOGLE_HEALTH,
  GOOGLE_HEALTH_API,
  MEASUREMENTS,
  NUTRITION,
  SLEEP,
} from "./google_health_points.ts";
import { GOOGLE_HEALTH_SAMPLES } from "./google_health_samples.ts";
import { GOOGLE_HEALTH_SESSIONS } from "./google_health_sessions.ts";
import { GOOGLE_HEALTH_TOTALS } from "./google_health_totals.ts";
import { googleHealthWebhook } from "./google_health_webhook.ts";
import { oauth2 } from "./kit/oauth2.ts";

const RESOURCES = [
  ...GOOGLE_HEALTH_SESSIONS,
  ...GOOGLE_HEALTH_TOTALS,
  ...GOOGLE_HEALTH_DAILY,
  ...GOOGLE_HEALTH_SAMPLES,
  ...GOOGLE_HEALTH_BODY,
  ...GOOGLE_HEALTH_INTERVALS,
];

export default defineProvider({
  ...GOOGLE_HEALTH,
  name: "Google Health",
  docs: "https://developers.google.com/health",
  link: oauth2({
    provider: GOOGLE_HEALTH,
    authorize: "https://accounts.google.com/o/oauth2/v2/auth",
    token: "https://oauth2.googleapis.com/token",
    scopes: [ACTIVITY, MEASUREMENTS, SLEEP, NUTRITION],
    clientAuth: "post",
    pkce: true,
    rotation: { kind: "none" },
    codeLifetimeSeconds: 600,
    authorizeParams: { access_type: "offline", prompt: "consent" },
    profile: {
      request: () => new Request(`${GOOGLE_HEALTH_API}/identity`),
      schema: z.looseObject({ healthUserId: z.string() })
        .transform(({ healthUserId }) => ({ externalUserId: healthUserId })),
    },
    revocation: {
      request: (tokens) =>
        new Request("https://oauth2.googleapis.com/revoke", {
          method: "POST",
          body: new URLSearchParams({
            token: (tokens.refreshToken ?? tokens.accessToken).reveal(),
          }),
        }),
      // 400 `invalid_token` is a grant that is gone already.
      done: [200, 400],
    },
  }),
  // No end is documented. In one piece: the newest comes first, and empty windows would cost requests.
  history: { kind: "pull", maxDays: 365, pageDays: 365 },
  limits: [
    { requests: 300, perSeconds: 60, scope: "account" },
    { requests: 120_000, perSeconds: 60, scope: "app" },
  ],
  policy: {
    terms:
      "https://developers.google.com/health/policies/health-api-developer-terms-and-conditions",
    aiUse: "unstated",
  },
  resources: RESOURCES,
  webhook: googleHealthWebhook(RESOURCES),
});

/**
 * Suunto, Cloud API: workouts, nights, and what the watch notes every ten minutes.
 *
 * Quirks
 * - Two credentials in each request: the person's token, and the app's key to the product it subscribed
 *   to. The gateway answers 401 to a wrong key as well, 403 to a used-up quota, 404 to a product that
 *   the app lacks; how much is allowed depends on the subscription.
 * - No scopes are documented, and an empty one is left out. The client names itself by Basic.
 * - There is no profile: the person's user name stands beside the token and in its claim `user`.
 *   Webhooks go by it.
 * - Workouts count milliseconds since 1970, and nights are ISO times with an offset. A fresh workout has
 *   no `stopTime`, and `workoutId` may be 0: `workoutKey` is its name. One asked for by its key is an
 *   object in `payload`, a list otherwise.
 * - `hrdata.max` is what the person set as their highest, `hrmax` is the workout's. Pulses of 0 are none.
 * - `energyConsumption` of workouts is in kilocalories, of samples and days in joules. SpO2 is a share.
 * - A night's `Duration` is that of the night, awake or not.
 * - Daily statistics are days of 24 hours from whatever hour is asked for, in UTC without saying so: we
 *   ask from the person's midnight. They are sums of one watch each.
 * - The unit of `cadence` is not documented, nor what `recoveryTime` begins with: neither is read.
 * - Webhooks carry the samples; they are signed without a time, and must be answered within 2 seconds.
 *   Nothing tells of deletions, routes are of no use to us.
 *
 * @see https://apizone.suunto.com/how-to-start
 * @see https://apizone.suunto.com/docs/services/oauth2-api/operations/token
 * @see https://apizone.suunto.com/docs/services/workout-api/operations/get-workout-data-as-json
 * @see https://apizone.suunto.com/docs/services/activity-and-sleep-data-api/operations/daily-activity-statistics
 * @see https://suunto-api.developer.azure-api.net/webhooks
 */
import { defineProvider } from "./define.ts";
import { oauth2 } from "./kit/oauth2.ts";
import { authenticate, externalUserId, HISTORY_DAYS, SUUNTO, WINDOW_DAYS } from "./suunto_api.ts";
import { dailyActivity } from "./suunto_daily.ts";
import { SUUNTO_SAMPLES } from "./suunto_samples.ts";
import { suuntoWebhook } from "./suunto_webhook.ts";
import { workouts } from "./suunto_workouts.ts";

const OAUTH = "https://cloudapi-oauth.suunto.com/oauth";

export default defineProvider({
  ...SUUNTO,
  name: "Suunto",
  docs: "https://apizone.suunto.com",
  env: { apiKey: "SUUNTO_SUBSCRIPTION_KEY" },
  authenticate,
  link: oauth2({
    provider: SUUNTO,
    authorize: `${OAUTH}/authorize`,
    token: `${OAUTH}/token`,
    scopes: [],
    clientAuth: "basic",
    pkce: false,
    // Not documented; to keep the newest is right either way.
    rotation: { kind: "single_use" },
    codeLifetimeSeconds: 600,
    externalUserId,
    revocation: {
      request: ({ accessToken }, { id }) =>
        new Request(`${OAUTH}/deauthorize?${new URLSearchParams({ client_id: id })}`, {
          headers: { authorization: `Bearer ${accessToken.reveal()}` },
        }),
      done: [200, 204],
    },
  }),
  history: { kind: "pull", maxDays: HISTORY_DAYS, pageDays: WINDOW_DAYS },
  policy: { terms: "https://apizone.suunto.com/faq", aiUse: "unstated" },
  resources: [workouts, ...SUUNTO_SAMPLES, dailyActivity],
  webhook: suuntoWebhook,
});

/**
 * Oura Ring, API v2.
 *
 * Quirks
 * - Token answers name no person and seldom scopes: the id comes from `personal_info`, the scopes
 *   from the callback. The refresh token is single use.
 * - Scopes are spelt in three ways (`spo2Daily`, `spo2`, `extapi:spo2`), by where the app was
 *   registered; we keep the specification's spelling. Stress, resilience, cardiovascular age and VO2
 *   max have scopes in one spelling only, so they are always asked for. 403 is a missing scope or a
 *   lapsed membership and never the end of the grant.
 * - `end_date` is left out by some collections and not by others; dates are in the person's own zone.
 * - A day of activity runs from 04:00 to 04:00; it is kept under the `day` that Oura names.
 * - `contributors` are scores from 1 to 100, even `resting_heart_rate`: never read as beats.
 * - The minute series `met` stays in the raw record: 1,440 rows a day that no reader asked for.
 * - `personal_info` has today's weight and height without a date, so no metric is made of them.
 * - A sleep of type `deleted` takes the earlier one with it; `rest` is no sleep.
 * - There is no webhook for `heartrate`, and one subscription for each data type and event.
 * - A signature covers the timestamp and the raw bytes without a delimiter: the digits-only timestamp
 *   and the `{` that must follow leave nothing to shift. Its unit is not documented.
 *
 * @see https://cloud.ouraring.com/v2/docs
 * @see https://cloud.ouraring.com/docs/authentication
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import { oauth2 } from "./kit/oauth2.ts";
import { OURA, OURA_API } from "./oura_collection.ts";
import { OURA_DAILY } from "./oura_daily.ts";
import { OURA_TIMED } from "./oura_timed.ts";
import { ouraWebhook } from "./oura_webhook.ts";

export default defineProvider({
  ...OURA,
  name: "Oura",
  docs: "https://cloud.ouraring.com/v2/docs",
  link: oauth2({
    provider: OURA,
    authorize: "https://cloud.ouraring.com/oauth/authorize",
    token: `${OURA_API}/oauth/token`,
    scopes: ["personal", "daily", "heartrate", "workout", "session", "spo2Daily"],
    scopeName: (granted) => granted.replace(/^extapi:/, "").replace(/^spo2$/, "spo2Daily"),
    clientAuth: "post",
    pkce: false,
    rotation: { kind: "single_use" },
    codeLifetimeSeconds: 600,
    profile: {
      request: () => new Request(`${OURA_API}/v2/usercollection/personal_info`),
      schema: z.looseObject({ id: z.string() }).transform(({ id }) => ({ externalUserId: id })),
    },
    revocation: {
      // The documented form has the token in the address, where logs would keep it; the bearer header
      // does the same. 401 is a grant that is gone already.
      request: (tokens) =>
        new Request(`${OURA_API}/oauth/revoke`, {
          method: "POST",
          headers: { authorization: `Bearer ${tokens.accessToken.reveal()}` },
        }),
      done: [200, 401],
    },
  }),
  // "1-3 months at a time" is Oura's own advice; heart rate has a limit of its own.
  history: { kind: "pull", maxDays: 730, pageDays: 90 },
  limits: [{ requests: 5_000, perSeconds: 300, scope: "app" }],
  policy: { terms: "https://cloud.ouraring.com/legal/api-agreement", aiUse: "unstated" },
  resources: [...OURA_DAILY, ...OURA_TIMED],
  webhook: ouraWebhook,
});

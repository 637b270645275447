/**
 * Wahoo, Cloud API v1: workouts of bike computers, watches and trainers.
 *
 * Quirks
 * - Access tokens last two hours, refresh tokens are used once, and an app has ten tokens a person: each
 *   refresh that nobody needed takes one. Without `offline_data` there are no webhooks.
 * - The list of workouts knows no dates: newest first, in pages that are counted. A workout without a
 *   summary is a plan. Summaries are of the whole workout; what is second by second is a FIT file.
 * - The reference has numbers as texts, its examples as numbers; both come. A sensor that is not there
 *   has 0. `work_accum` is mechanical, and no energy spent.
 * - `starts` is UTC; the person's clock is the summary's `time_zone`, where it has one.
 * - Weight, in kilograms, and height, in metres, are current values without a date.
 * - Webhooks are set up in the portal and sign nothing: `webhook_token` in the body is the proof. They
 *   tell of changes too, and of nothing that is deleted.
 * - `X-RateLimit-Limit` lists day, hour and five minutes; `X-RateLimit-Reset` is one number of seconds.
 *
 * @see https://cloud-api.wahooligan.com
 * @see https://developers.wahooligan.com
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import { oauth2 } from "./kit/oauth2.ts";
import { HISTORY_DAYS, id, WAHOO, WAHOO_API } from "./wahoo_api.ts";
import { WAHOO_PROFILE } from "./wahoo_profile.ts";
import { wahooWebhook } from "./wahoo_webhook.ts";
import { workouts } from "./wahoo_workouts.ts";

export default defineProvider({
  ...WAHOO,
  name: "Wahoo",
  docs: "https://cloud-api.wahooligan.com",
  link: oauth2({
    provider: WAHOO,
    authorize: `${WAHOO_API}/oauth/authorize`,
    token: `${WAHOO_API}/oauth/token`,
    scopes: ["user_read", "workouts_read", "power_zones_read", "offline_data"],
    clientAuth: "post",
    // Documented for apps that can keep no secret.
    pkce: false,
    rotation: { kind: "single_use" },
    codeLifetimeSeconds: 600,
    profile: {
      request: () => new Request(`${WAHOO_API}/v1/user`),
      schema: z.looseObject({ id }).transform(({ id }) => ({ externalUserId: String(id) })),
    },
    revocation: {
      request: ({ accessToken }) =>
        new Request(`${WAHOO_API}/v1/permissions`, {
          method: "DELETE",
          headers: { authorization: `Bearer ${accessToken.reveal()}` },
        }),
      done: [200, 204],
    },
  }),
  history: { kind: "pull", maxDays: HISTORY_DAYS, pageDays: HISTORY_DAYS },
  limits: [
    { requests: 200, perSeconds: 300, scope: "app" },
    { requests: 1_000, perSeconds: 3_600, scope: "app" },
    { requests: 5_000, perSeconds: 86_400, scope: "app" },
  ],
  policy: { terms: "https://www.wahoofitness.com/wahoo-api-agreement", aiUse: "unstated" },
  resources: [workouts, ...WAHOO_PROFILE],
  webhook: wahooWebhook,
});

/**
 * WHOOP, API v2. v1, its numeric ids and `sport_id` are gone.
 *
 * Quirks
 * - A refresh token comes only with the scope `offline`, which a refresh asks for again. It is used
 *   once: of two refreshes at a time one fails. Tokens name nobody: the id comes from the profile.
 * - `state` has at least eight characters, or the authorize page refuses it.
 * - Revocation is the person's own `DELETE /v2/user/access` and ends the webhooks too.
 * - `limit` is 25 at most. The request says `nextToken`, the answer `next_token`. Windows return what
 *   overlaps their edges as well.
 * - `score` is there only when `score_state` is `SCORED`; what is pending comes again later.
 * - Energy is in kilojoules, durations in milliseconds. `hrv_rmssd_milli` is RMSSD in milliseconds.
 * - A cycle runs from one falling asleep to the next, is no calendar day, and has no end while it lasts.
 * - A recovery has no id and no time of its own. Webhooks call it by the id of its SLEEP, so that is
 *   its key, and its time is that of its making; while calibrating, its score is provisional.
 * - Sleep has totals and no stages in time. Height and weight are current values without a date.
 * - Saunas and ice baths come as workouts. `sport_name` is a slug with hyphens.
 * - Webhooks are set up in the dashboard, for sleep, workout and recovery; creations are `updated`. The
 *   signature covers timestamp and body without a delimiter: thirteen digits, then the `{` that must
 *   follow, leave nothing to shift.
 * - `X-RateLimit-Reset` is the number of seconds until the reset; `X-RateLimit-Limit` is a list.
 *
 * @see https://developer.whoop.com/api
 * @see https://developer.whoop.com/docs/developing/oauth
 * @see https://developer.whoop.com/docs/developing/webhooks
 * @see https://developer.whoop.com/docs/developing/rate-limiting
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import { oauth2 } from "./kit/oauth2.ts";
import { HISTORY_DAYS, WHOOP, WHOOP_API } from "./whoop_collection.ts";
import { WHOOP_DAILY } from "./whoop_daily.ts";
import { WHOOP_TIMED } from "./whoop_timed.ts";
import { whoopWebhook } from "./whoop_webhook.ts";

const OAUTH = "https://api.prod.whoop.com/oauth/oauth2";

export default defineProvider({
  ...WHOOP,
  name: "WHOOP",
  docs: "https://developer.whoop.com/api",
  link: oauth2({
    provider: WHOOP,
    authorize: `${OAUTH}/auth`,
    token: `${OAUTH}/token`,
    scopes: [
      "offline",
      "read:profile",
      "read:recovery",
      "read:cycles",
      "read:sleep",
      "read:workout",
      "read:body_measurement",
    ],
    clientAuth: "post",
    pkce: false,
    rotation: { kind: "single_use" },
    codeLifetimeSeconds: 600,
    refreshParams: { scope: "offline" },
    profile: {
      request: () => new Request(`${WHOOP_API}/v2/user/profile/basic`),
      schema: z.looseObject({ user_id: z.union([z.number(), z.string()]) })
        .transform(({ user_id }) => ({ externalUserId: String(user_id) })),
    },
    revocation: {
      request: (tokens) =>
        new Request(`${WHOOP_API}/v2/user/access`, {
          method: "DELETE",
          headers: { authorization: `Bearer ${tokens.accessToken.reveal()}` },
        }),
      // 401 is a grant that is gone already.
      done: [200, 204, 401],
    },
  }),
  // In one piece: pages begin with the newest record, and empty windows would cost requests.
  history: { kind: "pull", maxDays: HISTORY_DAYS, pageDays: HISTORY_DAYS },
  limits: [
    { requests: 100, perSeconds: 60, scope: "app" },
    { requests: 10_000, perSeconds: 86_400, scope: "app" },
  ],
  policy: { terms: "https://developer.whoop.com/api-terms-of-use", aiUse: "unstated" },
  resources: [...WHOOP_DAILY, ...WHOOP_TIMED],
  webhook: whoopWebhook,
});

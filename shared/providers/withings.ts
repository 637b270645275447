/**
 * Withings, Public (Health Data) API v2: scales, cuffs, thermometers, watches, sleep mats.
 *
 * Quirks
 * - Every answer is HTTP 200, and says in `status` what it means: 0 is good, 601 "too many requests".
 *   Every call is a POST of a form, `action` its name; what it brings is under `body`.
 * - A code lives 30 seconds. Tokens are under `body` too, and a refused grant has no word of its own.
 * - The old refresh token works for 8 hours, or until the new access token is first used. No PKCE.
 * - Scopes are separated by commas. The token answer names the person: `userid`, a number or its digits.
 * - What the app itself asks (nonce, revocation) is signed: HMAC-SHA256 with the client secret over
 *   `action`, `client_id` and a nonce, or a timestamp to get the nonce. A nonce serves once. What is
 *   asked with a person's token must not be signed.
 * - Most fields come only where `data_fields` asks for them.
 * - A measure is `value` times ten to the power `unit`. Groups change and come again under their id.
 *   A group with `attrib` 1 may be of another person on the same scale: it is not believed.
 * - Days are the person's own, in the zone that the row names; instants are seconds since 1970.
 * - `calories` are active, `totalcalories` all of them; `elevation` counts floors.
 * - `series` is a list for sleep (whatever the reference says), a map by seconds for intraday, an empty
 *   list where there is nothing. Both answer 24 hours at most.
 * - `brand` 18 is what another service counted and the phone handed on.
 * - Notifications are unsigned forms, one subscription a person and category; the address is checked by
 *   HEAD first and holds the secret. Equal ones may mean new data. No time is documented for them.
 * - After four failed deliveries in a row a subscription is taken away, and nobody is told: so each
 *   person's are looked at daily. None is documented to end by itself.
 * - Glucose comes by a limited plan only and is not asked for; nor are goals, raw signals and ECG curves.
 *
 * @see https://developer.withings.com/api-reference
 * @see https://developer.withings.com/developer-guide/v3/integration-guide/public-health-data-api/get-access/oauth-web-flow/
 * @see https://developer.withings.com/developer-guide/v3/get-access/sign-your-requests
 * @see https://developer.withings.com/developer-guide/v3/data-api/notifications/notification-overview/
 * @see https://developer.withings.com/developer-guide/data-api/data-update-notifications/
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import type { AccountRef, DriverContext } from "./driver.ts";
import { callProvider, discard } from "./kit/http.ts";
import { oauth2 } from "./kit/oauth2.ts";
import type { OAuthTokens } from "./link.ts";
import { WITHINGS_ACTIVITY } from "./withings_activity.ts";
import { conformTokens, post, signed, WITHINGS, WITHINGS_API } from "./withings_api.ts";
import { WITHINGS_MEASURES } from "./withings_measures.ts";
import { WITHINGS_SLEEP } from "./withings_sleep.ts";
import { withingsWebhook } from "./withings_webhook.ts";

/** Ends the grant and its subscriptions: the app asks for it, so no token of the person's is needed. */
async function revokeTokens(
  _tokens: OAuthTokens,
  { externalUserId }: AccountRef,
  ctx: DriverContext,
): Promise<void> {
  const proof = await signed("revoke", ctx);
  const request = post("/v2/oauth2", "revoke", { userid: externalUserId, ...proof });
  await discard(await callProvider(WITHINGS, request, ctx));
}

export default defineProvider({
  ...WITHINGS,
  name: "Withings",
  docs: "https://developer.withings.com/api-reference",
  link: {
    ...oauth2({
      provider: WITHINGS,
      authorize: "https://account.withings.com/oauth2_user/authorize2",
      token: `${WITHINGS_API}/v2/oauth2`,
      scopes: ["user.info", "user.metrics", "user.activity"],
      scopeSeparator: ",",
      clientAuth: "post",
      pkce: false,
      rotation: { kind: "until_use" },
      codeLifetimeSeconds: 30,
      tokenParams: { action: "requesttoken" },
      conform: conformTokens,
      externalUserId: z.looseObject({ userid: z.union([z.number(), z.string().min(1)]) })
        .transform(({ userid }) => String(userid)),
      // Not to make anybody known, but to hear whether the grant still stands.
      enrol: { request: () => post("/v2/user", "getdevice", {}), done: [] },
    }),
    revokeTokens,
  },
  // No end is documented. In one piece: empty windows would cost requests.
  history: { kind: "pull", maxDays: 365, pageDays: 365 },
  limits: [{ requests: 120, perSeconds: 60, scope: "app" }],
  policy: { terms: "https://www.withings.com/us/en/legal/api-terms-of-use", aiUse: "unstated" },
  resources: [...WITHINGS_MEASURES, ...WITHINGS_ACTIVITY, ...WITHINGS_SLEEP],
  webhook: withingsWebhook,
});

/**
 * Polar, AccessLink v3. (The Dynamic API, v4, is another product: other tokens, no webhooks.)
 *
 * Quirks
 * - The client names itself by Basic only. The access token lasts for years and there is no refresh.
 * - The token answer names the person, `x_user_id`. Before anything can be read they must be registered,
 *   and what they did before that is never seen; 409 means that they are, or that our name for them is
 *   somebody else's: so the profile is asked for, and must be theirs.
 * - Nothing is 204 or 404, not an empty list. 403 is a consent that the person has not given. Without
 *   `accept` the answer is XML.
 * - Nights, recharges and exercises of four weeks are answered whatever the window; the rest by days.
 * - Times are local and mostly without an offset: exercises say theirs in minutes, nights in the text,
 *   days and heart rates not at all. `23:30` of a night is the eve, `00:10` the day.
 * - A night's stages are the changes only; two numbers are light sleep. `device_id` is no name of one.
 * - Distance is made from steps. Durations are ISO 8601. Series are texts with commas, `null` where the
 *   sensor was away; heart rate 0 is no heart rate, -1 no load, -1000 no baseline.
 * - `heart_rate_variability_ms` of spot tests has no method and is not read; `inactive_duration` has the
 *   night in it; zones of activity are minutes of a sensor that the day's totals already hold.
 * - One webhook a client, made by hand (its secret is told once), which sends a PING before that secret
 *   can be known. It is switched off after a week of failures, and tells of no revocation. The signature
 *   has no time in it.
 *
 * @see https://www.polar.com/accesslink-api/
 * @see https://github.com/polarofficial/accesslink-example-python
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import type { AccountRef, DriverContext } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { callProvider, discard, pathSegment } from "./kit/http.ts";
import { bearer, oauth2 } from "./kit/oauth2.ts";
import type { OAuthTokens } from "./link.ts";
import { get, HISTORY_DAYS, POLAR, POLAR_API } from "./polar_api.ts";
import { POLAR_BIOSENSING } from "./polar_biosensing.ts";
import { POLAR_DAILY } from "./polar_daily.ts";
import { POLAR_EXERCISE } from "./polar_exercise.ts";
import { POLAR_SLEEP } from "./polar_sleep.ts";
import { polarWebhook } from "./polar_webhook.ts";

const id = z.union([z.number(), z.string().regex(/^\d+$/)]);

/** Takes the person out of the client's list, which ends the token too. */
async function revokeTokens(
  { accessToken }: OAuthTokens,
  { externalUserId }: AccountRef,
  ctx: DriverContext,
): Promise<void> {
  const url = `${POLAR_API}/v3/users/${pathSegment(POLAR, externalUserId)}`;
  const request = new Request(url, { method: "DELETE" });
  const account = { externalUserId, accessToken };
  try {
    await discard(await callProvider(POLAR, bearer(POLAR, request, account), ctx, [404]));
  } catch (error) {
    // Gone already.
    if (!(error instanceof ProviderError) || error.failure.kind !== "reauthorize") throw error;
  }
}

export default defineProvider({
  ...POLAR,
  name: "Polar",
  docs: "https://www.polar.com/accesslink-api/",
  link: {
    ...oauth2({
      provider: POLAR,
      authorize: "https://flow.polar.com/oauth2/authorization",
      token: "https://polarremote.com/v2/oauth2/token",
      scopes: ["accesslink.read_all"],
      clientAuth: "basic",
      pkce: false,
      rotation: { kind: "none" },
      codeLifetimeSeconds: 600,
      externalUserId: z.looseObject({ x_user_id: id })
        .transform(({ x_user_id }) => String(x_user_id)),
      enrol: {
        request: ({ externalUserId }) =>
          new Request(`${POLAR_API}/v3/users`, {
            method: "POST",
            headers: { accept: "application/json", "content-type": "application/json" },
            body: JSON.stringify({ "member-id": externalUserId }),
          }),
        done: [409],
      },
      profile: {
        request: ({ externalUserId }) => get(`/v3/users/${encodeURIComponent(externalUserId)}`),
        schema: z.looseObject({ "polar-user-id": id })
          .transform((user) => ({ externalUserId: String(user["polar-user-id"]) })),
      },
    }),
    revokeTokens,
  },
  history: { kind: "pull", maxDays: HISTORY_DAYS, pageDays: HISTORY_DAYS },
  // And 20 more for each person, and 100 a day.
  limits: [
    { requests: 500, perSeconds: 900, scope: "app" },
    { requests: 5_000, perSeconds: 86_400, scope: "app" },
  ],
  policy: {
    terms: "https://www.polar.com/en/legal/developer-agreement",
    aiUse: "unstated",
  },
  resources: [...POLAR_DAILY, ...POLAR_SLEEP, ...POLAR_EXERCISE, ...POLAR_BIOSENSING],
  webhook: polarWebhook,
});

/**
 * ROOK, ROOKConnect API 2.0.1: an aggregator. A ROOK user is made for each link, and holds the one
 * service that its person chose in the app.
 *
 * Quirks
 * - No OAuth and no tokens: HTTP Basic with the client's UUID (`ROOK_CLIENT_ID`) and its secret key
 *   (`ROOK_CLIENT_SECRET`); the sandbox has others, and its own host (`ROOK_API_BASE`) [api].
 * - Its page of services is for the sandbox alone: the app asks (`service`). Apple Health, Health Connect
 *   and Samsung Health link in ROOK's SDKs only [authorization].
 * - Unproved, so try it on a sandbox first: the reference allows `redirect_url` 50 characters [api] and
 *   our callback has more; sending it is an add-on that ROOK switches on [callback]. What comes back
 *   behind it, and what of a person who declines, is not documented.
 * - The way back proves nothing: the user whom we named by our random reference is asked for, and must
 *   have a service. Revoking the service deletes the user [unlink]; Dexcom is not listed among those that
 *   can be revoked [api], and 422 is done, as ROOK's own SDK has it [sdk].
 * - `X-ROOK-HASH` is an HMAC over client, user and time, by a key (`ROOK_WEBHOOK_SECRET`) that ROOK hands
 *   out and that changes with the secret key [hmac]. It covers no body and is the same each time: so a
 *   delivery is a hint, and its day is fetched. Where the time stands was in a picture that is lost: it is
 *   taken from `datetime`, else from the document's first `metadata`. Tried again for 48 hours [delivery].
 * - Notification webhooks, another add-on, tell of links that began and ended. Neither their words nor a
 *   signature of theirs is documented: they are refused, and that a person left is told by nothing else.
 * - One request is one day of one kind, and 204 is nothing there [api]. Days are cut by the zone that ROOK
 *   was told (`POST …/time_zone`): we know none when a link begins, and tell it none. The day of a
 *   summary is its date as written. Of what was before the link there are summaries of 7 days, and no
 *   events [existing].
 * - `document_version` counts the changes of a document, and each replaces it whole [versions]: what is
 *   read last holds, so the count is not needed. No deletion is documented.
 * - Times without a zone are UTC, it says [zone]; in an example they are Fitbit's wall clock [examples]:
 *   here they are no time. ROOK's own builder writes `Z` behind them [builder], so compare a night of
 *   Fitbit's with its app before its times are believed.
 * - `steps_granular_data_array` is steps a minute [builder], of one leg in the example, and no count.
 *   `steps_event` and `calories_event` are running totals of a day, in no reference.
 * - Stress, mood, hydration and activity levels have no documented scale, the temperatures of a night no
 *   place on the body: they stay in raw, as do routes, laps, and shares of bone and muscle.
 * - `user/info` is name and birthday: not asked for. Body fat and stages of sleep are in no reference.
 * - Readings of a summary may be those of events again, and so may figures of two pillars: what is added
 *   up (drinks, meals, the day's totals) is taken from one of them.
 * - Several services of one user would be merged without saying what is whose. No rate limits are named.
 *
 * @see https://docs.tryrook.io/api [api]
 * @see https://docs.tryrook.io/docs/rookconnect/data-authorization [authorization]
 * @see https://docs.tryrook.io/docs/rookconnect/data_delivery [delivery]
 * @see https://support.tryrook.io/en/articles/10553388-setting-up-the-callback-url [callback]
 * @see https://support.tryrook.io/en/articles/8716156-how-to-unlink-a-user [unlink]
 * @see https://support.tryrook.io/en/articles/10553344-what-timezone-is-rook-using-how-do-timezones-of-users-impact-the-data-flow [zone]
 * @see https://rook.canny.io/changelog/webhook-sender-validation-using-hmac [hmac]
 * @see https://rook.canny.io/changelog/pre-existing-data [existing]
 * @see https://docs.tryrook.io/docs/rookconnect/data_extraction [versions]
 * @see https://pub.dev/packages/rook_sdk_core [sdk]
 * @see https://github.com/SalvatoreCordano/DataStructure [examples]
 * @see https://bitbucket.org/rook-workspace/rook_helpers [builder]
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import type { DriverContext } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { discard, pathSegment, readJson } from "./kit/http.ts";
import type { WidgetLink } from "./link.ts";
import { activityEvent } from "./rook_activity.ts";
import { call, ROOK, ROOK_APIS, withKey } from "./rook_api.ts";
import { bodySummary } from "./rook_body.ts";
import { ROOK_EVENTS } from "./rook_events.ts";
import { physicalSummary } from "./rook_physical.ts";
import { sleepSummary } from "./rook_sleep.ts";
import { rookWebhook } from "./rook_webhook.ts";

const RESOURCES = [
  physicalSummary,
  sleepSummary,
  bodySummary,
  activityEvent,
  ...ROOK_EVENTS,
];

/** What links by a page, as ROOK spells it; lower case it is the app's choice. */
const SERVICES = ["Dexcom", "Fitbit", "Garmin", "Oura", "Polar", "Whoop", "Withings"] as const;

function spelt(service: string): string {
  const known = SERVICES.find((one) => one.toLowerCase() === service);
  if (known) return known;
  throw new ProviderError(ROOK.slug, { kind: "rejected", status: 400 }, "link a service of");
}

/** The page of the service itself: its host is that service's. */
const authorizer = z.looseObject({ authorization_url: z.url({ protocol: /^https$/ }) });
const authorized = z.looseObject({
  data_sources: z.array(z.looseObject({ data_source: z.string().min(1), authorized: z.boolean() })),
});

/** The services that a user has, as ROOK spells them. Throws `ProviderError`. */
async function servicesOf(userId: string, ctx: DriverContext): Promise<readonly string[]> {
  const path = `/api/v2/user_id/${pathSegment(ROOK, userId)}/data_sources/authorized`;
  const { data_sources } = await readJson(ROOK, await call(path, ctx), authorized);
  return data_sources.filter(({ authorized }) => authorized).map(({ data_source }) => data_source);
}

const link: WidgetLink = {
  kind: "widget",
  services: SERVICES.map((service) => service.toLowerCase()),

  async openSession({ reference, returnUrl, service = "" }, ctx) {
    const user = pathSegment(ROOK, reference);
    const back = new URLSearchParams({ redirect_url: returnUrl });
    const path = `/api/v1/user_id/${user}/data_source/${spelt(service)}/authorizer?${back}`;
    return new URL((await readJson(ROOK, await call(path, ctx), authorizer)).authorization_url);
  },

  async confirm({ reference }, ctx) {
    const [service] = await servicesOf(reference, ctx);
    if (service === undefined) {
      throw new ProviderError(ROOK.slug, { kind: "rejected", status: 403 }, "confirm person at");
    }
    return { externalUserId: reference, via: service.toLowerCase() };
  },

  async unlink({ externalUserId }, ctx) {
    const path = `/api/v1/user_id/${pathSegment(ROOK, externalUserId)}/data_sources/revoke_auth`;
    for (const data_source of await servicesOf(externalUserId, ctx)) {
      await discard(await call(path, ctx, { data_source }, [422]));
    }
  },
};

export default defineProvider({
  ...ROOK,
  name: "ROOK",
  docs: "https://docs.tryrook.io",
  apiBases: ROOK_APIS,
  link,
  history: { kind: "pull", maxDays: 7, pageDays: 7 },
  policy: { terms: "https://docs.tryrook.io", aiUse: "unstated" },
  authenticate: (request, _ask, ctx) => withKey(request, ctx),
  resources: RESOURCES,
  webhook: rookWebhook(RESOURCES),
});

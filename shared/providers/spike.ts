/**
 * Spike, API v3: an aggregator. A Spike user is made for each link, and holds the one service that its
 * person chose in the app.
 *
 * Quirks
 * - No OAuth and no stored tokens: our signature over a user's id gives the token that reads all of
 *   theirs (`SPIKE_APPLICATION_ID`, a number, and `SPIKE_HMAC_KEY`, of the console). No lifetime is
 *   documented, and the token that is shown names none: each request begins with a new one.
 * - There is no page to choose a service by: the app asks (`service`). Which of them the application may
 *   link is set in Spike's console, and so is the domain of our callback. Apple, Health Connect and
 *   Samsung link in Spike's own SDK alone. Ultrahuman wants the person's e-mail and Strava binds what
 *   is kept: both have drivers of their own.
 * - `init_url` answers a whole address in `path`. The way back has our `state`, and proves nothing: the
 *   user whom we named by that random reference's hash is asked for, and must have a service. So
 *   `provider_integration_created`, which names the user alone, tells nothing.
 * - A webhook carries no value, its array holds many people, and only a 200 within 30 s is good. Its
 *   HMAC has no time; the encoding is not documented and taken for hex, as the user's signature is.
 * - No webhook tells of a deleted record, and nothing marks one.
 * - What was before the link comes only where "Max Backfill" is set in the console.
 * - Lists are one name again and again; no answer has pages. Days are the person's, times are UTC.
 * - Units are those of the matrix and of the newer examples: grams, metres, m/s, kcal, mg/dL,
 *   milliseconds, per cent. `pace` and `cadence` mean a sport that a series does not name.
 *   `duration_active` was seconds beside milliseconds in an older example: not read.
 * - `sleep_duration` is the sum of the stages in one example and twice it in another: the sum is taken.
 * - Scores of a day are Spike's own and paid for apart; their range is not documented, and taken for
 *   0 to 100. `activity_score`, walking and running distance have no metric here.
 * - A series has no ids: the instant is the key. Its service and device lists are of other lengths than
 *   the values in the example: not read.
 * - Not documented: rate limits, how long raw may be kept, an endpoint that deletes a user, the answer
 *   of `userproperties`, the whole list of activity types. Provider records are "for debugging"; ECG,
 *   routes and laps, nutrition and laboratory reports are left out.
 *
 * @see https://docs.spikeapi.com/api-docs/authentication
 * @see https://docs.spikeapi.com/api-docs/provider_integration
 * @see https://docs.spikeapi.com/api-docs/webhooks
 * @see https://docs.spikeapi.com/technical-references/metrics_matrix units
 * @see https://docs.spikeapi.com/api-reference/query-sleep-by-id examples of today
 * @see https://docs-old.spikeapi.com/sleep-record-by-id a `sleep_duration` of twice the sleep
 * @see https://docs-old.spikeapi.com/workouts a `duration_active` in seconds
 */
import { z } from "zod";
import { sha256Hex } from "../core/crypto.ts";
import { defineProvider } from "./define.ts";
import type { DriverContext } from "./driver.ts";
import { ProviderError } from "./errors.ts";
import { discard, pathSegment, readJson } from "./kit/http.ts";
import type { WidgetLink } from "./link.ts";
import { authenticate, call, SPIKE } from "./spike_api.ts";
import { daily } from "./spike_daily.ts";
import { SPIKE_SERIES } from "./spike_series.ts";
import { sleeps } from "./spike_sleeps.ts";
import { spikeWebhook } from "./spike_webhook.ts";
import { workouts } from "./spike_workouts.ts";

/** What links by a page, as Spike spells it. */
const SERVICES =
  "coros dexcom fitbit freestyle_libre garmin huawei luna omron_eu omron_us oura polar suunto whoop withings"
    .split(" ");

/** The person is sent nowhere else. */
const page = z.looseObject({
  path: z.url({ protocol: /^https$/, hostname: /^app-api\.spikeapi\.com$/ }),
});
const userInfo = z.looseObject({
  application_user_id: z.string(),
  integrated_providers: z.array(z.looseObject({ provider_slug: z.string().min(1) })).nullish(),
});

/** A reference opens a link while it is fresh, so no record and no webhook may hold it. */
function userIdOf(reference: string): string {
  return sha256Hex(reference);
}

/** The user and the slugs of their services. Throws `ProviderError`. */
async function userOf(userId: string, ctx: DriverContext) {
  const response = await call("GET", "/userinfo", userId, ctx);
  const { application_user_id, integrated_providers } = await readJson(SPIKE, response, userInfo);
  const services = (integrated_providers ?? []).map(({ provider_slug }) => provider_slug);
  return { id: application_user_id, services };
}

const link: WidgetLink = {
  kind: "widget",
  services: SERVICES,

  async openSession({ reference, returnUrl, service = "" }, ctx) {
    const back = new URL(returnUrl);
    // It comes back by itself, and twice would be once too often.
    back.searchParams.delete("state");
    const query = new URLSearchParams({ redirect_uri: back.href, state: reference });
    const path = `/providers/${pathSegment(SPIKE, service)}/integration/init_url?${query}`;
    const response = await call("GET", path, userIdOf(reference), ctx);
    return new URL((await readJson(SPIKE, response, page)).path);
  },

  async confirm({ reference }, ctx) {
    const externalUserId = userIdOf(reference);
    const { id, services: [service] } = await userOf(externalUserId, ctx);
    if (id !== externalUserId || service === undefined) {
      throw new ProviderError(SPIKE.slug, { kind: "rejected", status: 403 }, "confirm person at");
    }
    return { externalUserId, via: service.toLowerCase() };
  },

  async unlink({ externalUserId }, ctx) {
    const { services } = await userOf(externalUserId, ctx);
    for (const service of services) {
      const path = `/providers/${pathSegment(SPIKE, service)}/integration`;
      await discard(await call("DELETE", path, externalUserId, ctx));
    }
  },
};

export default defineProvider({
  ...SPIKE,
  name: "Spike",
  docs: "https://docs.spikeapi.com",
  env: { clientId: "SPIKE_APPLICATION_ID", clientSecret: "SPIKE_HMAC_KEY" },
  link,
  history: { kind: "pull", maxDays: 90, pageDays: 30 },
  policy: { terms: "https://spikeapi.com/?p=2838", aiUse: "unstated" },
  authenticate,
  resources: [daily, sleeps, workouts, ...SPIKE_SERIES],
  webhook: spikeWebhook(SPIKE_SERIES),
});

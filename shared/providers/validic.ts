/**
 * Validic, Inform API v2: an aggregator. A Validic user is made for each link, and has the sources that
 * its person connects on Validic's page, one or several.
 *
 * Quirks
 * - No OAuth and no tokens of persons: every call carries the organization's token in the query, for
 *   there is no header for it. It is put there as the request is sent; addresses are never logged.
 *   `VALIDIC_CLIENT_ID` is the organization's id, `VALIDIC_CLIENT_SECRET` its token, and nothing in
 *   them tells those of a trial, which has made-up data, from real ones.
 * - A user has two ids: addresses take the `uid`, which is our random reference; `id` is a 404.
 * - The page is `marketplace.url`, as it is given. Validic's own explorer sets `redirect_uri` on it,
 *   for its JSON; whether the page heeds it too is not published. Nothing else tells of a link, so
 *   where the page does not lead back an app must go to that address itself when it closes the page.
 *   What comes back proves nothing (`message=access_denied` neither): the user is asked for, and must
 *   have a source.
 * - Users are made without a country, which we do not know: Dexcom then means its server in the USA.
 * - A source lets go of a person who links it again: most allow one Validic user an account. What it
 *   is called changes (`nokia` became `withings`).
 * - 401 and 403 mean that the organization's token is wrong, and never that a person's grant is gone.
 * - There are no pages: a request spans 30 days (31, says the guide; beyond them 400 without a word),
 *   and a year back. 2,000 calls an hour are some 650 people at the pace that their sources are asked
 *   here.
 * - One shape of record for everything, with a list of metrics whose type and unit are texts; any
 *   type may come in any resource. The guide's names (`deep_sleep_duration`) are not those of the
 *   reference (`deep_sleep`): both are read. A unit that is not among those in
 *   `validic_units.ts` is not guessed.
 * - Times are UTC, the offset is in seconds; a day ends a second before midnight. `created_at` is
 *   that of the record's version; a deleted record may have lost its times.
 * - `heart_rate_variability` and `sleep_score` are each source's own: see `VARIABILITIES`,
 *   `EFFICIENCIES`.
 * - A CGM's day is UTC's. `display_time` is the receiver's clock, and its example hours off: not
 *   read.
 * - Whether a point of `intraday` begins or ends its `granularity` is not documented: it is an
 *   instant.
 * - Left in raw: insulin (a dose or a level), elevation (climbed or above the sea), metabolic rate,
 *   visceral fat, sugar and salts, restlessness, naps' own sums, cadence and pace, zones of a day,
 *   INR.
 * - Gaps of the public contract. Push Service, the webhook, is set up by Validic's staff: neither its
 *   signature nor its retries are published, so there is none here. The Streaming API is a connection
 *   that stays open, which a function cannot have. So data is polled, and so nobody tells that a
 *   person disconnected a source: its data ends. One source alone cannot be disconnected by the API.
 *
 * @see https://developer.validic.com
 * @see https://helpdocs.validic.com/docs/metrics
 * @see https://dashboard.validic.com/inform-quickstart.txt
 * @see https://github.com/Validic/inform-quickstart
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import { ProviderError } from "./errors.ts";
import { discard, pathSegment, readJson } from "./kit/http.ts";
import { present } from "./kit/measure.ts";
import type { WidgetLink } from "./link.ts";
import { call, maybeText, PAGE_DAYS, VALIDIC, withToken } from "./validic_api.ts";
import { VALIDIC_DAILY } from "./validic_daily.ts";
import { VALIDIC_SERIES } from "./validic_series.ts";
import { VALIDIC_SLEEP } from "./validic_sleep.ts";
import { VALIDIC_WORKOUTS } from "./validic_workouts.ts";

/** The person is sent nowhere else. */
const provisioned = z.looseObject({
  marketplace: z.looseObject({
    url: z.url({ protocol: /^https$/, hostname: /^(.+\.)?syncmydevice\.com$/ }),
  }),
});
const user = z.looseObject({
  uid: z.string(),
  sources: z.array(z.looseObject({ type: z.string() })),
  location: z.looseObject({ timezone: maybeText }).nullish(),
});

const link: WidgetLink = {
  kind: "widget",

  async openSession({ reference, returnUrl }, ctx) {
    const made = await call("/users", ctx, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ uid: reference }),
    });
    const page = new URL((await readJson(VALIDIC, made, provisioned)).marketplace.url);
    page.searchParams.set("redirect_uri", returnUrl);
    return page;
  },

  async confirm({ reference }, ctx) {
    const found = await call(`/users/${pathSegment(VALIDIC, reference)}`, ctx);
    const { uid, sources, location } = await readJson(VALIDIC, found, user);
    const [first, ...others] = sources;
    if (uid !== reference || !first) {
      throw new ProviderError(VALIDIC.slug, { kind: "rejected", status: 403 }, "confirm person at");
    }
    return {
      externalUserId: uid,
      ...present({
        timeZone: location?.timezone,
        // Of several there is no one that the data comes from: each record names its own.
        via: others.length === 0 ? first.type.toLowerCase() : undefined,
      }),
    };
  },

  /** The user is of this link alone; Validic keeps what it has for seven years and shows it no more. */
  async unlink({ externalUserId }, ctx) {
    const user = `/users/${pathSegment(VALIDIC, externalUserId)}`;
    await discard(await call(user, ctx, { method: "DELETE" }));
  },
};

export default defineProvider({
  ...VALIDIC,
  name: "Validic",
  docs: "https://developer.validic.com",
  link,
  // The day before the window is asked for too, and a year is what there is.
  history: { kind: "pull", maxDays: 364, pageDays: PAGE_DAYS },
  limits: [{ requests: 2_000, perSeconds: 3_600, scope: "app" }],
  policy: { terms: "https://validic.com/online-service-agreement-inform/", aiUse: "unstated" },
  authenticate: (request, _ask, ctx) => withToken(request, ctx),
  resources: [...VALIDIC_DAILY, ...VALIDIC_SLEEP, ...VALIDIC_WORKOUTS, ...VALIDIC_SERIES],
});

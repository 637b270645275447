/**
 * Junction (formerly Vital), API v2: an aggregator. A Junction user is made for each link, and holds
 * the one service that its person chose there.
 *
 * Quirks
 * - No OAuth and no tokens: every call carries the team's key (`JUNCTION_CLIENT_SECRET`; the team's id
 *   is `JUNCTION_CLIENT_ID`). `pk_` keys are production and `sk_` keys the sandbox, and each belongs to
 *   a region: `JUNCTION_API_BASE` names the host.
 * - The way back from the page has a `state` of its own (`success`), and proves nothing: the user whom
 *   we named by our random reference is asked for, and must have a connection.
 * - "daily.data" is any new or changed data, and carries it. "historical.data" carries none: its window
 *   is read. Some webhooks have other names than their paths (`weight` is `body_weight`).
 * - There is no disconnect event: a revocation is a `connection.error` with `deregistered_per_provider`.
 *   The other errors stop the data until the person links again, and nothing says so here.
 * - Summaries come in one answer, however long. A sample has no id: who measured, and when, is its key,
 *   and the same key sent again replaces it.
 * - Times are UTC; the person's offset stands beside them, in seconds, or is null. Libre's are a wall
 *   clock with a false `+00:00`, and mean nothing without the person's zone.
 * - HRV is called "rmssd" everywhere, but HealthKit measures SDNN alone.
 * - Glucose is mmol/L, caffeine grams, "bpm" of respiration is breaths, and sleep efficiency a per cent
 *   whose own example is a fraction.
 * - Phones' sleeps without stages have zeros in their place, which are no measurement.
 * - `meal.micros`, hypnograms of the timeseries (`sleep_cycle` is read), alerts, ECG voltages, notes,
 *   cholesterol, workout streams and muscle or bone as a share of weight have no metric here.
 *
 * @see https://docs.junction.com
 * @see https://github.com/tryVital/docs
 */
import { z } from "zod";
import { defineProvider } from "./define.ts";
import { ProviderError } from "./errors.ts";
import { discard, pathSegment, readJson } from "./kit/http.ts";
import { call, JUNCTION, JUNCTION_APIS, withKey } from "./junction_api.ts";
import { JUNCTION_DAILY } from "./junction_daily.ts";
import { JUNCTION_SERIES } from "./junction_series.ts";
import { JUNCTION_SLEEP } from "./junction_sleep.ts";
import { junctionWebhook } from "./junction_webhook.ts";
import { JUNCTION_WORKOUTS } from "./junction_workouts.ts";
import type { WidgetLink } from "./link.ts";

const RESOURCES = [
  ...JUNCTION_DAILY,
  ...JUNCTION_SLEEP,
  ...JUNCTION_WORKOUTS,
  ...JUNCTION_SERIES,
];

/** The person is sent nowhere else. */
const session = z.looseObject({
  link_web_url: z.url({ protocol: /^https$/, hostname: /^link\.(tryvital\.io|junction\.com)$/ }),
});
const user = z.looseObject({
  user_id: z.string().min(1),
  client_user_id: z.string(),
  connected_sources: z.array(z.looseObject({ provider: z.looseObject({ slug: z.string() }) })),
});

const link: WidgetLink = {
  kind: "widget",

  async openSession({ reference, returnUrl }, ctx) {
    const made = await call("POST", "/user", ctx, { client_user_id: reference });
    const { user_id } = await readJson(JUNCTION, made, user);
    const opened = await call("POST", "/link/token", ctx, {
      user_id,
      redirect_url: addressOf(returnUrl),
      on_error: "redirect",
      on_close: "redirect",
    });
    return new URL((await readJson(JUNCTION, opened, session)).link_web_url);
  },

  async confirm({ reference }, ctx) {
    const found = await call("GET", `/user/resolve/${pathSegment(JUNCTION, reference)}`, ctx);
    const { user_id, client_user_id, connected_sources } = await readJson(JUNCTION, found, user);
    const [connected] = connected_sources;
    if (client_user_id !== reference || !connected) {
      throw new ProviderError(
        JUNCTION.slug,
        { kind: "rejected", status: 403 },
        "confirm person at",
      );
    }
    return { externalUserId: user_id, via: connected.provider.slug.toLowerCase() };
  },

  /** The user is of this link alone; Junction erases what it has after seven days. */
  async unlink({ externalUserId }, ctx) {
    await discard(await call("DELETE", `/user/${pathSegment(JUNCTION, externalUserId)}`, ctx));
  },
};

/** Junction appends a `state` of its own, so ours goes by another name. */
function addressOf(returnUrl: string): string {
  const url = new URL(returnUrl);
  url.searchParams.set("reference", url.searchParams.get("state") ?? "");
  url.searchParams.delete("state");
  return url.href;
}

export default defineProvider({
  ...JUNCTION,
  name: "Junction",
  docs: "https://docs.junction.com",
  apiBases: JUNCTION_APIS,
  link,
  // What is older is named by the `historical.data` webhooks, as far back as each service goes.
  history: { kind: "pull", maxDays: 90, pageDays: 30 },
  policy: { terms: "https://www.junction.com/legal/terms-of-service", aiUse: "unstated" },
  authenticate: (request, _ask, ctx) => withKey(request, ctx),
  resources: RESOURCES,
  webhook: junctionWebhook(RESOURCES),
});
